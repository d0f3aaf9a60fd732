import { fromUtf8, toHex, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { Clock, RandomBytes } from '../core/ports.ts';
import type { StateStore } from '../state/state.ts';
import type { DossierKey } from '../vault/key.ts';
import { ledgerKeys } from './keys.ts';
import { createLog, type Log } from './log.ts';
import { logKeys } from './logRecords.ts';
import type { Timestamping } from './timestampAuthority.ts';
import type { Trust } from './trust.ts';

/** A user's ledger in a store: its log, and what whoever verifies it has to trust. */
export interface Ledger {
  readonly log: Log;
  readonly store: StateStore;
  readonly clock: Clock;
  /** Turns file identities into asset ids. */
  readonly assetKey: Uint8Array;
  /** The public statement key, PEM. */
  readonly statementKeyPem: string;
  readonly trust: Trust;
  /** When its keys came into use, milliseconds since 1970 UTC. */
  readonly since: number;
  /** Where the user has named an authority: receipts are stamped by it. */
  readonly timestamping?: Timestamping;
}

export interface LedgerPorts {
  readonly store: StateStore;
  readonly key: DossierKey;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** The time-stamp authority that the user has named. It is asked for each recorded report, and its certificates are believed. */
  readonly timestamping?: Timestamping;
  /** Signed notes of this log kept outside the store. */
  readonly seenElsewhere?: (origin: string) => Promise<readonly string[]>;
}

/** Name of the ledger within a store: there is one. */
export const ledgerName = 'main';
const recordKey = logKeys(ledgerName).id;

/** The ledger of a store; undefined where nothing was ever recorded. Codes: those of the store, `ledger-broken`. */
export async function findLedger(ports: LedgerPorts, signal?: AbortSignal): Promise<Ledger | undefined> {
  const record = await ports.store.get(recordKey, signal);
  if (!record) return undefined;
  const value = parseJsonBytes(record.value, 'ledger-broken', 'The name of the ledger');
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['since'] !== 'number') throw new DossierError('ledger-broken', 'The name of the ledger is damaged');
  // The keys follow from every byte of the record: whatever is changed in it, the log is another and does not fit what is stored.
  return ledgerOf(ports, fromUtf8(record.value), value['since']);
}

/** The ledger of a store, begun where there is none. A new one always has a name and keys of its own. */
export async function openLedger(ports: LedgerPorts, signal?: AbortSignal): Promise<Ledger> {
  const { store, random, clock } = ports;
  for (;;) {
    const found = await findLedger(ports, signal);
    if (found) return found;
    const value = utf8(JSON.stringify({ id: toHex(random(16)), since: clock.now() }));
    try {
      await store.commit([{ key: recordKey, value, expectedVersion: 0 }], signal);
    } catch (error) {
      // Somebody else was first: theirs is the ledger.
      if (!isDossierError(error, 'revision-conflict')) throw error;
    }
  }
}

function ledgerOf({ store, key, clock, random, seenElsewhere, timestamping }: LedgerPorts, name: string, since: number): Ledger {
  const { log: logKey, statement: statementKey, assets, origin } = ledgerKeys(key, name);
  const log = createLog({ store, ledger: ledgerName, origin, logKey, statementKey, clock, random, ...(seenElsewhere ? { seenElsewhere: () => seenElsewhere(origin) } : {}) });
  return {
    log,
    store,
    clock,
    assetKey: assets,
    statementKeyPem: statementKey.pem,
    trust: { logs: [log.identity], statementKeys: [statementKey.publicKey], timestampChains: timestamping ? [timestamping.authority.chain] : [] },
    since,
    ...(timestamping ? { timestamping } : {}),
  };
}
