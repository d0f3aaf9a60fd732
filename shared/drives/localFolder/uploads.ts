import { toHex } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { createContentHasher, type Digests } from '../../core/hashing.ts';
import { isRecord } from '../../core/json.ts';
import { joinPath } from '../../core/paths.ts';
import type { FilesPort, RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { EntryRef, FileEntry } from '../../drive/entry.ts';
import { pathWithoutId } from '../../drive/reference.ts';
import type {
  Commit,
  Committed,
  Piece,
  UploadRequest,
  UploadSession,
  UploadTarget,
} from '../../drive/uploadSession.ts';
import { type LocalTree, toEntry, unfinished } from './tree.ts';

export const kind = 'localFolder';

/**
 * Uploads into a folder of the machine: written beside the target under a hidden name, read back, then given the final
 * name in one step.
 */
export interface LocalUploads {
  start(request: UploadRequest): Promise<UploadSession>;
  append(piece: Piece): Promise<UploadSession>;
  inspect(session: UploadSession): Promise<UploadSession>;
  commit(commit: Commit): Promise<Committed>;
  abandon(session: UploadSession): Promise<void>;
  /** Takes away all unfinished files of a folder. */
  clear(folder: EntryRef): Promise<void>;
  prove(target: UploadTarget, size: number, digests: Digests): Promise<Committed | undefined>;
}

const pathOf = (folder: EntryRef) => pathWithoutId(folder, { operation: 'upload', where: kind });

export function createLocalUploads(files: FilesPort, tree: LocalTree, randomBytes: RandomBytes): LocalUploads {
  const temporary = async (session: UploadSession): Promise<string> => {
    const file = session.kind === kind && isRecord(session.data) ? session.data['file'] : undefined;
    if (typeof file !== 'string' || !unfinished.test(file))
      throw new DossierError('unsupported', say`This upload was begun on ${session.kind}`);
    return files.join(await tree.folder(pathOf(session.target.folder)), file);
  };

  const digestOf = async (native: string): Promise<Digests> => {
    const hasher = createContentHasher();
    for await (const part of files.read(native)) hasher.update(part);
    return hasher.digest();
  };

  const prove: LocalUploads['prove'] = async ({ folder, name }, size, digests) => {
    const path = joinPath(folder.path, name);
    const found = await tree.find(path);
    if (found?.stat.kind !== 'file') return undefined;
    if (found.stat.size !== size || (await digestOf(found.native)).sha256 !== digests.sha256) {
      throw new DossierError('integrity-mismatch', say`${path} holds something else`, { path });
    }
    return proved(toEntry(path, found.stat) as FileEntry, digests);
  };

  const inspect: LocalUploads['inspect'] = async (session) => {
    const stat = await files.stat(await temporary(session));
    if (!stat) throw gone();
    const whole =
      stat.size >= session.size
        ? Math.ceil(session.size / session.chunkSize)
        : Math.floor(stat.size / session.chunkSize);
    return { ...session, received: Array.from({ length: whole }, (_, index) => index) };
  };

  return {
    prove,
    inspect,
    async start({ target, size, chunkSize }) {
      const file = `.dossier-${toHex(randomBytes(16))}.tmp`;
      await files.write(files.join(await tree.folder(pathOf(target.folder)), file), 0, new Uint8Array());
      return { kind, target, size, chunkSize, received: [], data: { file } };
    },
    async append({ session, index, bytes }) {
      const native = await temporary(session);
      // Writing would make a new file, with a hole where the chunks before this one were.
      if (!(await files.stat(native))) throw gone();
      await files.write(native, index * session.chunkSize, bytes);
      return { ...session, received: Array.from({ length: index + 1 }, (_, at) => at) };
    },
    async commit({ session, digests }) {
      const { target, size } = session;
      const native = await temporary(session);
      const stat = await files.stat(native);
      if (!stat) {
        const committed = await prove(target, size, digests).catch((error: unknown) => {
          if (isDossierError(error, 'integrity-mismatch')) return undefined;
          throw error;
        });
        if (committed) return committed;
        throw gone();
      }
      if (stat.size !== size)
        throw new DossierError('offset-mismatch', 'Bytes are missing', { expectedOffset: stat.size });
      if ((await digestOf(native)).sha256 !== digests.sha256)
        throw new DossierError('integrity-mismatch', 'The disk does not hold what was written');
      return {
        ...(await publish(native, target)),
        proof: { method: 'read-back', algorithm: 'sha256', digest: digests.sha256 },
      };
    },
    async abandon(session) {
      await files.remove(await temporary(session));
    },
    async clear(folder) {
      const native = await tree.folder(pathOf(folder));
      for (const name of await files.list(native))
        if (unfinished.test(name)) await files.remove(files.join(native, name));
    },
  };

  async function publish(native: string, target: UploadTarget): Promise<{ entry: FileEntry }> {
    const { native: final, path } = await tree.fresh(pathOf(target.folder), target.name);
    if (target.modified !== undefined) await files.setModified(native, target.modified);
    const existing = await tree.find(path);
    if (target.replace === undefined) {
      if (existing) throw new DossierError('already-exists', say`${path} is there already`, { path });
      await files.publish(native, final);
    } else {
      const entry = existing && toEntry(path, existing.stat);
      if (entry?.revision !== target.replace)
        throw new DossierError('revision-conflict', say`${path} has changed meanwhile`, { path });
      await files.replace(native, existing?.native ?? final);
    }
    const stat = await files.stat(existing?.native ?? final);
    if (!stat) throw new DossierError('server-error', say`${path} vanished after it was written`, { path });
    return { entry: toEntry(path, stat) as FileEntry };
  }
}

function proved(entry: FileEntry, digests: Digests): Committed {
  return { entry, proof: { method: 'read-back', algorithm: 'sha256', digest: digests.sha256 } };
}

function gone(): DossierError {
  return new DossierError('session-expired', 'The unfinished copy is gone');
}
