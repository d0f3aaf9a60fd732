import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../../extension/src/node/nodeFiles.ts';
import { parsePath } from '../../../shared/core/paths.ts';
import { createLocalFolderDrive } from '../../../shared/drives/localFolder/index.ts';
import { createChanges } from '../../../shared/mirror/changes.ts';
import { usualRules } from '../../../shared/mirror/mirror.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dossier-empty-'));
  await mkdir(join(root, 'copy/a/b'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const removeFolder = (place: string) =>
  createChanges({
    destination: {
      drive: createLocalFolderDrive({ files: nodeFiles, root, randomBytes }),
      folder: parsePath('/copy'),
    },
    rules: usualRules,
    now: nodeClock.now,
    signal: new AbortController().signal,
    again: (work) => work(),
  }).removeFolder(parsePath(place));

test('a folder that lists as empty and holds a link stays, with its link', async () => {
  await writeFile(join(root, 'far.txt'), 'far');
  await symlink(join(root, 'far.txt'), join(root, 'copy/a/b/link'));
  expect(await removeFolder('/a/b')).toBe(false);
  expect(await readdir(join(root, 'copy/a/b'))).toEqual(['link']);
});

test('a folder goes when it is empty, or has only what uploads that were cut off have left', async () => {
  await writeFile(join(root, `copy/a/b/.dossier-${'0'.repeat(32)}.tmp`), 'half');
  expect(await removeFolder('/a/b')).toBe(true);
  expect(await removeFolder('/a')).toBe(true);
  expect(await removeFolder('/a')).toBe(true);
  expect(await readdir(join(root, 'copy'))).toEqual([]);
});
