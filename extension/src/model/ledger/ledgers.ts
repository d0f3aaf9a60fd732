import { randomBytes } from 'node:crypto';
import type { Memento, SecretStorage } from 'vscode';
import {
  type AuditResult,
  type AuditWork,
  auditEverything,
  type Clock,
  type Connection,
  DossierError,
  type DossierKey,
  type ErrorCode,
  findLedger,
  isDossierError,
  type Ledger,
  type LedgerPorts,
  type Log,
  openLedger,
  parseKey,
  rotateKeys,
  type StateStore,
  say,
  toDossierError,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { DriveStores } from '../storage/driveStore.ts';
import type { VaultKeeper } from '../storage/vaultKeeper.ts';
import { timestampingOf } from './timestamping.ts';

/**
 * Where statements are kept: on this computer, or in the connected folder where others who have the same key keep
 * theirs.
 */
export interface Ledgers {
  /** Runs `act` on the ledger that reports of a connection are recorded in; begins it with the first one. */
  within<T>(connection: string, act: (ledger: Ledger) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The ledger of this computer; begun when there is none. */
  local(): Promise<Ledger>;
  /**
   * Visits every ledger that there is, this computer's first. Gives the names of connections whose folder could not be
   * asked.
   */
  visit(
    act: (ledger: Ledger, connection: string | undefined) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<string[]>;
  /** Audits every ledger within reach. */
  audit(work: Pick<AuditWork, 'open' | 'onProgress'>, signal?: AbortSignal): Promise<PlacedAudit[]>;
  /** Lets a new Dossier key sign a ledger from now on; it is kept before anything changes. */
  changeKey(ledger: Ledger, next: string): Promise<Ledger>;
  /** Keeps a key that a ledger was changed to elsewhere. */
  keepKey(key: string): Promise<void>;
  /** Heads of all ledgers, also those of others, that this computer has seen. */
  seen(): string[];
  remember(origin: string, checkpoint: string): Promise<void>;
}

export interface PlacedAudit {
  /** Name of the connection; absent for the ledger of this computer. */
  readonly place: string | undefined;
  readonly result: AuditResult;
}

export interface LedgersOptions {
  readonly vault: VaultKeeper;
  readonly connections: ConnectionStore;
  readonly driveStores: DriveStores;
  /** Kept apart from the records, so that a restored copy of them is noticed. */
  readonly memory: Memento;
  readonly secrets: SecretStorage;
  readonly clock: Clock;
  readonly log: Log;
}

/** What ends a visit: records that were tampered with are not a network that is gone. */
const told: ReadonlySet<ErrorCode> = new Set(['ledger-broken', 'state-corrupt', 'cancelled']);
const changedKeysName = 'dossier.ledgerKeys';
const random = (length: number) => new Uint8Array(randomBytes(length));

export function createLedgers(options: LedgersOptions): Ledgers {
  const { vault, connections, driveStores, memory, secrets, clock, log } = options;
  const memoryKey = (origin: string) => `ledger/${origin}`;

  const timestamping = async (): Promise<Pick<LedgerPorts, 'timestamping'>> => {
    try {
      const named = await timestampingOf();
      return named ? { timestamping: named } : {};
    } catch (thrown) {
      // Without it receipts are only local; nothing that was recorded depends on it.
      log.write('warn', 'The time-stamp authority of the settings cannot be used', {
        reason: toDossierError(thrown).message,
      });
      return {};
    }
  };
  /** Keys that ledgers were changed to; what is encrypted stays so with the vault's. */
  const changedKeys = async (): Promise<string[]> =>
    JSON.parse((await secrets.get(changedKeysName)) ?? '[]') as string[];
  const keepKey: Ledgers['keepKey'] = async (key) => {
    const known = await changedKeys();
    if (!known.includes(key)) await secrets.store(changedKeysName, JSON.stringify([...known, key]));
  };
  /** With the key that signs this ledger now. */
  const fitting = async (given: LedgerPorts): Promise<LedgerPorts> => {
    for (const key of [given.key, ...(await changedKeys()).map(parseKey)]) {
      try {
        await findLedger({ ...given, key });
        return { ...given, key };
      } catch (error) {
        // Damage is for whoever opens it.
        if (!isDossierError(error, 'vault-locked')) return { ...given, key };
      }
    }
    return given;
  };
  const ports = async (store: StateStore, key: DossierKey): Promise<LedgerPorts> =>
    fitting({
      store,
      key,
      clock,
      random,
      seenElsewhere: async (origin) => [memory.get<string>(memoryKey(origin))].filter((note) => note !== undefined),
      ...(await timestamping()),
    });
  const localPorts = async () => ports(vault.state, parseKey(await vault.exportKey()));

  /** The same ledger; whatever head it shows from now on is remembered. */
  const watched = (ledger: Ledger): Ledger => {
    const key = memoryKey(ledger.log.identity.origin);
    const head: Ledger['log']['head'] = async (signal) => {
      const newest = await ledger.log.head(signal);
      if (newest && memory.get<string>(key) !== newest.note) await memory.update(key, newest.note);
      return newest;
    };
    return { ...ledger, log: { ...ledger.log, head } };
  };

  const ledgers: Ledgers = {
    local: async () => watched(await openLedger(await localPorts())),
    async within(id, act, signal) {
      const shared = await driveStores.find(id, signal);
      return act(
        shared ? watched(await openLedger(await ports(shared.state, shared.key), signal)) : await ledgers.local(),
      );
    },
    async visit(act, signal) {
      const local = await findLedger(await localPorts(), signal);
      if (local) await act(watched(local), undefined);
      const unreached: string[] = [];
      /** One connection whose network is gone must not spoil the answer of the others. */
      const unlessUnreached = async <T>(name: string, ask: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await ask();
        } catch (thrown) {
          const error = toDossierError(thrown);
          if (told.has(error.code)) throw error;
          log.write('warn', 'The ledger of a connection could not be asked', { connection: name, reason: error.code });
          unreached.push(name);
          return undefined;
        }
      };
      // All are looked for at once, so that somebody who waits waits for the slowest and not for the sum.
      const look = ({ id, name }: Connection) =>
        unlessUnreached(name, async () => {
          const shared = await driveStores.find(id, signal);
          return shared && findLedger(await ports(shared.state, shared.key), signal);
        });
      const found = await Promise.all(
        (await connections.list()).map(async (connection) => ({
          name: connection.name,
          ledger: await look(connection),
        })),
      );
      for (const { name, ledger } of found) if (ledger) await unlessUnreached(name, () => act(watched(ledger), name));
      return unreached;
    },
    async audit(work, signal) {
      const audits: PlacedAudit[] = [];
      const audit = async (place: string | undefined, given: LedgerPorts) => {
        const result = await auditEverything({ ports: given, ...work, signal });
        if (result.origin !== undefined || result.findings.length > 0) audits.push({ place, result });
      };
      await audit(undefined, await localPorts());
      for (const { id, name } of await connections.list()) {
        const shared = await driveStores.find(id, signal);
        if (shared) await audit(name, await ports(shared.state, shared.key));
      }
      return audits;
    },
    async changeKey({ store, log: { identity } }, next) {
      const stores = await Promise.all([
        localPorts(),
        ...(await connections.list()).map(async ({ id }) => {
          const shared = await driveStores.find(id);
          return shared && ports(shared.state, shared.key);
        }),
      ]);
      const own = stores.find((given) => given?.store === store);
      if (!own) throw new DossierError('not-found', say`The ledger ${identity.origin} is out of reach`);
      await keepKey(next);
      return watched(await rotateKeys(own, parseKey(next)));
    },
    keepKey,
    seen: () => memory.keys().flatMap((key) => (key.startsWith('ledger/') ? [memory.get<string>(key, '')] : [])),
    remember: async (origin, checkpoint) => memory.update(memoryKey(origin), checkpoint),
  };
  return ledgers;
}
