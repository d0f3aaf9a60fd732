import { glob, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../../.config/installing/environment.mjs';
import {
  commands,
  debianPackages,
  describeParts,
  lackOfSpace,
  missingParts,
  type Needs,
} from '../../../.config/installing/plan.mjs';
import { commandsOf } from '../../fresh/readme.ts';

const test = commands['.config/test.ts'] as Needs;
const start = commands['test/hosts/start.ts'] as Needs;

describe('what a command is going to install', () => {
  it('is told with its size and time, all of it where the cache is empty', () => {
    const cache = join(tmpdir(), 'no such cache');
    const hosts = missingParts(start, cache).filter(({ folder }) => folder === cache);
    expect(describeParts(hosts)).toBe(
      'To be installed: npm (0.1 GB), n8n (2.7 GB), code-server (0.7 GB). That is 3.5 GB and takes about 7 min.',
    );
  });

  it('is not begun where the disk is too small for all of it', () => {
    const parts = [
      { name: 'n8n', folder: tmpdir(), gigabytes: 2.7, minutes: 4, steps: 2 },
      { name: 'code-server', folder: tmpdir(), gigabytes: 0.7, minutes: 2, steps: 2 },
    ];
    expect(lackOfSpace(parts, () => 3.3e9)).toMatch(/^3\.4 GB are needed in .* and 3\.3 GB are free\. .*DOSSIER_CACHE/);
    expect(lackOfSpace(parts, () => 3.5e9)).toBeUndefined();
  });
});

it('what any test needs of the system is installed before the first of them', async () => {
  const named = new Set<string>();
  for await (const file of glob('test/{architecture,conformance,unit,crash,emulators,hosts,n8n,vscode}/**/*.ts', {
    cwd: root,
  })) {
    const text = await readFile(join(root, file), 'utf8');
    if (file.startsWith('test/unit/installing/')) continue;
    for (const [, list] of text.matchAll(/ensureDebian\(\[(.*?)\]/gs))
      for (const [, name] of (list as string).matchAll(/'([^']+)'/g)) named.add(name as string);
  }
  expect(named.size).toBeGreaterThan(10);
  expect([...named].filter((name) => !debianPackages(test).includes(name))).toEqual([]);
  expect(debianPackages(test)).toEqual(expect.arrayContaining(['g++', 'libkrb5-dev']));
});

it('README.md tells a new user two commands', async () => {
  expect(commandsOf(await readFile(join(root, 'README.md'), 'utf8'))).toEqual(['npm start', 'npm test']);
});
