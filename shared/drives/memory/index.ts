import { concatBytes } from '../../core/bytes.ts';
import { DossierError, throwIfCancelled, toDossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { say } from '../../core/sentence.ts';
import type { Capabilities } from '../../drive/capabilities.ts';
import type { Change } from '../../drive/changes.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { FileEntry, FolderEntry } from '../../drive/entry.ts';
import type { Commit, Committed, Outcome, Piece, UploadSession } from '../../drive/uploadSession.ts';
import { createMemoryStorage, type MemoryStorage } from './storage.ts';

export { createMemoryStorage, type MemoryStorage } from './storage.ts';

const kind = 'memory';

const capabilities: Capabilities = {
  stableIds: true,
  writesById: true,
  caseSensitive: true,
  listedDigest: undefined,
  changes: 'feed',
  longPoll: false,
  conditionalReplace: true,
  links: false,
  copy: true,
  upload: {
    maxFileSize: 2 ** 31,
    maxSingle: 64 * 1024,
    sessions: true,
    connections: 4,
    chunksInFlight: 4,
    piecesPerAppend: 8,
    maxAppend: 1024 * 1024,
    sessionsPerCommit: 100,
    inOrder: false,
    chunkMin: 1,
    chunkSize: 16 * 1024,
    chunkMultiple: 1,
    maxChunks: 100_000,
  },
};

/**
 * The reference drive: everything the contract asks for, in memory. The one to copy from when a new drive is written.
 */
export function createMemoryDrive(storage: MemoryStorage = createMemoryStorage(() => 0)): Drive {
  return {
    kind,
    capabilities,
    account: async (context) => act(context, () => ({ id: 'memory', label: 'Memory' })),
    stat: async (ref, context) => act(context, () => storage.find(ref)),
    async *list(folder, options, context) {
      const entries = act(context, () => storage.children(folder, options?.recursive ?? false));
      // Small pages, so that whoever reads them meets a second one in every test.
      for (let at = 0; at < entries.length; at += 3) yield entries.slice(at, at + 3);
    },
    async *read(ref, { start = 0, end } = {}, context) {
      const content = act(context, () => storage.content(ref)).subarray(start, end);
      for (let at = 0; at < content.length; at += 65_536) yield act(context, () => content.slice(at, at + 65_536));
    },
    createFolder: async (parent, name, context) => act(context, () => storage.makeFolder(parent, name) as FolderEntry),
    remove: async (ref, context) => act(context, () => storage.remove(ref)),
    move: async (ref, folder, name, context) => act(context, () => storage.place(ref, folder, name, false)),
    copy: async (ref, folder, name, context) => act(context, () => storage.place(ref, folder, name, true)),
    link: async () => {
      throw new DossierError('unsupported', 'Files in memory have no address');
    },
    upload: async (target, bytes, digests, context) =>
      act(context, () => {
        demandDigest(bytes, digests.sha256);
        return proved(
          storage.putFile(target.folder, target.name, bytes.slice(), target.replace, target.modified) as FileEntry,
          digests.sha256,
        );
      }),
    uploadStreamed: async () => {
      throw new DossierError('unsupported', 'Large files go by upload session here');
    },
    startUploads: async (requests, context) =>
      act(context, () =>
        requests.map(({ target, size, chunkSize }): UploadSession => {
          const id = storage.nextId('session');
          storage.sessions.set(id, new Map());
          return { kind, target, size, chunkSize, received: [], data: { id } };
        }),
      ),
    append: async (pieces, context) =>
      act(context, () => pieces.map((piece) => outcome(() => appendPiece(storage, piece)))),
    inspectUpload: async (session, context) =>
      act(context, () => ({ ...session, received: [...chunksOf(storage, session).keys()].sort((a, b) => a - b) })),
    commit: async (commits, context) =>
      act(context, () => commits.map((commit) => outcome(() => commitOne(storage, commit)))),
    abandonUploads: async (sessions, context) =>
      act(context, () => sessions.forEach((session) => storage.sessions.delete(idOf(session)))),
    clearUnfinished: async (_folder, context) => act(context, () => undefined),
    prove: async (ref, size, digests, context) =>
      act(context, () => {
        const entry = storage.find(ref);
        if (entry?.type !== 'file') return undefined;
        const bytes = storage.content(ref);
        if (entry.size !== size) throw new DossierError('integrity-mismatch', say`${ref.path} has another size`);
        demandDigest(bytes, digests.sha256);
        return proved(entry, digests.sha256, 'read-back');
      }),
    latestCursor: async (_folder, context) => act(context, () => String(storage.journal.length)),
    async *changes(folder, cursor, context) {
      const from = act(context, () => (cursor === undefined ? storage.journal.length : Number(cursor)));
      const entry = storage.find(folder);
      if (!entry) throw new DossierError('not-found', say`There is nothing at ${folder.path}`, { path: folder.path });
      if (cursor === undefined) {
        // A listing, not the journal from its beginning: that would tell of what is long gone.
        yield {
          changes: storage.children(entry, true).map((present): Change => ({ type: 'present', entry: present })),
          cursor: String(from),
          complete: true,
        };
        return;
      }
      const inside = `${entry.path === '/' ? '' : entry.path}/`;
      for (let at = from; ; ) {
        const page = storage.journal.slice(at, at + 3);
        at += page.length;
        const complete = at >= storage.journal.length;
        const changes = page.filter((change) =>
          (change.type === 'gone' ? change.path : change.entry.path).startsWith(inside),
        );
        yield { changes, cursor: String(at), complete };
        if (complete) return;
      }
    },
    waitForChange: async () => true,
  };
}

function act<T>(context: Context | undefined, work: () => T): T {
  throwIfCancelled(context?.signal);
  return work();
}

function outcome<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error: toDossierError(error) };
  }
}

function idOf(session: UploadSession): string {
  if (session.kind !== kind) throw new DossierError('unsupported', say`This upload was begun on ${session.kind}`);
  return (session.data as { id: string }).id;
}

function chunksOf(storage: MemoryStorage, session: UploadSession): Map<number, Uint8Array> {
  const chunks = storage.sessions.get(idOf(session));
  if (!chunks) throw new DossierError('session-expired');
  return chunks;
}

function appendPiece(storage: MemoryStorage, { session, index, bytes }: Piece): UploadSession {
  const expected = Math.min(session.chunkSize, session.size - index * session.chunkSize);
  if (bytes.length !== expected) throw new TypeError(`Chunk ${index} must have ${expected} bytes`);
  const chunks = chunksOf(storage, session);
  chunks.set(index, bytes.slice());
  return { ...session, received: [...new Set([...session.received, index])].sort((a, b) => a - b) };
}

function commitOne(storage: MemoryStorage, { session, digests }: Commit): Committed {
  const { target, size, chunkSize } = session;
  const there =
    storage.find(target.folder) && storage.children(target.folder, false).find((entry) => entry.name === target.name);
  if (!storage.sessions.has(idOf(session)) && there?.type === 'file' && there.size === size) {
    demandDigest(storage.content(there), digests.sha256);
    return proved(there, digests.sha256, 'read-back');
  }
  const chunks = chunksOf(storage, session);
  const count = Math.ceil(size / chunkSize);
  if (chunks.size !== count)
    throw new DossierError('offset-mismatch', 'Chunks are missing', { expectedOffset: chunks.size * chunkSize });
  const bytes =
    count === 0
      ? new Uint8Array()
      : concatBytes(Array.from({ length: count }, (_, index) => chunks.get(index) as Uint8Array));
  demandDigest(bytes, digests.sha256);
  const entry = storage.putFile(target.folder, target.name, bytes, target.replace, target.modified) as FileEntry;
  storage.sessions.delete(idOf(session));
  return proved(entry, digests.sha256);
}

function demandDigest(bytes: Uint8Array, sha256: string): void {
  if (digestsOf(bytes).sha256 !== sha256)
    throw new DossierError('integrity-mismatch', 'The bytes do not have the expected SHA-256');
}

function proved(entry: FileEntry, digest: string, method: 'returned-hash' | 'read-back' = 'returned-hash'): Committed {
  return { entry, proof: { method, algorithm: 'sha256', digest } };
}
