import { DossierError, type Entry, type EntryRef, rootPath, say } from '../../shared/index.ts';
import { refOf } from '../fields/locators.ts';
import type { Call } from '../fields/operation.ts';

/**
 * The entry that a parameter names, which must be there and be of this type. Never the top level: nothing here is meant
 * to be done to all of a place.
 */
export async function existingEntry<Type extends Entry['type']>(
  call: Call,
  name: string,
  type: Type,
): Promise<Extract<Entry, { type: Type }>> {
  const ref = await refOf(call, name);
  const refuse = (path: string) => {
    if (path === rootPath)
      throw new DossierError('invalid-input', say`Name the ${type}: the top level itself cannot be meant here`);
  };
  if (ref.id === undefined) refuse(ref.path);
  const entry = await look(call, ref, type);
  refuse(entry.path);
  return entry;
}

/**
 * The folder that a parameter names, or else the connection's. One that is named by its id is looked up: only then is
 * it known where it lies.
 */
export async function folderOf(call: Call, name: string): Promise<EntryRef> {
  const { connection } = await call.open();
  const ref = await refOf(call, name, connection.folder);
  return ref.id === undefined ? ref : look(call, ref, 'folder');
}

async function look<Type extends Entry['type']>(
  { open, again, signal }: Call,
  ref: EntryRef,
  type: Type,
): Promise<Extract<Entry, { type: Type }>> {
  const { drive } = await open();
  const entry = await again(() => drive.stat(ref, { signal }));
  if (entry === undefined)
    throw new DossierError('not-found', say`There is nothing at "${ref.id ?? ref.path}"`, { path: ref.path });
  if (entry.type !== type)
    throw new DossierError('type-mismatch', say`"${entry.path}" is a ${entry.type}, not a ${type}`, {
      path: entry.path,
    });
  return entry as Extract<Entry, { type: Type }>;
}
