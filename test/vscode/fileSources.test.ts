import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { attachmentOf, createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { type FilesPort } from '../../shared/index.ts';
import { seededBytes } from '../support/seeded.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-sources-'));
  path = join(folder, 'photo.jpg');
});
afterEach(() => rm(folder, { recursive: true }));

const time = new Date('2026-01-02T03:04:05Z');
const write = async (bytes: Uint8Array, at = time) => {
  await writeFile(path, bytes);
  await utimes(path, at, at);
};
/** The stick in another port, or the network folder mounted again: other devices, other inodes. */
const remounted: FilesPort = {
  ...nodeFiles,
  stat: async (at) => {
    const stat = await nodeFiles.stat(at);
    return stat && { ...stat, id: `9:${stat.id}` };
  },
};
const isUnchanged = async (files: FilesPort, attachment: Awaited<ReturnType<typeof attachmentOf>>) =>
  (await (await createFileSources(files).open(attachment)).fingerprint()) === attachment.fingerprint;

test.each([1_000, 500_000])(
  'a file of %i bytes with another identity and the same content is the one attached',
  async (size) => {
    await write(seededBytes(size, 'photo'));
    const attachment = await attachmentOf(nodeFiles, path);
    expect(await isUnchanged(nodeFiles, attachment)).toBe(true);
    expect(await isUnchanged(remounted, attachment)).toBe(true);
    await write(seededBytes(size, 'another'));
    expect(await isUnchanged(remounted, attachment)).toBe(false);
    await write(seededBytes(size + 1, 'photo'));
    expect(await isUnchanged(remounted, attachment)).toBe(false);
  },
);

test('what is written while it is read counts as changed', async () => {
  await write(seededBytes(1_000, 'photo'));
  const attachment = await attachmentOf(nodeFiles, path);
  const source = await createFileSources(remounted).open(attachment);
  await write(seededBytes(1_000, 'another'), new Date());
  expect(await source.fingerprint()).not.toBe(attachment.fingerprint);
});

test('an attachment of before, of which nothing but the identity is known, is only that', async () => {
  await write(seededBytes(1_000, 'photo'));
  const { source, ...attachment } = await attachmentOf(nodeFiles, path);
  const { sample: _, ...known } = source;
  expect(await isUnchanged(remounted, { ...attachment, source: { ...known, kind: 'file' } })).toBe(false);
});
