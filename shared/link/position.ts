import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { Cursor } from '../drive/changes.ts';
import type { Occurrence } from '../ledger/log/log.ts';
import type { StateRecord } from '../state/state.ts';
import type { KnownFile } from './knownFile.ts';
import type { Unread } from './unread.ts';

/** A hole in what was seen: its changes are found, but not when and in which order they happened. */
export interface Gap {
  /** What tells it from other gaps of this link. */
  readonly occasion: string;
  /** When the last complete look before it was, milliseconds since 1970 UTC. */
  readonly since: number;
}

/**
 * Files that are missed since the same walk met places that it could not read: they may have moved there, and only who
 * can read there knows. There are no more of these than places that cannot be read.
 */
export interface Missed {
  /** Keys of the places that cannot be read since, see `placeKey`. */
  readonly places: readonly string[];
  readonly assets: readonly string[];
}

/** Statements, and the files as they are known with them. Recorded once, however often it is done. */
export interface Intent {
  readonly files: readonly KnownFile[];
  readonly occurrences: readonly Occurrence[];
}

/** How far a link has come. Written with every batch of files, so that its version also tells two walkers apart. */
export interface Position {
  /**
   * `rest`: the last walk is over; `feed`: changes since a cursor are being read; `full`: everything is being listed,
   * and what is not named is gone.
   */
  readonly mode: 'rest' | 'feed' | 'full';
  /** Which linking of the folder it belongs to; 0 before the first. */
  readonly generation: number;
  /** Counts the full listings. */
  readonly walk: number;
  /** Where to go on. */
  readonly cursor?: Cursor;
  /** Assets whose place is gone, until the end of the walk tells whether they are. */
  readonly held: readonly string[];
  /** When the last walk was complete. */
  readonly completedAt?: number;
  readonly gap?: Gap;
  /** What the last walk could not read. */
  readonly unread?: readonly Unread[];
  /** Files that may have moved to where nothing can be read. */
  readonly missed?: readonly Missed[];
  /** When every folder was last looked into, or was to be, milliseconds since 1970 UTC. */
  readonly listedAt?: number;
  /**
   * What is about to be recorded, and what is known of its files then: a walker that dies between ledger and store
   * leaves it to the next one to do.
   */
  readonly intent?: Intent;
  /** Which walker is at it, and until when it is left alone, milliseconds since 1970 UTC. */
  readonly holder?: { readonly id: string; readonly until: number };
}

export const startPosition: Position = { mode: 'rest', generation: 0, walk: 0, held: [] };

export function encodePosition(position: Position): Uint8Array {
  return utf8(JSON.stringify(position));
}

export function parsePosition(record: StateRecord): Position {
  const value = parseJsonBytes(record.value, 'state-corrupt', 'The position of a linked folder');
  if (
    !isRecord(value) ||
    !['rest', 'feed', 'full'].includes(String(value['mode'])) ||
    typeof value['walk'] !== 'number' ||
    typeof value['generation'] !== 'number' ||
    !Array.isArray(value['held'])
  ) {
    throw new DossierError('state-corrupt', 'The position of a linked folder is damaged');
  }
  return value as unknown as Position;
}
