import { equalBytes, readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { type DrivePath, joinPath, nameOf, parentOf } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { Drive } from '../../drive/drive.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { EntryRef } from '../../drive/entry.ts';

/** Larger than any file that is published. */
const largestFile = 40_000_000;
const writesAtOnce = 6;

/** The folder that a ledger is published into. Paths are relative to it, with slashes. */
export interface PublishedFolder {
  readonly path: DrivePath;
  isEmpty(): Promise<boolean>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Makes the files hold these bytes, several at once. What holds them already is left; what holds others is replaced:
   * the folder is ours alone, and a write that was cut off may have left half a file.
   */
  write(files: Iterable<readonly [path: string, bytes: Uint8Array]>): Promise<void>;
  /** `write` for one file, for those that change: looks first. */
  renew(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Paths of all files below a folder. */
  list(path: string): Promise<string[]>;
}

export function createPublishedFolder(
  drive: Drive,
  { path: root }: EntryRef,
  clock: Clock,
  signal: AbortSignal | undefined,
): PublishedFolder {
  const again = <T>(work: () => Promise<T>): Promise<T> => retry(work, { clock, signal });
  const placeOf = (path: string) => joinPath(root, ...path.split('/'));
  const folders = new Map<DrivePath, Promise<unknown>>();
  const folderAt = async (path: DrivePath): Promise<void> => {
    const made = folders.get(path) ?? ensureFolder(drive, path, { signal });
    folders.set(path, made);
    made.catch(() => folders.delete(path));
    await made;
  };

  const readAt = async (path: DrivePath): Promise<Uint8Array | undefined> => {
    try {
      return await readBytes(drive.read({ path }, {}, { signal }), largestFile);
    } catch (error) {
      if (isDossierError(error, 'not-found') || isDossierError(error, 'parent-missing')) return undefined;
      throw error;
    }
  };
  const put = async (path: DrivePath, bytes: Uint8Array, replace?: string): Promise<void> => {
    const target = { folder: { path: parentOf(path) }, name: nameOf(path) };
    await drive.upload({ ...target, ...(replace === undefined ? {} : { replace }) }, bytes, digestsOf(bytes), {
      signal,
    });
  };
  /** Looks what is there, and replaces it unless it is the same. */
  const settle = async (path: DrivePath, bytes: Uint8Array): Promise<void> => {
    const there = await drive.stat({ path }, { signal });
    if (there === undefined) return put(path, bytes);
    if (there.type !== 'file')
      throw new DossierError('type-mismatch', say`${path} is a folder: publish into a folder of its own`, { path });
    if (there.size === bytes.length && equalBytes((await readAt(path)) ?? new Uint8Array(), bytes)) return;
    await put(path, bytes, there.revision);
  };
  const create = (path: DrivePath, bytes: Uint8Array): Promise<void> =>
    again(async () => {
      await folderAt(parentOf(path));
      try {
        await put(path, bytes);
      } catch (error) {
        if (!isDossierError(error, 'already-exists')) throw error;
        await settle(path, bytes);
      }
    });

  return {
    path: root,
    async isEmpty() {
      return again(async () => {
        for await (const page of drive.list({ path: root }, {}, { signal })) if (page.length > 0) return false;
        return true;
      });
    },
    read: (path) => again(() => readAt(placeOf(path))),
    async write(files) {
      const waiting = [...files];
      const lane = async (): Promise<void> => {
        try {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
            await create(placeOf(next[0]), next[1]);
        } finally {
          // Where one fails, the others begin nothing more; nothing is written after this has ended.
          waiting.length = 0;
        }
      };
      const lanes = await Promise.allSettled(Array.from({ length: writesAtOnce }, lane));
      for (const each of lanes) if (each.status === 'rejected') throw each.reason;
    },
    renew: (path, bytes) =>
      again(async () => {
        await folderAt(parentOf(placeOf(path)));
        await settle(placeOf(path), bytes);
      }),
    remove: (path) => again(() => drive.remove({ path: placeOf(path) }, { signal, permanently: true })),
    list: (path) =>
      again(async () => {
        const found: string[] = [];
        const folder = placeOf(path);
        if ((await drive.stat({ path: folder }, { signal })) === undefined) return found;
        for await (const page of drive.list({ path: folder }, { recursive: true }, { signal }))
          for (const entry of page)
            if (entry.type === 'file') found.push(entry.path.slice(root === '/' ? 1 : root.length + 1));
        return found;
      }),
  };
}
