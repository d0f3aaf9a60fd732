import { randomBytes } from 'node:crypto';
import type { Memento } from 'vscode';
import {
  type Clock,
  type Connection,
  createDriveState,
  createEncryptedState,
  createVault,
  findLedger,
  isDossierError,
  joinPath,
  type Ledger,
  type LedgerPorts,
  type Log,
  openLedger,
  parseKey,
  type StateStore,
  toDossierError,
} from '../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { VaultKeeper } from '../host/vaultKeeper.ts';

/** Where statements are kept: on this computer, or in the connected folder where others who have the same key keep theirs. */
export interface Ledgers {
  /** Runs `act` on the ledger that reports of a connection are recorded in; begins it with the first one. */
  within<T>(connection: string, act: (ledger: Ledger) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The ledger of this computer; begun when there is none. */
  local(): Promise<Ledger>;
  /** Visits every ledger that there is, this computer's first. Gives the names of connections whose folder could not be asked. */
  visit(act: (ledger: Ledger) => Promise<void>, signal?: AbortSignal): Promise<string[]>;
}

export interface LedgersOptions {
  readonly vault: VaultKeeper;
  readonly connections: ConnectionStore;
  /** Kept apart from the records, so that a restored copy of them is noticed. */
  readonly memory: Memento;
  readonly clock: Clock;
  readonly log: Log;
}

/** Lies in the connected folder; n8n looks for it under the same name. */
const storeFolder = ['.dossier', 'state'] as const;
const random = (length: number) => new Uint8Array(randomBytes(length));

export function createLedgers({ vault, connections, memory, clock, log }: LedgersOptions): Ledgers {
  const memoryKey = (origin: string) => `ledger/${origin}`;
  const ports = async (store: StateStore): Promise<LedgerPorts> => ({
    store,
    key: parseKey(await vault.exportKey()),
    clock,
    random,
    seenElsewhere: async (origin) => [memory.get<string>(memoryKey(origin))].filter((note) => note !== undefined),
  });

  const remembering = async <T>(ledger: Ledger, act: (ledger: Ledger) => Promise<T>): Promise<T> => {
    const result = await act(ledger);
    const head = await ledger.log.head();
    if (head) await memory.update(memoryKey(ledger.log.identity.origin), head.note);
    return result;
  };

  /** The store in the connected folder, if it is there and our key opens it. */
  const inShared = async <T>(connection: Connection, act: (store: StateStore) => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> => {
    const drive = await connections.open(connection.id);
    const folder = joinPath(connection.folder, ...storeFolder);
    if ((await drive.stat({ path: folder }, { signal }))?.type !== 'folder') return undefined;
    const store = createEncryptedState(createDriveState({ drive, folder, clock }), await createVault(parseKey(await vault.exportKey())));
    try {
      await store.keys('ledger/', signal);
      return await act(store);
    } catch (error) {
      // Of somebody else, who delivers into the same folder.
      if (!isDossierError(error, 'vault-locked')) throw error;
      return undefined;
    } finally {
      await store.close().catch((late: unknown) => log.write('debug', 'A shared store could not be left', { reason: toDossierError(late).code }));
    }
  };

  const ledgers: Ledgers = {
    local: async () => openLedger(await ports(vault.state)),
    async within(id, act, signal) {
      const connection = await connections.get(id);
      const shared = await inShared(connection, async (store) => ({ result: await remembering(await openLedger(await ports(store), signal), act) }), signal);
      return shared ? shared.result : remembering(await ledgers.local(), act);
    },
    async visit(act, signal) {
      const unreached: string[] = [];
      const local = await findLedger(await ports(vault.state), signal);
      if (local) await act(local);
      for (const connection of await connections.list()) {
        try {
          await inShared(
            connection,
            async (store) => {
              const ledger = await findLedger(await ports(store), signal);
              if (ledger) await act(ledger);
            },
            signal,
          );
        } catch (thrown) {
          const error = toDossierError(thrown);
          if (error.code === 'ledger-broken' || error.code === 'cancelled') throw error;
          log.write('warn', 'The ledger of a connection could not be asked', { connection: connection.name, reason: error.code });
          unreached.push(connection.name);
        }
      }
      return unreached;
    },
  };
  return ledgers;
}
