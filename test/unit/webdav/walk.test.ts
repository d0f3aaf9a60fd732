import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { type DrivePath, joinPath, nameOf, parentOf, parsePath } from '../../../shared/core/paths.ts';
import type { ChangePage } from '../../../shared/drive/changes.ts';
import type { Entry } from '../../../shared/drive/entry.ts';
import type { FolderPart } from '../../../shared/drives/webdav/folders.ts';
import { walkChanges } from '../../../shared/drives/webdav/walk.ts';
import { seeded, seededInteger } from '../../support/seeded.ts';

/** A tree in memory whose folder revisions change with everything below, as those of Nextcloud do. */
function createTree() {
  const nodes = new Map<string, { type: 'file' | 'folder'; id: string; revision: number }>([
    ['/r', { type: 'folder', id: 'root', revision: 0 }],
  ]);
  let last = 0;
  let listings = 0;
  const touch = (path: string) => {
    for (let at = path; at.length > 1; at = parentOf(at as DrivePath)) {
      const node = nodes.get(at);
      if (node) node.revision = ++last;
    }
  };
  const entry = (path: string): Entry => {
    const { type, id, revision } = nodes.get(path) as { type: 'file' | 'folder'; id: string; revision: number };
    const base = { path: path as DrivePath, name: nameOf(path as DrivePath), id, revision: String(revision) };
    return type === 'folder' ? { ...base, type } : { ...base, type, size: revision, modified: 0, downloadable: true };
  };
  return {
    nodes,
    get listings() {
      return listings;
    },
    put(path: string, type: 'file' | 'folder') {
      nodes.set(path, { type, id: nodes.get(path)?.id ?? `id${++last}`, revision: ++last });
      touch(path);
    },
    remove(path: string) {
      for (const each of [...nodes.keys()]) if (each === path || each.startsWith(`${path}/`)) nodes.delete(each);
      touch(parentOf(path as DrivePath));
    },
    move(from: string, to: string) {
      for (const [each, node] of [...nodes]) {
        if (each !== from && !each.startsWith(`${from}/`)) continue;
        nodes.delete(each);
        nodes.set(to + each.slice(from.length), node);
      }
      touch(parentOf(from as DrivePath));
      touch(parentOf(to as DrivePath));
    },
    root: () => ({ path: parsePath('/r'), entry: entry('/r') as Extract<Entry, { type: 'folder' }> }),
    async *children(folder: DrivePath): AsyncIterable<FolderPart> {
      listings += 1;
      if (nodes.get(folder)?.type !== 'folder') throw new DossierError('not-found');
      for (const path of nodes.keys())
        if (path !== folder && parentOf(path as DrivePath) === folder) yield { entries: [entry(path)], unreadable: [] };
    },
  };
}

async function pagesOf(pages: AsyncIterable<ChangePage>): Promise<ChangePage[]> {
  const all: ChangePage[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** What somebody who applied all pages believes to be there. */
function apply(known: Map<string, string>, pages: readonly ChangePage[]): void {
  for (const change of pages.flatMap(({ changes }) => changes)) {
    if (change.type === 'present') {
      known.set(
        change.entry.path,
        `${change.entry.type} ${change.entry.id} ${change.entry.type === 'file' ? change.entry.revision : ''}`,
      );
    } else {
      for (const path of [...known.keys()])
        if (path === change.path || path.startsWith(`${change.path}/`)) known.delete(path);
    }
  }
}

describe.each([true, false])('change feed by walking, folder revisions propagate: %s', (propagates) => {
  test('whoever applies what it tells has the tree, whatever happened in between', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seeded(`walk ${seed}`);
      const tree = createTree();
      const known = new Map<string, string>();
      let cursor: string | undefined;
      for (let round = 0; round < 8; round++) {
        for (let step = seededInteger(random, 6); step > 0; step--) act(tree, random);
        const pages = await pagesOf(walkChanges({ children: tree.children, propagates }, tree.root(), cursor));
        expect(pages.map(({ complete }) => complete)).toEqual(pages.map((_, index) => index === pages.length - 1));
        apply(known, pages);
        cursor = pages.at(-1)?.cursor;
        const there = [...tree.nodes]
          .filter(([path]) => path !== '/r')
          .map(([path, { type, id, revision }]) => [path, `${type} ${id} ${type === 'file' ? revision : ''}`]);
        expect([...known].sort(), `seed ${seed}, round ${round}`).toEqual(there.sort());
      }
    }
  });

  test('a cursor of another folder, another format or another program begins anew and says so', async () => {
    const tree = createTree();
    tree.put('/r/a.txt', 'file');
    for (const foreign of [
      '',
      'AAF',
      '{"walk":2}',
      '{"walk":1,"folder":"/other","entries":[]}',
      '{"walk":1,"folder":"/r","entries":[["../x",1,"m",null]]}',
    ]) {
      const pages = await pagesOf(walkChanges({ children: tree.children, propagates }, tree.root(), foreign));
      expect(pages[0]).toMatchObject({ reset: true });
      expect(pages.flatMap(({ changes }) => changes)).toHaveLength(1);
    }
  });
});

test('where nothing changed, nothing is listed; where one folder changed, only the way to it', async () => {
  const tree = createTree();
  for (const folder of ['a', 'b', 'c']) {
    tree.put(`/r/${folder}`, 'folder');
    tree.put(`/r/${folder}/inner`, 'folder');
    tree.put(`/r/${folder}/inner/x.txt`, 'file');
  }
  const walk = async (cursor?: string) =>
    (await pagesOf(walkChanges({ children: tree.children, propagates: true }, tree.root(), cursor))).at(
      -1,
    ) as ChangePage;
  const first = await walk();
  const before = tree.listings;
  const second = await walk(first.cursor);
  expect(tree.listings - before).toBe(0);
  tree.put('/r/b/inner/y.txt', 'file');
  await walk(second.cursor);
  expect(tree.listings - before).toBe(3);
});

test('a change that no folder revision tells of is found by looking everywhere, with the same cursor', async () => {
  const tree = createTree();
  tree.put('/r/external', 'folder');
  tree.put('/r/external/x.txt', 'file');
  const [first] = (
    await pagesOf(walkChanges({ children: tree.children, propagates: true }, tree.root(), undefined))
  ).slice(-1);
  const file = tree.nodes.get('/r/external/x.txt') as { revision: number };
  file.revision = 9_000;
  const told = async (propagates: boolean) =>
    (await pagesOf(walkChanges({ children: tree.children, propagates }, tree.root(), first?.cursor))).flatMap(
      ({ changes }) => changes,
    );
  expect(await told(true)).toEqual([]);
  expect(await told(false)).toMatchObject([{ type: 'present', entry: { path: '/r/external/x.txt' } }]);
});

function act(tree: ReturnType<typeof createTree>, random: () => number): void {
  const paths = [...tree.nodes.keys()];
  const folders = paths.filter((path) => tree.nodes.get(path)?.type === 'folder');
  const pick = (from: readonly string[]) => from[seededInteger(random, from.length)] as string;
  const fresh = joinPath(pick(folders) as DrivePath, `n${seededInteger(random, 6)}`);
  const some = pick(paths);
  const action = seededInteger(random, 5);
  if (action === 0 && !tree.nodes.has(fresh)) tree.put(fresh, 'folder');
  else if (action === 1 && tree.nodes.get(fresh)?.type !== 'folder') tree.put(fresh, 'file');
  else if (action === 2 && some !== '/r') tree.remove(some);
  else if (action >= 3 && some !== '/r' && !tree.nodes.has(fresh) && !fresh.startsWith(`${some}/`))
    tree.move(some, fresh);
}
