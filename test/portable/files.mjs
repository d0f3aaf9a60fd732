// @ts-nocheck The packed core carries no types.
import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';

const codes = { ENOENT: 'not-found', ENOTDIR: 'type-mismatch', EEXIST: 'already-exists', ENOTEMPTY: 'already-exists' };

/** The files of this computer for the core: the least that a drive on a folder needs, with what any Node has. */
export function plainFiles({ DossierError }) {
  const guarded = async (work) => {
    try {
      return await work();
    } catch (error) {
      throw error.code in codes ? new DossierError(codes[error.code], undefined, { cause: error }) : error;
    }
  };
  return {
    join,
    stat: async (path) => {
      const stat = await lstat(path).catch(() => undefined);
      const kind = stat?.isFile() ? 'file' : stat?.isDirectory() ? 'folder' : 'other';
      return (
        stat && { kind, size: stat.size, modified: stat.mtimeMs, changed: stat.ctimeMs, id: `${stat.dev}:${stat.ino}` }
      );
    },
    list: (folder) => guarded(() => readdir(folder)),
    read: async function* (path, { start = 0, end } = {}) {
      if (end === undefined || end > start) yield* createReadStream(path, { start, end: end && end - 1 });
    },
    readInto: (path, start, into) =>
      guarded(async () => {
        const file = await open(path, 'r');
        const { bytesRead } = await file.read(into, 0, into.length, start);
        await file.close();
        return bytesRead;
      }),
    makeFolder: (path) => guarded(() => mkdir(path)),
    write: (path, offset, bytes) =>
      guarded(async () => {
        const file = await open(path, offset === 0 ? 'w' : 'r+');
        let at = offset;
        for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
          await file.write(part, 0, part.length, at);
          at += part.length;
        }
        await file.close();
      }),
    publish: (from, to) => guarded(() => link(from, to).then(() => unlink(from))),
    replace: (from, to) => guarded(() => rename(from, to)),
    remove: (path) => rm(path, { recursive: true, force: true }),
    setModified: (path, modified) => guarded(() => utimes(path, modified / 1000, modified / 1000)),
  };
}
