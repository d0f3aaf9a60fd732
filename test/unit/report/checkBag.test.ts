import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkFolder, type FolderReader, utf8 } from '../../../shared/index.ts';

type Files = Record<string, string>;

const hashOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

function folderOf(files: Files): FolderReader {
  return {
    list: async () => Object.entries(files).map(([path, text]) => ({ path, size: utf8(text).length })),
    async *read(path) {
      yield utf8(files[path]!);
    },
  };
}

/** A bag as the standard describes it, made here without any code of ours. */
function bag(more: Files = {}): Files {
  const payload = { 'data/a.txt': 'a', 'data/100%/line\nbreak.txt': 'b' };
  const encoded = (path: string) => path.replaceAll('%', '%25').replaceAll('\n', '%0A');
  const manifest = Object.entries(payload)
    .map(([path, text]) => `${hashOf('sha256', text)}  ${encoded(path)}\n`)
    .join('');
  const info = 'Payload-Oxum: 2.2\nExternal-Identifier: Flood\n';
  return {
    'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
    ...payload,
    'manifest-sha256.txt': manifest,
    'bag-info.txt': info,
    'tagmanifest-sha256.txt': `${hashOf('sha256', info)} bag-info.txt\n`,
    'beside.txt': 'tag files need no line',
    ...more,
  };
}

const differences = async (files: Files) => (await checkFolder(folderOf(files))).differences;

describe('a bag of any origin', () => {
  test('holds, with names encoded as the standard says', async () => {
    expect(await checkFolder(folderOf(bag()))).toEqual({ kind: 'bag', title: 'Flood', right: 3, differences: [] });
  });

  test('holds where names are not encoded although the standard says so', async () => {
    const line = `${hashOf('sha256', 'c')} data/50%25.txt\n`;
    const files = bag({ 'data/50%25.txt': 'c', 'bag-info.txt': 'Payload-Oxum: 3.3\n', 'tagmanifest-sha256.txt': '' });
    expect(await differences({ ...files, 'manifest-sha256.txt': files['manifest-sha256.txt'] + line })).toEqual([]);
  });

  test('is said to be changed, short of a file, or to have one more', async () => {
    expect(await differences(bag({ 'data/a.txt': 'x' }))).toEqual([{ path: 'data/a.txt', how: 'changed' }]);
    const { 'data/a.txt': _gone, ...short } = bag();
    expect(await differences(short)).toEqual([{ path: 'data/a.txt', how: 'missing' }]);
    expect(await differences(bag({ 'data/new': '' }))).toEqual([{ path: 'data/new', how: 'added' }]);
    expect(await differences(bag({ 'bag-info.txt': 'Payload-Oxum: 2.3\n' }))).toEqual([
      { path: 'bag-info.txt', how: 'changed' },
    ]);
  });

  test('is judged by the manifests of its payload, whatever a list of tag files says of that', async () => {
    const laid = { 'data/a.txt': 'x', 'tagmanifest-md5.txt': `${hashOf('md5', 'x')}  data/a.txt\n` };
    expect(await differences(bag(laid))).toEqual([{ path: 'data/a.txt', how: 'changed' }]);
    const added = { 'data/new': 'n', 'tagmanifest-md5.txt': `${hashOf('md5', 'n')}  data/new\n` };
    expect(await differences(bag(added))).toEqual([{ path: 'data/new', how: 'added' }]);
  });

  test.each([
    ['a path that climbs', 'data/../../x'],
    ['an absolute path', '/etc/passwd'],
    ['a path of Windows', 'data/..\\x'],
    ['a path outside of the payload', 'x'],
  ])('with %s is refused in one sentence', async (_what, path) => {
    const files = bag({ 'manifest-sha256.txt': `${hashOf('sha256', 'a')} ${path}\n` });
    await expect(differences(files)).rejects.toMatchObject({ code: 'invalid-response' });
  });

  test('that names a file twice with different hashes is refused', async () => {
    const lines = ['a', 'b'].map((text) => `${hashOf('sha256', text)} data/a.txt\n`).join('');
    await expect(differences(bag({ 'manifest-sha256.txt': lines }))).rejects.toThrow(/twice/);
  });

  test('of a version that nobody knows, or without a manifest, is refused', async () => {
    await expect(differences(bag({ 'bagit.txt': 'BagIt-Version: 9.0\n' }))).rejects.toThrow(/no bag/);
    const { 'manifest-sha256.txt': _gone, ...none } = bag();
    await expect(differences(none)).rejects.toThrow(/no manifest/);
  });
});
