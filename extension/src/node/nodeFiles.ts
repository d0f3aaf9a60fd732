import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, rmdir, statfs, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  DossierError,
  type ErrorCode,
  type FileStat,
  type FilesPort,
  isDossierError,
  type Sentence,
  say,
} from '../../../shared/index.ts';

/** Files of this machine, every write durable before it is acknowledged. */
export const nodeFiles: FilesPort = {
  join,
  stat: (path) =>
    guarded(path, async () => {
      const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw error;
      });
      if (!stat) return undefined;
      const kind: FileStat['kind'] = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
      return { kind, size: stat.size, modified: stat.mtimeMs, changed: stat.ctimeMs, id: `${stat.dev}:${stat.ino}` };
    }),
  list: (folder) => guarded(folder, () => readdir(folder)),
  async *read(path, { start = 0, end } = {}) {
    if (end !== undefined && end <= start) return;
    try {
      const stream = createReadStream(path, {
        start,
        ...(end === undefined ? {} : { end: end - 1 }),
        highWaterMark: 256 * 1024,
      });
      for await (const part of stream) yield part as Uint8Array;
    } catch (error) {
      throw fileError(error, path);
    }
  },
  readInto: (path, start, into) =>
    guarded(path, async () => {
      const file = await open(path, 'r');
      try {
        let filled = 0;
        for (let read = -1; filled < into.length && read !== 0; filled += read) {
          ({ bytesRead: read } = await file.read(into, filled, into.length - filled, start + filled));
        }
        return filled;
      } finally {
        await file.close();
      }
    }),
  makeFolder: (path) =>
    guarded(path, async () => {
      await mkdir(path);
      await syncFolder(dirname(path));
    }),
  write: (path, offset, bytes) =>
    guarded(path, async () => {
      const file = await open(path, offset === 0 ? 'w' : 'r+');
      try {
        if (offset > 0) {
          const { size } = await file.stat();
          if (size < offset) throw new DossierError('offset-mismatch', undefined, { expectedOffset: size, path });
          await file.truncate(offset);
        }
        let at = offset;
        for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
          // A disk that fills up takes a part of the bytes and reports the error only with the next write.
          for (let done = 0; done < part.length; )
            done += (await file.write(part, done, part.length - done, at + done)).bytesWritten;
          at += part.length;
        }
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  publish: (from, to) =>
    guarded(to, async () => {
      // A hard link is the one portable way to take a name without replacing what may have it.
      try {
        await link(from, to);
      } catch (error) {
        if (!hasNoLinks(error)) throw error;
        await publishByCopyOfName(from, to);
        return;
      }
      await syncFolder(dirname(to));
      await unlink(from);
    }),
  replace: (from, to) =>
    guarded(to, async () => {
      await rename(from, to);
      await syncFolder(dirname(to));
    }),
  remove: (path) => guarded(path, () => rm(path, { recursive: true, force: true })),
  removeEmptyFolder: (path) =>
    guarded(path, () =>
      rmdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      }),
    ),
  setModified: (path, modified) => guarded(path, () => utimes(path, modified / 1000, modified / 1000)),
  freeBytes: (path) =>
    guarded(path, async () => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    }),
};

function hasNoLinks(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * File systems without hard links (FAT, some network shares): take the name with an empty file, then rename over our
 * own.
 */
async function publishByCopyOfName(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close();
  await rename(from, to);
  await syncFolder(dirname(to));
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; its renames are journalled by the file system.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const meanings: Record<string, readonly [ErrorCode, Sentence]> = {
  ENOENT: ['not-found', say`There is no such file or folder`],
  ENOTDIR: ['type-mismatch', say`A file stands where a folder is needed`],
  EISDIR: ['type-mismatch', say`A folder stands where a file is needed`],
  EEXIST: ['already-exists', say`The name is taken`],
  ENOTEMPTY: ['already-exists', say`The folder is not empty`],
  EACCES: ['forbidden', say`Access was refused by the system`],
  EPERM: ['forbidden', say`Access was refused by the system`],
  EROFS: ['forbidden', say`The disk is read-only`],
  ENOSPC: ['quota-exceeded', say`The disk is full`],
  EDQUOT: ['quota-exceeded', say`Your disk quota is used up`],
  EFBIG: ['too-large', say`The file system takes no file of this size`],
  ENAMETOOLONG: ['invalid-path', say`The name is too long for this disk`],
  EINVAL: ['invalid-path', say`The name is not allowed on this disk`],
  EIO: ['server-error', say`The disk reported an error`],
  EMFILE: ['locked', say`Too many files are open`],
};

function fileError(error: unknown, path: string): DossierError {
  if (isDossierError(error)) return error;
  const [code, sentence] = meanings[(error as NodeJS.ErrnoException).code ?? ''] ?? [
    'server-error',
    say`The file system failed`,
  ];
  return new DossierError(code, sentence, { cause: error, path, where: 'local' });
}

async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fileError(error, path);
  }
}
