import type { files } from 'dropbox';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { createContentHasher, type Digests } from '../../core/hashing.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { EntryRef, FileEntry } from '../../drive/entry.ts';
import type { Committed, UploadTarget } from '../../drive/uploadSession.ts';
import type { DropboxApi } from './api.ts';
import type { Lookup } from './files.ts';

export interface Proving {
  /**
   * Judges a file that we have just written by the hash that came back. Another one, or none, is no verdict: the file is
   * looked at again and read back, and only one that is wrong in every way is taken back before anybody trusts it.
   */
  ours(entry: FileEntry, target: UploadTarget, digests: Digests, context?: Context): Promise<Committed>;
  prove: Drive['prove'];
}

/** The hash decides, and not the size beside it: it is the only thing that Dropbox has computed. */
export function holds(entry: FileEntry, { dropboxContentHash }: Digests): boolean {
  return entry.digest === dropboxContentHash;
}

export function proved(entry: FileEntry, digests: Digests, method: 'returned-hash' | 'server-hash'): Committed {
  return { entry, proof: { method, algorithm: 'dropboxContentHash', digest: digests.dropboxContentHash } };
}

export function createProving(api: DropboxApi, lookup: Lookup, read: Drive['read']): Proving {
  const mismatch = (path: string, operation: string) =>
    new DossierError('integrity-mismatch', say`Dropbox holds something else at ${path} than what was sent`, {
      operation,
      where: 'dropbox',
      path,
    });

  return {
    async ours(entry, target, digests, context) {
      if (holds(entry, digests)) return proved(entry, digests, 'returned-hash');
      const confirmed = await confirm(entry, digests, context);
      if (confirmed) return confirmed;
      // A new file is removed, and only as long as it is exactly what we wrote; an earlier revision stays in Dropbox's
      // own history.
      if (target.replace === undefined && entry.id !== undefined) {
        const argument = { path: entry.id, parent_rev: entry.revision } satisfies files.DeleteArg;
        await api.rpc('files/delete_v2', argument, { operation: 'commit', path: entry.path }, context);
      }
      throw mismatch(entry.path, 'commit');
    },

    async prove(ref, size, digests, context) {
      const entry = await lookup.stat(ref, context, 'prove');
      if (entry === undefined) return undefined;
      if (entry.type !== 'file') throw mismatch(ref.path, 'prove');
      if (entry.digest !== undefined) {
        if (!holds(entry, digests)) throw mismatch(ref.path, 'prove');
        return proved(entry, digests, 'server-hash');
      }
      const sha256 = entry.size === size ? await readBack(entry, context) : '';
      if (sha256 !== digests.sha256) throw mismatch(ref.path, 'prove');
      return { entry, proof: { method: 'read-back', algorithm: 'sha256', digest: sha256 } };
    },
  };

  /** Asks in other ways: what the service says of the file now, else its bytes, where they may be read. */
  async function confirm(
    entry: FileEntry,
    digests: Digests,
    context: Context | undefined,
  ): Promise<Committed | undefined> {
    const now = await lookup.stat(entry, context, 'commit');
    if (now?.type === 'file' && holds(now, digests)) return proved(now, digests, 'server-hash');
    const sha256 = await readBack(entry, context).catch((error: unknown) => {
      if (!isDossierError(error, 'forbidden')) throw error;
      if (now?.type === 'file' && now.digest === undefined) throw mismatch(entry.path, 'commit');
      return undefined;
    });
    if (sha256 !== digests.sha256) return undefined;
    return { entry, proof: { method: 'read-back', algorithm: 'sha256', digest: sha256 } };
  }

  async function readBack(ref: EntryRef, context: Context | undefined): Promise<string> {
    const hasher = createContentHasher();
    for await (const part of read(ref, {}, context)) hasher.update(part);
    return hasher.digest().sha256;
  }
}
