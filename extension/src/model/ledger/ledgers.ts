import {
  type AuditResult,
  type AuditWork,
  type Connection,
  DossierError,
  type ErrorCode,
  type Ledger,
  type Log,
  parseKey,
  say,
  toDossierError,
  type Workspace,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { DriveStores } from '../storage/driveStore.ts';
import type { LedgerSettings } from './ledgerSettings.ts';

/**
 * Where statements are kept: on this computer, or in the connected folder where others who have the same key keep
 * theirs.
 */
export interface Ledgers {
  /** Runs `act` on the ledger that reports of a connection are recorded in; begins it with the first one. */
  within<T>(
    connection: string,
    act: (ledger: Ledger, workspace: Workspace) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>;
  /** Finds out whether reports of a connection could be recorded, see `WorkspaceLedger.ready`. */
  ready(connection: string, signal?: AbortSignal): Promise<void>;
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
  /** The workspace of this computer. */
  readonly here: Workspace;
  readonly connections: ConnectionStore;
  readonly driveStores: DriveStores;
  readonly settings: LedgerSettings;
  readonly log: Log;
}

/** What ends a visit: records that were tampered with are not a network that is gone. */
const told: ReadonlySet<ErrorCode> = new Set(['ledger-broken', 'state-corrupt', 'cancelled']);

export function createLedgers({ here, connections, driveStores, settings, log }: LedgersOptions): Ledgers {
  const { headMemory, keepKey, seen } = settings;
  const workspaceOf = async (id: string, signal?: AbortSignal): Promise<Workspace> =>
    (await driveStores.find(id, signal)) ?? here;
  return {
    ready: async (id, signal) => (await workspaceOf(id, signal)).ledger.ready(signal),
    local: () => here.ledger.begin(),
    async within(id, act, signal) {
      const workspace = await workspaceOf(id, signal);
      return act(await workspace.ledger.begin(signal), workspace);
    },
    async visit(act, signal) {
      const local = await here.ledger.find(signal);
      if (local) await act(local, undefined);
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
      const look = async ({ id, name }: Connection) => ({
        name,
        ledger: await unlessUnreached(name, async () => (await driveStores.find(id, signal))?.ledger.find(signal)),
      });
      const found = await Promise.all((await connections.list()).map(look));
      for (const { name, ledger } of found) if (ledger) await unlessUnreached(name, () => act(ledger, name));
      return unreached;
    },
    async audit(work, signal) {
      const audits: PlacedAudit[] = [];
      const audit = async (place: string | undefined, { ledger }: Workspace) => {
        const result = await ledger.audit({ ...work, signal });
        if (result.origin !== undefined || result.findings.length > 0) audits.push({ place, result });
      };
      await audit(undefined, here);
      for (const { id, name } of await connections.list()) {
        const shared = await driveStores.find(id, signal);
        if (shared) await audit(name, shared);
      }
      return audits;
    },
    async changeKey({ store, log: { identity } }, next) {
      const shared = await Promise.all((await connections.list()).map(({ id }) => driveStores.find(id)));
      const own = [here, ...shared].find((workspace) => workspace?.state === store);
      if (!own) throw new DossierError('not-found', say`The ledger ${identity.origin} is out of reach`);
      await keepKey(next);
      return own.ledger.changeKey(parseKey(next));
    },
    keepKey,
    seen,
    remember: async (origin, checkpoint) => headMemory.remember(origin, checkpoint),
  };
}
