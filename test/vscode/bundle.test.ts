import { stat } from 'node:fs/promises';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lateModules } from '../../.config/lateModules.ts';
import { packedExtension } from './packed.ts';

/** Reading code is most of what the start of an extension costs. */
const mostAtStart = 600_000;
const dist = join(import.meta.dirname, '../../extension/dist');

it('reads little code when the editor starts', async () => {
  await packedExtension();
  const { size } = await stat(join(dist, 'extension.js'));
  expect(size).toBeLessThanOrEqual(mostAtStart);
});

it('finds what it reads later under the names that it calls', async () => {
  await packedExtension();
  const required = createRequire(import.meta.url);
  // Some use the editor, which is only there within it: here something answers everything.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode'
        ? { url: 'editor:anything', format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === 'editor:anything' ? { source: anything, format: 'commonjs', shortCircuit: true } : next(url, context),
  });
  for (const { file, names, byDefault } of Object.values(lateModules)) {
    const module = required(join(dist, `${file}.js`));
    const missing = names.filter(
      (name) => typeof (byDefault ? (module.default ?? module) : module)[name] !== 'function',
    );
    expect(missing, file).toEqual([]);
  }
  hooks.deregister();
});

const anything = `
const any = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => '' : any),
  getPrototypeOf: () => any,
  apply: () => any,
  construct: () => any,
});
module.exports = any;
`;
