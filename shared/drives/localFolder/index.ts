import { DossierError, isDossierError, throwIfCancelled, toDossierError } from '../../core/errors.ts';
import { type DrivePath, nameOf, parentOf, rootPath } from '../../core/paths.ts';
import type { Clock, FilesPort, RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Capabilities } from '../../drive/capabilities.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Entry, EntryRef, FolderEntry } from '../../drive/entry.ts';
import { pathWithoutId, refuseInsideItself, refuseRoot } from '../../drive/reference.ts';
import { ofEntry, refuseUnreadable, type Unreadable } from '../../drive/unreadable.ts';
import type { Outcome } from '../../drive/uploadSession.ts';
import { compareWalk } from '../../drive/walk.ts';
import { createLocalTree, type FolderPart, toEntry, unfinished } from './tree.ts';
import { createLocalUploads, kind } from './uploads.ts';

export interface LocalFolderOptions {
  readonly files: FilesPort;
  /** Native absolute path of the folder. Nothing outside it is ever read or written. */
  readonly root: string;
  readonly randomBytes: RandomBytes;
  /** Tells files that were written a moment ago, which the next look has to look at again. */
  readonly clock?: Pick<Clock, 'now'>;
}

const mebibyte = 1024 * 1024;

const capabilities: Capabilities = {
  // Programs replace files by renaming a new one over the old, so the disk's own ids do not stay with the file.
  stableIds: false,
  writesById: false,
  caseSensitive: false,
  listedDigest: undefined,
  changes: 'walk',
  longPoll: false,
  conditionalReplace: false,
  links: false,
  copy: false,
  upload: {
    maxFileSize: Number.MAX_SAFE_INTEGER,
    maxSingle: 8 * mebibyte,
    sessions: true,
    connections: 2,
    chunksInFlight: 2,
    piecesPerAppend: 1,
    maxAppend: 8 * mebibyte,
    sessionsPerCommit: 1,
    inOrder: true,
    chunkMin: 1,
    chunkSize: 8 * mebibyte,
    chunkMultiple: 1,
    maxChunks: Number.MAX_SAFE_INTEGER,
  },
};

/** A folder of the machine as a drive: a disk, a USB stick, a network share. */
export function createLocalFolderDrive({ files, root, randomBytes, clock }: LocalFolderOptions): Drive {
  const tree = createLocalTree(files, root, clock);
  const uploads = createLocalUploads(files, tree, randomBytes);

  const pathOf = (ref: EntryRef, operation: string) => pathWithoutId(ref, { operation, where: kind });

  const walk = async (folder: EntryRef, context: Context | undefined): Promise<FolderPart> => {
    const entries: Entry[] = [];
    const unreadable: Unreadable[] = [];
    const onUnreadable = (each: Unreadable) => void unreadable.push(each);
    for await (const page of drive.list(folder, { recursive: true, onUnreadable }, context)) entries.push(...page);
    return { entries, unreadable };
  };

  /** A folder within the one that was asked for may refuse to be read, or go meanwhile. */
  const entriesIn = async (path: DrivePath, asked: DrivePath): Promise<FolderPart> => {
    try {
      return await tree.entries(path);
    } catch (error) {
      if (path === asked) throw error;
      if (isDossierError(error, 'not-found')) return { entries: [], unreadable: [] };
      return { entries: [], unreadable: [{ path, error: ofEntry(error) }] };
    }
  };

  const drive: Drive = {
    kind,
    capabilities,
    async account(context) {
      throwIfCancelled(context?.signal);
      await tree.folder(rootPath);
      const free = context?.withSpace ? await files.freeBytes?.(root).catch(() => undefined) : undefined;
      return { id: root, label: root, ...(free === undefined ? {} : { freeBytes: free }) };
    },
    async stat(ref, context) {
      throwIfCancelled(context?.signal);
      const path = pathOf(ref, 'stat');
      const found = await tree.find(path);
      return found && toEntry(path, found.stat);
    },
    async *list(folder, { recursive = false, onUnreadable = refuseUnreadable } = {}, context) {
      const asked = pathOf(folder, 'list');
      const waiting = [asked];
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        throwIfCancelled(context?.signal);
        const { entries, unreadable } = await entriesIn(path, asked);
        unreadable.forEach(onUnreadable);
        if (entries.length > 0) yield entries;
        if (recursive) waiting.push(...entries.filter(({ type }) => type === 'folder').map((entry) => entry.path));
      }
    },
    async *read(ref, range, context) {
      const found = await tree.find(pathOf(ref, 'read'));
      if (!found) throw new DossierError('not-found', say`There is no file ${ref.path}`, { path: ref.path });
      if (found.stat.kind !== 'file')
        throw new DossierError('type-mismatch', say`${ref.path} is a folder`, { path: ref.path });
      for await (const part of files.read(found.native, range)) {
        throwIfCancelled(context?.signal);
        yield part;
      }
    },
    async createFolder(parent, name, context) {
      throwIfCancelled(context?.signal);
      const { native, path } = await tree.fresh(pathOf(parent, 'createFolder'), name);
      await files.makeFolder(native);
      return { type: 'folder', path, name: nameOf(path) } satisfies FolderEntry;
    },
    async remove(ref, context) {
      throwIfCancelled(context?.signal);
      const path = pathOf(ref, 'remove');
      refuseRoot(path, { operation: 'remove', where: kind });
      const found = await tree.find(path);
      if (!found) return;
      if (context?.ifEmpty && found.stat.kind === 'folder') await removeEmpty(files, found.native);
      else await files.remove(found.native);
    },
    async move(ref, folder, name, context) {
      throwIfCancelled(context?.signal);
      const refusal = { operation: 'move', where: kind };
      const from = pathOf(ref, 'move');
      refuseRoot(from, refusal);
      const found = await tree.find(from);
      if (!found) throw new DossierError('not-found', say`There is nothing at ${ref.path}`, { path: ref.path });
      const { native, path } = await tree.fresh(pathOf(folder, 'move'), name);
      refuseInsideItself(from, path, refusal);
      if (await tree.find(path)) throw new DossierError('already-exists', say`${path} is there already`, { path });
      // Files are moved without any chance to replace; for folders the system has no such call, so the look above must
      // do.
      await (found.stat.kind === 'file' ? files.publish(found.native, native) : files.replace(found.native, native));
      const moved = await files.stat(native);
      if (!moved) throw new DossierError('not-found', say`${path} vanished after it was moved`, { path });
      return toEntry(path, moved);
    },
    copy: async () => {
      throw new DossierError('unsupported', 'A local folder copies nothing by itself');
    },
    link: async () => {
      throw new DossierError('unsupported', 'Files in a local folder have no address');
    },
    async upload(target, bytes, digests, context) {
      throwIfCancelled(context?.signal);
      const session = await uploads.start({ target, size: bytes.length, chunkSize: Math.max(1, bytes.length) });
      try {
        if (bytes.length > 0)
          await uploads.append({ session, index: 0, bytes, contentHash: digests.dropboxContentHash });
        return await uploads.commit({ session, digests });
      } catch (error) {
        await uploads.abandon(session).catch(() => undefined);
        throw error;
      }
    },
    uploadStreamed: async () => {
      throw new DossierError('unsupported', 'Large files go by upload session here');
    },
    startUploads: async (requests, context) => {
      throwIfCancelled(context?.signal);
      return Promise.all(requests.map(uploads.start));
    },
    append: (pieces, context) => outcomes(pieces, uploads.append, context),
    async inspectUpload(session, context) {
      throwIfCancelled(context?.signal);
      return uploads.inspect(session);
    },
    commit: (commits, context) => outcomes(commits, uploads.commit, context),
    async abandonUploads(sessions, context) {
      throwIfCancelled(context?.signal);
      await Promise.all(sessions.map(uploads.abandon));
    },
    async clearUnfinished(folder, context) {
      throwIfCancelled(context?.signal);
      await uploads.clear(folder);
    },
    async prove(ref, size, digests, context) {
      throwIfCancelled(context?.signal);
      const path = pathOf(ref, 'prove');
      return uploads.prove({ folder: { path: parentOf(path) }, name: nameOf(path) }, size, digests);
    },
    latestCursor: async (folder, context) => compareWalk(undefined, await walk(folder, context)).cursor,
    async *changes(folder, cursor, context) {
      yield compareWalk(cursor, await walk(folder, context));
    },
    waitForChange: async () => true,
  };
  return drive;
}

/** What uploads that were cut off have left goes; links and whatever else the listing leaves out stay with their folder. */
async function removeEmpty(files: FilesPort, native: string): Promise<void> {
  const names = await files.list(native);
  if (names.every((name) => unfinished.test(name)))
    for (const name of names) await files.remove(files.join(native, name));
  await files.removeEmptyFolder(native);
}

async function outcomes<In, Out>(
  inputs: readonly In[],
  work: (input: In) => Promise<Out>,
  context: Context | undefined,
): Promise<Outcome<Out>[]> {
  throwIfCancelled(context?.signal);
  const results: Outcome<Out>[] = [];
  for (const input of inputs) {
    try {
      results.push({ ok: true, value: await work(input) });
    } catch (error) {
      results.push({ ok: false, error: toDossierError(error) });
    }
  }
  return results;
}
