import { type DossierError, isDossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import type { Clock } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import type { Context, Drive } from '../drive/drive.ts';
import { driveSource } from '../drive/driveSource.ts';
import type { FileEntry } from '../drive/entry.ts';
import { digestsOfSource } from '../drive/hashSource.ts';
import { ofEntry } from '../drive/unreadable.ts';
import { demandFingerprint } from '../upload/sourceReader.ts';

/** Compares contents of both sides, by the hashes of the services where they have them, and reads each at most once. */
export interface Contents {
  /** Of an original that was read already. */
  knownDigests(original: FileEntry): Digests | undefined;
  digestsOf(original: FileEntry): Promise<Digests>;
  /** Whether an original has this content; the error when it cannot be read. */
  isOriginal(original: FileEntry, digests: Digests): Promise<boolean | DossierError>;
  /** Whether a file at the destination has this content; false when nobody can tell. */
  isCopy(there: FileEntry, size: number, digests: Digests): Promise<boolean>;
  /** Whether both files have the same content; false when nobody can tell. */
  areEqual(original: FileEntry, there: FileEntry): Promise<boolean>;
}

export interface ContentsPorts {
  readonly source: Drive;
  readonly destination: Drive;
  readonly clock: Clock;
}

export function createContents({ source, destination, clock }: ContentsPorts, context?: Context): Contents {
  const signal = context?.signal;
  const read = new Map<string, Digests>();
  const keyOf = ({ path, revision }: FileEntry) => `${path}\n${revision}`;
  const again = <T>(work: () => Promise<T>) => retry(work, { clock, signal });

  const contents: Contents = {
    knownDigests: (original) => read.get(keyOf(original)),
    async digestsOf(original) {
      const known = contents.knownDigests(original);
      if (known) return known;
      const content = driveSource(source, original, signal);
      const digests = await again(() => digestsOfSource(content, signal));
      // What was written while it was read is no version that ever was.
      await demandFingerprint(content, original.revision);
      read.set(keyOf(original), digests);
      return digests;
    },
    async isOriginal(original, digests) {
      if (original.digest !== undefined) return original.digest === digests.dropboxContentHash;
      try {
        return (await contents.digestsOf(original)).sha256 === digests.sha256;
      } catch (error) {
        if (isDossierError(error, 'source-changed') || isDossierError(error, 'source-missing')) return false;
        return ofEntry(error);
      }
    },
    async isCopy(there, size, digests) {
      if (there.size !== size) return false;
      if (there.digest !== undefined) return there.digest === digests.dropboxContentHash;
      try {
        return (await again(() => destination.prove(there, size, digests, context))) !== undefined;
      } catch (error) {
        ofEntry(error);
        return false;
      }
    },
    async areEqual(original, there) {
      if (original.size !== there.size) return false;
      if (original.digest !== undefined && there.digest !== undefined) return original.digest === there.digest;
      try {
        return await contents.isCopy(there, original.size, await contents.digestsOf(original));
      } catch (error) {
        if (!isDossierError(error, 'source-changed') && !isDossierError(error, 'source-missing')) ofEntry(error);
        return false;
      }
    },
  };
  return contents;
}
