import { equalBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { type Checkpoint, type LogIdentity, openCheckpointOf } from '../signing/checkpoint.ts';
import type { Trust } from './trust.ts';

/**
 * Whether a statement key was in use at this place of a log: up to the entry that replaced it, and only after the one
 * that brought it.
 */
export function mayHaveSigned({ rotations = [] }: Trust, origin: string, key: Uint8Array, index: number): boolean {
  const own = rotations.filter((rotation) => rotation.origin === origin);
  const ended = own.some(({ former, index: last }) => equalBytes(former.statement, key) && index > last);
  const early = own.some(({ next, index: last }) => equalBytes(next.statement, key) && index <= last);
  return !ended && !early;
}

/** The same of a log key, for a checkpoint over so many entries. The change itself may be covered by both. */
export function mayHaveSealed({ rotations = [] }: Trust, { origin, publicKey }: LogIdentity, size: number): boolean {
  const own = rotations.filter((rotation) => rotation.origin === origin);
  const ended = own.some(({ former, index: last }) => equalBytes(former.log, publicKey) && size > last + 1);
  const early = own.some(({ next, index: last }) => equalBytes(next.log, publicKey) && size <= last);
  return !ended && !early;
}

/**
 * The checkpoint in a note of a trusted log, if it was signed with a key that was in use at that size; `ledger-broken`
 * otherwise.
 */
export function openTrusted(note: string, trust: Trust): Checkpoint {
  const own = trust.logs.filter(({ origin }) => note.startsWith(`${origin}\n`));
  const inUse = own.filter((identity) => mayHaveSealed(trust, identity, sizeIn(note)));
  if (own.length > 0 && inUse.length === 0)
    throw new DossierError('ledger-broken', 'The checkpoint is signed with a key that was not in use at that time');
  return openCheckpointOf(note, inUse);
}

/** Not proved by any signature yet: only which key is to be tried depends on it. */
function sizeIn(note: string): number {
  return Number(note.split('\n', 2)[1]);
}
