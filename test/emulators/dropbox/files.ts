import { virtualContent } from './contents.ts';
import type { Namespace } from './paths.ts';
import type { Service } from './service.ts';
import type { Entry } from './tree.ts';

/** The files of the first account as tests see them: beside the wire, with the paths that its token has. */
export interface Files {
  /** Puts files there; their bytes are computed, not stored, so that a hundred thousand take seconds. */
  seed(files: Iterable<SeededFile>): void;
  /** A Paper document or the like: can be listed, has no bytes and no hash. */
  seedExportOnly(path: string): void;
  entry(path: string): Entry | undefined;
  read(path: string): Promise<Buffer>;
  /** Every file and folder, by path. */
  list(): Entry[];
  /** Removes what is there, as another client would. */
  remove(path: string): void;
  /** Brings back a file that was removed, as a person can on the site. */
  restore(id: string): void;
  /** Changes the case of a name, of which the change feed says nothing. */
  recase(path: string, name: string): void;
}

export interface SeededFile {
  readonly path: string;
  readonly size: number;
  /** Equal seeds and sizes have equal bytes; the path without it. */
  readonly seed?: string;
}

export function openFiles({ clock, contents, database, tree, watch }: Service, view: Namespace): Files {
  const entryAt = (path: string): Entry | undefined => {
    const entry = tree.get(view.tree, (view.root + path).toLowerCase());
    return entry?.kind === 'deleted' ? undefined : entry;
  };
  const put = (path: string, file: { content: string; hash: string; size: number }): void => {
    const now = Math.floor(clock.now() / 1000) * 1000;
    tree.putFile(view.tree, view.root + path, { ...file, clientModified: now, serverModified: now });
  };
  return {
    seed(files) {
      database.transaction(() => {
        for (const { path, size, seed = path } of files) put(path, { ...virtualContent(seed, size), size });
      });
      watch.changed(view.tree, '');
    },
    seedExportOnly: (path) => put(path, { content: 'export', hash: '', size: 0 }),
    entry: entryAt,
    async read(path) {
      const entry = entryAt(path);
      if (entry?.kind !== 'file') throw new Error(`There is no file ${path}.`);
      const pieces: Buffer[] = [];
      for await (const piece of contents.read(entry.content, 0, entry.size)) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    },
    list: () =>
      tree.list({
        tree: view.tree,
        folder: view.root.toLowerCase(),
        recursive: true,
        deleted: false,
        after: '',
        limit: -1,
      }),
    remove(path) {
      const entry = entryAt(path);
      if (!entry) return;
      tree.remove(entry);
      watch.changed(entry.tree, entry.path);
    },
    restore: (id) => watch.changed(view.tree, tree.restore(id, Math.floor(clock.now() / 1000) * 1000).path),
    recase(path, name) {
      const entry = entryAt(path);
      if (entry) tree.recase(entry, name);
    },
  };
}
