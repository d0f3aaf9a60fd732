import type { files } from 'dropbox';
import { DossierError } from '../../core/errors.ts';
import { createContentHasher, type Digests } from '../../core/hashing.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { EntryRef, FileEntry } from '../../drive/entry.ts';
import type { Committed, UploadTarget } from '../../drive/uploadSession.ts';
import type { DropboxApi } from './api.ts';
import type { Lookup } from './files.ts';

export interface Proving {
  /**
   * Judges a file that we have just written by the hash that came back; a wrong one is taken back before anybody trusts
   * it.
   */
  ours(entry: FileEntry, target: UploadTarget, size: number, digests: Digests, context?: Context): Promise<Committed>;
  prove: Drive['prove'];
}

export function holds(entry: FileEntry, size: number, { dropboxContentHash }: Digests): boolean {
  return entry.size === size && entry.digest === dropboxContentHash;
}

export function proved(entry: FileEntry, digests: Digests, method: 'returned-hash' | 'server-hash'): Committed {
  return { entry, proof: { method, algorithm: 'dropboxContentHash', digest: digests.dropboxContentHash } };
}

export function createProving(api: DropboxApi, lookup: Lookup, read: Drive['read']): Proving {
  const mismatch = (path: string, operation: string) =>
    new DossierError('integrity-mismatch', `Dropbox holds something else at ${path} than what was sent`, {
      operation,
      where: 'dropbox',
      path,
    });

  return {
    async ours(entry, target, size, digests, context) {
      if (holds(entry, size, digests)) return proved(entry, digests, 'returned-hash');
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
      if (entry.type !== 'file' || entry.size !== size) throw mismatch(ref.path, 'prove');
      if (entry.digest !== undefined) {
        if (!holds(entry, size, digests)) throw mismatch(ref.path, 'prove');
        return proved(entry, digests, 'server-hash');
      }
      const sha256 = await readBack(entry, context);
      if (sha256 !== digests.sha256) throw mismatch(ref.path, 'prove');
      return { entry, proof: { method: 'read-back', algorithm: 'sha256', digest: sha256 } };
    },
  };

  async function readBack(ref: EntryRef, context: Context | undefined): Promise<string> {
    const hasher = createContentHasher();
    for await (const part of read(ref, {}, context)) hasher.update(part);
    return hasher.digest().sha256;
  }
}
