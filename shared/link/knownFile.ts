import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { sha256Hex } from '../core/hashing.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { DrivePath } from '../core/paths.ts';
import type { HashSource, SubjectDigests } from '../ledger/statement/statement.ts';
import type { StateRecord } from '../state/state.ts';

/** What a link remembers of one file: as much as the next change has to be compared with. */
export interface KnownFile {
  readonly asset: string;
  readonly path: DrivePath;
  readonly id?: string;
  readonly revision: string;
  /** With the revision, the cheap identity of its content; absent in records of before. */
  readonly size?: number;
  readonly modified?: number;
  /** See `FileEntry.unsettled`. */
  readonly unsettled?: true;
  readonly digests: SubjectDigests;
  readonly hashSource: HashSource;
  /** False for a file that is gone: should it come back, it is the same asset. */
  readonly live: boolean;
  /** The last full listing that named it. */
  readonly walk: number;
  /** Place of its newest statement in the ledger. */
  readonly index: number;
}

export function encodeKnownFile(file: KnownFile): Uint8Array {
  return utf8(JSON.stringify(file));
}

export function parseKnownFile(record: StateRecord): KnownFile {
  const value = parseJsonBytes(record.value, 'state-corrupt', 'What is known of a linked file');
  const isText = (name: string) => isRecord(value) && typeof value[name] === 'string';
  const isNumber = (name: string) => isRecord(value) && typeof value[name] === 'number';
  if (
    !isRecord(value) ||
    !['asset', 'path', 'revision', 'hashSource'].every(isText) ||
    !['walk', 'index'].every(isNumber) ||
    !isRecord(value['digests'])
  ) {
    throw new DossierError('state-corrupt', 'What is known of a linked file is damaged');
  }
  return value as unknown as KnownFile;
}

/**
 * One digest over all live files and their contents: two equal ones mean the same state of the folder. Says nothing
 * about any of them.
 */
export function digestOfFolder(files: Iterable<KnownFile>): string {
  const lines: string[] = [];
  for (const { asset, live, digests } of files)
    if (live) lines.push(`${asset} ${digests.dropboxContentHash ?? digests.sha256 ?? digests.revision ?? ''}\n`);
  return sha256Hex(utf8(lines.sort().join('')));
}

/** Whether something is to be stored though nothing happened: a new revision, a mark of a full listing. */
export function isNews(before: KnownFile | undefined, now: KnownFile): boolean {
  return (
    before === undefined ||
    before.revision !== now.revision ||
    before.path !== now.path ||
    before.walk !== now.walk ||
    before.hashSource !== now.hashSource ||
    before.size !== now.size ||
    before.modified !== now.modified ||
    before.unsettled !== now.unsettled
  );
}
