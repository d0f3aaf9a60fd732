import type { Occurrence, Recorded } from '../ledger/log/log.ts';
import type { KnownFile } from './knownFile.ts';
import type { FileVerdict } from './verdict.ts';

/** One recorded event, as the owner sees it: with the name that nobody else learns. */
export interface RecordedChange {
  readonly event: FileVerdict;
  readonly asset: string;
  readonly version: number;
  /** Place in the ledger. */
  readonly index: number;
  readonly path: string;
  readonly name: string;
  /** False for a document that neither the provider nor we could hash. */
  readonly hashed: boolean;
  /** The ledger had it already, from a walk that was cut off or overtaken before it could store and say so. */
  readonly known: boolean;
}

/** What was recorded of a file, from the occasion and its place in the ledger. */
export function recordedChange(
  { event, masked }: Occurrence,
  file: KnownFile,
  { asset, version, index, known }: Recorded,
): RecordedChange {
  const path = masked?.path ?? file.path;
  return {
    event: event as FileVerdict,
    asset,
    version,
    index,
    path,
    name: masked?.name ?? path.slice(path.lastIndexOf('/') + 1),
    hashed: file.hashSource !== 'none',
    known,
  };
}
