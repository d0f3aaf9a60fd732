import { DossierError, type Entry } from '../../shared/index.ts';
import { refOf } from './locators.ts';
import type { Call } from './operation.ts';

/** The entry that a parameter names, which must be there and be of this type. Never the top level: nothing here is meant to be done to all of a place. */
export async function existingEntry<Type extends Entry['type']>({ open, parameter, again, signal }: Call, name: string, type: Type): Promise<Extract<Entry, { type: Type }>> {
  const given = String(parameter(name) ?? '').trim();
  const ref = refOf(given);
  if (ref.id === undefined && ref.path === '/') throw new DossierError('invalid-input', `Name the ${type}: the top level itself cannot be meant here`);
  const { drive } = await open();
  const entry = await again(() => drive.stat(ref, { signal }));
  if (entry === undefined) throw new DossierError('not-found', `There is nothing at "${given}"`, { path: ref.path });
  if (entry.type !== type) throw new DossierError('type-mismatch', `"${entry.path}" is a ${entry.type}, not a ${type}`, { path: entry.path });
  return entry as Extract<Entry, { type: Type }>;
}
