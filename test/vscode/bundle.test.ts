import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
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
  for (const { file, names, byDefault } of Object.values(lateModules)) {
    const module = required(join(dist, `${file}.js`));
    const missing = names.filter(
      (name) => typeof (byDefault ? (module.default ?? module) : module)[name] !== 'function',
    );
    expect(missing, file).toEqual([]);
  }
});
