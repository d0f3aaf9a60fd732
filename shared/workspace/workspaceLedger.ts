import { isDossierError } from '../core/errors.ts';
import type { Clock, RandomBytes } from '../core/ports.ts';
import { findLedger, type Ledger, type LedgerPorts, openLedger } from '../ledger/openLedger.ts';
import { type RecordedReport, recordReport } from '../ledger/recordReport.ts';
import { rotateKeys } from '../ledger/rotateKeys.ts';
import type { Timestamping } from '../ledger/timestamp/authority.ts';
import { type AuditResult, type AuditWork, auditEverything } from '../publication/auditEverything.ts';
import type { AppendSubmission } from '../report/content/submission.ts';
import type { StateStore } from '../state/state.ts';
import type { DossierKey } from '../vault/key.ts';
import { type HeadMemory, withHeadMemory } from './headMemory.ts';

/** The ledger of a workspace, which begins with the first thing that is recorded. */
export interface WorkspaceLedger {
  /**
   * @returns Undefined where nothing was ever recorded.
   * @throws As `findLedger`.
   */
  find(signal?: AbortSignal): Promise<Ledger | undefined>;
  /**
   * Finds out whether something could be recorded here, before anything is done that is to be recorded. Begins nothing.
   *
   * @throws As `findLedger`; `forbidden` that names the permission which a ledger needs and the connection lacks.
   */
  ready(signal?: AbortSignal): Promise<void>;
  /** The same, begun where there is none. */
  begin(signal?: AbortSignal): Promise<Ledger>;
  /** Records what was submitted, see `recordReport`; begins the ledger with the first. */
  readonly append: (...given: Parameters<AppendSubmission>) => Promise<RecordedReport>;
  /** Derives it again from its statements, and compares it with what is known of it elsewhere. */
  audit(work: Omit<AuditWork, 'ports'>): Promise<AuditResult>;
  /** Lets another Dossier key sign from now on, see `rotateKeys`; what is encrypted stays so with the workspace's. */
  changeKey(next: DossierKey, signal?: AbortSignal): Promise<Ledger>;
}

export interface LedgerSettings {
  /** Keys that may sign the ledger, in order, given that of the workspace; that one alone unless this is given. */
  readonly ledgerKeys?: (own: DossierKey) => Promise<readonly DossierKey[]>;
  readonly headMemory?: HeadMemory;
  /** The time-stamp authority that the user has named. */
  readonly timestamping?: () => Promise<Timestamping | undefined>;
}

export interface WorkspaceLedgerOptions extends LedgerSettings {
  readonly store: StateStore;
  readonly key: () => Promise<DossierKey>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Demands what a place permits before something is begun there. */
  readonly demand?: (signal?: AbortSignal) => Promise<void>;
}

export function createWorkspaceLedger(options: WorkspaceLedgerOptions): WorkspaceLedger {
  const { headMemory } = options;
  const watched = (ledger: Ledger): Ledger => (headMemory ? withHeadMemory(ledger, headMemory) : ledger);
  const find: WorkspaceLedger['find'] = async (signal) => {
    const found = await findLedger(await portsOf(options), signal);
    return found && watched(found);
  };
  const begin: WorkspaceLedger['begin'] = async (signal) => {
    const found = await find(signal);
    if (found) return found;
    await options.demand?.(signal);
    return watched(await openLedger(await portsOf(options), signal));
  };
  return {
    find,
    async ready(signal) {
      if (!(await find(signal))) await options.demand?.(signal);
    },
    begin,
    append: async (submission, { signal, earlier }) => recordReport(await begin(signal), submission, signal, earlier),
    audit: async (work) => auditEverything({ ...work, ports: await portsOf(options) }),
    changeKey: async (next, signal) => watched(await rotateKeys(await portsOf(options), next, signal)),
  };
}

/** What opens the ledger, with the key that signs it now. */
async function portsOf(options: WorkspaceLedgerOptions): Promise<LedgerPorts> {
  const { store, clock, random, headMemory } = options;
  const own = await options.key();
  const timestamping = await options.timestamping?.();
  const keys = (await options.ledgerKeys?.(own)) ?? [own];
  const portsWith = (key: DossierKey): LedgerPorts => ({
    store,
    key,
    clock,
    random,
    ...(headMemory && { seenElsewhere: (origin) => headMemory.seen(origin) }),
    ...(timestamping && { timestamping }),
  });
  const fits = async (key: DossierKey): Promise<boolean> =>
    findLedger(portsWith(key)).then(
      () => true,
      // Damage is for whoever opens it.
      (error: unknown) => !isDossierError(error, 'vault-locked'),
    );
  if (keys.length > 1) for (const key of keys) if (await fits(key)) return portsWith(key);
  return portsWith(keys[0] ?? own);
}
