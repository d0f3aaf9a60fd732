import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import {
  createEncryptedState,
  createKey,
  createVault,
  DossierError,
  isDossierError,
  parseKey,
  type StateStore,
  type Vault,
} from '../../../../shared/index.ts';
import { withProcessLock } from '../../node/processLock.ts';
import { createSqliteState, type SqliteState } from '../../node/sqliteState.ts';
import { lateState } from './lateState.ts';

/**
 * Everything that Dossier keeps on this machine, encrypted with the one key that never leaves the editor's secret
 * storage.
 */
export interface VaultKeeper extends vscode.Disposable {
  /** Opened with the first use; rejects with `vault-locked` while the key is missing. */
  readonly state: StateStore;
  /** There is something here already. */
  readonly exists: boolean;
  /** Told when it was opened, or could not be opened for want of the key. */
  readonly onDidChangeLock: vscode.Event<{ readonly locked: boolean }>;
  /** Another window has written. */
  readonly onDidChangeElsewhere: vscode.Event<void>;
  isLocked(): Promise<boolean>;
  /** Takes the key that the records were made with; `vault-locked` when it is another one. */
  unlock(key: string): Promise<void>;
  /** The key as text, for a safe place. */
  /** `AGE-SECRET-KEY-1…`, with which the command `age` opens what is encrypted. A secret. */
  identity(): Promise<string>;
  exportKey(): Promise<string>;
  seal(plain: Uint8Array): Promise<Uint8Array>;
  open(sealed: Uint8Array): Promise<Uint8Array>;
}

interface Opened {
  readonly vault: Vault;
  readonly state: StateStore;
}

const keyName = 'dossierKey';
/** Windows look for each other's changes this often. */
const lookEveryMs = 2000;

export function createVaultKeeper(folder: string, secrets: vscode.SecretStorage): VaultKeeper {
  const file = join(folder, 'dossier.db');
  const lockChanged = new vscode.EventEmitter<{ readonly locked: boolean }>();
  const changedElsewhere = new vscode.EventEmitter<void>();
  let records: SqliteState | undefined;
  let opening: Promise<Opened> | undefined;
  let seenVersion: number | undefined;

  const openRecords = async (): Promise<SqliteState> => {
    await mkdir(folder, { recursive: true });
    return (records ??= createSqliteState(file));
  };

  const openWith = async (key: string): Promise<Opened> => {
    const vault = await createVault(parseKey(key));
    const state = createEncryptedState(await openRecords(), vault);
    // Compares the key with the one that the records were made with.
    await state.keys('');
    return { vault, state };
  };

  /** A key is made only where there is nothing yet that another key could belong to. */
  const storedKey = async (): Promise<string> => {
    const known = await secrets.get(keyName);
    if (known !== undefined) return known;
    const store = await openRecords();
    return withProcessLock(join(folder, 'key.lock'), async () => {
      const made = await secrets.get(keyName);
      if (made !== undefined) return made;
      if ((await store.keys('')).length > 0) throw new DossierError('vault-locked');
      const fresh = createKey();
      await secrets.store(keyName, fresh);
      return fresh;
    });
  };

  const opened = (): Promise<Opened> => {
    opening ??= storedKey()
      .then(openWith)
      .then(
        (ready) => {
          lockChanged.fire({ locked: false });
          return ready;
        },
        (error: unknown) => {
          opening = undefined;
          if (isDossierError(error, 'vault-locked')) lockChanged.fire({ locked: true });
          throw error;
        },
      );
    return opening;
  };

  const watch = setInterval(() => {
    const version = records?.dataVersion();
    if (seenVersion !== undefined && version !== seenVersion) changedElsewhere.fire();
    seenVersion = version;
  }, lookEveryMs);

  return {
    state: { ...lateState(async () => (await opened()).state), close: async () => records?.close() },
    get exists() {
      return existsSync(file);
    },
    onDidChangeLock: lockChanged.event,
    onDidChangeElsewhere: changedElsewhere.event,
    async isLocked() {
      try {
        await opened();
        return false;
      } catch (error) {
        if (isDossierError(error, 'vault-locked')) return true;
        throw error;
      }
    },
    async unlock(key) {
      const fitting = await openWith(key);
      await secrets.store(keyName, key.trim());
      opening = Promise.resolve(fitting);
      lockChanged.fire({ locked: false });
    },
    async exportKey() {
      await opened();
      return (await secrets.get(keyName)) ?? '';
    },
    identity: async () => (await opened()).vault.identity,
    seal: async (plain) => (await opened()).vault.seal(plain),
    open: async (sealed) => (await opened()).vault.open(sealed),
    dispose() {
      clearInterval(watch);
      void records?.close();
      lockChanged.dispose();
      changedElsewhere.dispose();
    },
  };
}
