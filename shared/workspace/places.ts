import { isDossierError } from '../core/errors.ts';
import { type DrivePath, parentOf, rootPath } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { storeFolders } from '../core/storeFolder.ts';
import type { Context, Drive } from '../drive/drive.ts';
import { createDriveState } from '../state/onDrive/index.ts';
import type { StateStore } from '../state/state.ts';
import type { DossierKey } from '../vault/key.ts';
import { createStoreCipher } from '../vault/storeCipher.ts';
import { createVault } from '../vault/vault.ts';

/** A record that is asked for only to open the store with the key. */
const anyKey = 'key';

/** Whether a folder of a drive holds a store, whosever it is. */
export async function holdsStore(drive: Drive, place: DrivePath, context: Context = {}): Promise<boolean> {
  return (await drive.stat({ path: storeFolders(place).state }, context))?.type === 'folder';
}

/** Folders that hold a store, from `place` up to the top of the drive. */
export async function storesAround(drive: Drive, place: DrivePath, context: Context = {}): Promise<DrivePath[]> {
  const found: DrivePath[] = [];
  for (let at = place; ; at = parentOf(at)) {
    if (await holdsStore(drive, at, context)) found.push(at);
    if (at === rootPath) return found;
  }
}

/** Whether a store opens with the key that it was opened with; codes of the store, but `vault-locked`. */
export async function opens(state: StateStore, signal?: AbortSignal): Promise<boolean> {
  try {
    await state.get(anyKey, signal);
    return true;
  } catch (error) {
    if (isDossierError(error, 'vault-locked')) return false;
    throw error;
  }
}

export interface StorePlace {
  readonly drive: Drive;
  readonly folder: DrivePath;
  readonly clock: Clock;
}

/**
 * Whether a key is that of the store in a folder; where there is none yet, it is begun with this key. Writes and reads,
 * as everything later will.
 *
 * @throws DossierError with `forbidden` when the connection may do only one of them; otherwise as the drive and the
 *   store.
 */
export async function acceptsKey({ drive, folder, clock }: StorePlace, key: DossierKey): Promise<boolean> {
  const cipher = createStoreCipher(key, await createVault(key));
  const client = () => createDriveState({ drive, folder: storeFolders(folder).state, clock, cipher });
  const writer = client();
  try {
    await writer.commit([]);
    // Another one: it has nothing in memory, and must read what was written.
    return await opens(client());
  } catch (error) {
    if (isDossierError(error, 'vault-locked')) return false;
    throw error;
  } finally {
    await writer.close();
  }
}
