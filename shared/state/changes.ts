import { DossierError } from '../core/errors.ts';
import { say } from '../core/sentence.ts';
import { checkKey } from './key.ts';
import type { StateChange } from './state.ts';

/** Keys of one commit are valid and named once. */
export function checkChanges(changes: readonly StateChange[]): void {
  if (new Set(changes.map(({ key }) => checkKey(key))).size !== changes.length)
    throw new TypeError('One commit names a key twice');
}

/** `revision-conflict` unless every key still has the version that its change expects. */
export function checkExpectations(changes: readonly StateChange[], versionOf: (key: string) => number): void {
  const stale = changes.find(({ key, expectedVersion }) => versionOf(key) !== expectedVersion);
  if (stale) throw conflictOver(stale.key);
}

/** A commit that expected another version of this record. */
export function conflictOver(key: string): DossierError {
  return new DossierError('revision-conflict', say`The record "${key}" has changed meanwhile`, { operation: 'commit' });
}
