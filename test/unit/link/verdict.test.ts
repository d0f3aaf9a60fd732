import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, parsePath } from '../../../shared/core/paths.ts';
import type { FileEntry } from '../../../shared/drive/entry.ts';
import { verdictsOn } from '../../../shared/link/verdict.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type LinkWorld, linkWorlds } from '../../crash/linkWorlds.ts';
import { createWalker } from '../../support/linking.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('verdicts', () => {
  const digest = (text: string) => ({ dropboxContentHash: digestsOf(bytes(text)).dropboxContentHash });
  const known = { path: parsePath('/a/One.txt'), revision: 'r1', digests: digest('one'), live: true };
  const same = { path: known.path, revision: 'r1', digests: known.digests, downloadable: true };

  test.each([
    ['new', undefined, same, ['Register']],
    ['unchanged', known, same, []],
    ['touched', known, { ...same, revision: 'r2' }, []],
    ['modified', known, { ...same, revision: 'r2', digests: digest('two') }, ['Publish']],
    ['renamed', known, { ...same, path: parsePath('/a/Two.txt') }, ['Rename']],
    ['renamed in case', known, { ...same, path: parsePath('/a/ONE.txt') }, ['Rename']],
    ['named in a parent of other case', known, { ...same, path: parsePath('/A/One.txt') }, []],
    ['moved', known, { ...same, path: parsePath('/b/One.txt'), revision: 'r2' }, ['Move']],
    [
      'moved and modified',
      known,
      { ...same, path: parsePath('/b/One.txt'), revision: 'r2', digests: digest('two') },
      ['Move', 'Publish'],
    ],
    ['back', { ...known, live: false }, { ...same, revision: 'r2' }, ['Restore']],
    [
      'back, elsewhere and modified',
      { ...known, live: false },
      { ...same, path: parsePath('/b/One.txt'), digests: digest('two') },
      ['Restore', 'Move', 'Publish'],
    ],
    [
      'without a hash, a new revision',
      { ...known, digests: {} },
      { ...same, revision: 'r2', digests: {} },
      ['Publish'],
    ],
    [
      'without bytes, moved: its revision says nothing',
      { ...known, digests: {} },
      { ...same, path: parsePath('/b/One.txt'), revision: 'r2', digests: {}, downloadable: false },
      ['Move'],
    ],
  ])('%s', (_, before, seen, expected) => {
    expect(verdictsOn(before, seen, false)).toEqual(expected);
  });

  test('where case counts, another case of the folder is another folder', () => {
    expect(verdictsOn(known, { ...same, path: parsePath('/A/One.txt') }, true)).toEqual(['Move']);
  });
});

describe.each(['dropbox', 'nextcloud'] as const)('changes of a linked folder on %s', (name) => {
  let server: LinkWorld;
  beforeAll(async () => {
    server = await linkWorlds[name]();
  });
  afterAll(() => server.close());

  const scene = async () => {
    const world = await server.fresh();
    const { drive, linked, hashPolicy } = world;
    const walker = createWalker(createMemoryState());
    const link = await walker.link(drive, linked, hashPolicy);
    const put = async (at: string, content: string, replace?: string) =>
      (
        await drive.upload(
          { folder: linked, name: at, ...(replace === undefined ? {} : { replace }) },
          bytes(content),
          digestsOf(bytes(content)),
        )
      ).entry;
    const walk = async () =>
      (await walker.walk(link, drive)).changes.map(({ event, version, name }) => `${event} ${version} ${name}`).sort();
    const file = await put('One.txt', 'one');
    expect(await walk()).toEqual(['Register 1 One.txt']);
    return { ...world, walker, link, put, walk, file };
  };

  test('nothing changed: nothing is recorded', async () => {
    const { walk } = await scene();
    expect(await walk()).toEqual([]);
  });

  test('a modified file is a new version, a touched one is none', async () => {
    const { put, walk, file } = await scene();
    const touched = await put('One.txt', 'one', file.revision);
    expect(await walk()).toEqual([]);
    await put('One.txt', 'two', touched.revision);
    expect(await walk()).toEqual(['Publish 2 One.txt']);
  });

  test('a renamed and a moved file keep their asset, also with a new content at once', async () => {
    const { drive, linked, walk, walker, link, file, put } = await scene();
    const renamed = (await drive.move(file, linked, 'Two.txt')) as FileEntry;
    expect(await walk()).toEqual(['Rename 1 Two.txt']);
    const folder = await drive.createFolder(linked, 'Inside');
    const moved = (await drive.move(renamed, folder, 'Two.txt')) as FileEntry;
    expect(await walk()).toEqual(['Move 1 Two.txt']);
    const back = (await drive.move(moved, linked, 'Three.txt')) as FileEntry;
    await put('Three.txt', 'three', back.revision);
    expect(await walk()).toEqual(['Move 1 Three.txt', 'Publish 2 Three.txt']);
    expect(await walker.links.files(link)).toHaveLength(1);
  });

  test('a folder that moves takes its files along', async () => {
    const { drive, linked, walk, file } = await scene();
    const folder = await drive.createFolder(linked, 'Inside');
    await drive.move(file, folder, 'One.txt');
    await walk();
    const other = await drive.createFolder(linked, 'Other');
    await drive.move(folder, other, 'Deeper');
    expect(await walk()).toEqual(['Move 1 One.txt']);
  });

  test('a copy is a new asset that names the one it comes from', async () => {
    const { drive, linked, walk, walker, file } = await scene();
    await drive.copy(file, linked, 'Copy.txt');
    expect(await walk()).toEqual(['Register 1 Copy.txt']);
    const [first, second] = await walker.ledger.find({
      dropboxContentHash: digestsOf(bytes('one')).dropboxContentHash,
    });
    const entry = await walker.log.entry(second!.index);
    expect(new TextDecoder().decode(entry!.envelope.payload)).toContain(`"derivedFrom":"${first!.asset}"`);
  });

  test('a file that leaves the folder is gone, and the same asset when it comes back', async () => {
    const { drive, linked, outside, walk, file } = await scene();
    const left = await drive.move(file, outside, 'One.txt');
    expect(await walk()).toEqual(['Delete 1 One.txt']);
    await drive.move(left, linked, 'Back.txt');
    expect(await walk()).toEqual(['Rename 1 Back.txt', 'Restore 1 Back.txt']);
  });

  test('a folder that is removed takes all its files with it', async () => {
    const { drive, linked, walk, put } = await scene();
    const folder = await drive.createFolder(linked, 'Inside');
    for (const at of ['A.txt', 'B.txt']) await drive.move(await put(at, at), folder, at);
    expect(await walk()).toEqual(['Register 1 A.txt', 'Register 1 B.txt']);
    await drive.remove(folder);
    expect(await walk()).toEqual(['Delete 1 A.txt', 'Delete 1 B.txt']);
  });

  test('unlinked and linked again: the gap and what changed in it are recorded', async () => {
    const { drive, linked, hashPolicy, walker, link, walk, put, file } = await scene();
    await walker.links.unlink(link.id, walker.ledger);
    await put('One.txt', 'two', file.revision);
    await put('New.txt', 'new');
    expect(await walk()).toEqual([]);
    const again = await walker.link(drive, linked, hashPolicy);
    expect(again.id).toBe(link.id);
    expect(await walk()).toEqual(['Publish 2 One.txt', 'Register 1 New.txt']);
    expect((await walker.ledger.history(link.id)).map(({ event }) => event)).toEqual([
      'Link',
      'Unlink',
      'Link',
      'GapStart',
      'GapEnd',
    ]);
    expect(await walk()).toEqual([]);
  });

  test('a folder in a linked one, or around it, cannot be linked to the same ledger', async () => {
    const { drive, linked, hashPolicy, walker } = await scene();
    const inner = await drive.createFolder(linked, 'Inner');
    await expect(walker.link(drive, inner, hashPolicy)).rejects.toMatchObject({ code: 'already-exists' });
    expect(joinPath(linked.path, 'Inner')).toBe(inner.path);
  });
});
