import { type DossierError, type ErrorCode, toDossierError } from '../core/errors.ts';
import type { DrivePath } from '../core/paths.ts';

/** Something that lies in a folder, and of which the drive could not learn what it is. */
export interface Unreadable {
  /** Where it lies, with everything that may be in it. Of one whose name cannot be used: the folder that it lies in. */
  readonly path: DrivePath;
  /** How the server spells a name that cannot be used. It may be any that the listing does not give. */
  readonly spelling?: string;
  readonly error: DossierError;
}

/**
 * Failures that may be those of one entry only. All others are those of the connection, and stop whatever goes on.
 */
const ofOneEntry: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'type-mismatch',
  'forbidden',
  'server-error',
  'timeout',
  'locked',
  'integrity-mismatch',
  'invalid-path',
  'too-large',
  'unsupported',
  'invalid-response',
]);

/** The error, when the others may be well in spite of it; else it is thrown. */
export function ofEntry(thrown: unknown): DossierError {
  const error = toDossierError(thrown);
  if (!ofOneEntry.has(error.code)) throw thrown;
  return error;
}

/** What a listing does with what it cannot read when nobody asked to be told: it is not to be taken for complete. */
export function refuseUnreadable({ error }: Unreadable): never {
  throw error;
}

/** For who only asks which names are there: one that cannot be used is none that we would take. */
export function refuseUnlessNameless({ spelling, error }: Unreadable): void {
  if (spelling === undefined) throw error;
}
