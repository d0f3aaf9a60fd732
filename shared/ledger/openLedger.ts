import { createBudget } from '../core/budget.ts';
import { toHex } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import type { Clock, RandomBytes } from '../core/ports.ts';
import type { StateStore } from '../state/state.ts';
import type { DossierKey } from '../vault/key.ts';
import { encodeLedgerName, type LedgerName, parseLedgerName } from './identity/ledgerRecord.ts';
import type { PublicKeys, Trust } from './identity/trust.ts';
import { createLog, type Log } from './log/log.ts';
import { logKeys } from './log/records.ts';
import { encodeLookupHead, endorsementOf, type LookupHead } from './lookup/publishedHead.ts';
import { signNote } from './signing/checkpoint.ts';
import { type LedgerKeys, ledgerKeys } from './signing/deriveKeys.ts';
import type { Timestamping } from './timestamp/authority.ts';

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
  /** Signs the head of the published index with the log key. */
  readonly signLookup: (head: Omit<LookupHead, 'origin'>) => string;
  /** The statement key's signature over `endorsementOf` the log key. */
  readonly endorsement: () => Uint8Array;
}

export interface LedgerPorts {
  readonly store: StateStore;
  readonly key: DossierKey;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /**
   * The time-stamp authority that the user has named. It is asked for each recorded report, and its certificates are
   * believed.
   */
  readonly timestamping?: Timestamping;
  /** Signed notes of this log kept outside the store. */
  readonly seenElsewhere?: (origin: string) => Promise<readonly string[]>;
}

/** Name of the ledger within a store: there is one. */
export const ledgerName = 'main';
const recordKey = logKeys(ledgerName).id;

/** How often a ledger that somebody else has begun is looked for. */
const mostTries = 10;

/**
 * The ledger of a store; undefined where nothing was ever recorded. Codes: those of the store, `ledger-broken`;
 * `vault-locked` when its keys were changed to those of another Dossier key.
 */
export async function findLedger(ports: LedgerPorts, signal?: AbortSignal): Promise<Ledger | undefined> {
  const record = await ports.store.get(recordKey, signal);
  return record && ledgerOf(ports, parseLedgerName(record.value));
}

/** The ledger of a store, begun where there is none. A new one always has a name and keys of its own. */
export async function openLedger(ports: LedgerPorts, signal?: AbortSignal): Promise<Ledger> {
  const { store, random, clock } = ports;
  const tries = createBudget(
    mostTries,
    () => new DossierError('state-corrupt', 'The store says that the ledger is there, and does not show it'),
  );
  for (;;) {
    tries.spend();
    const found = await findLedger(ports, signal);
    if (found) return found;
    try {
      await store.commit(
        [
          {
            key: recordKey,
            value: encodeLedgerName({ id: toHex(random(16)), since: clock.now() }),
            expectedVersion: 0,
          },
        ],
        signal,
      );
    } catch (error) {
      // Somebody else was first: theirs is the ledger.
      if (!isDossierError(error, 'revision-conflict')) throw error;
    }
  }
}

/** A ledger by its name, with the keys that follow from both. */
export function ledgerOf(
  { store, key, clock, random, seenElsewhere, timestamping }: LedgerPorts,
  name: LedgerName,
): Ledger {
  const { log: logKey, statement: statementKey, assets, origin } = keysOf(key, name);
  const former = name.kept?.former ?? [];
  const log = createLog({
    store,
    ledger: ledgerName,
    origin,
    logKey,
    statementKey,
    clock,
    random,
    former: former.map((keys) => ({ origin, publicKey: keys.log })),
    ...(seenElsewhere ? { seenElsewhere: () => seenElsewhere(origin) } : {}),
  });
  const all: readonly PublicKeys[] = [...former, { log: logKey.publicKey, statement: statementKey.publicKey }];
  return {
    log,
    store,
    clock,
    assetKey: assets,
    statementKeyPem: statementKey.pem,
    trust: {
      logs: all.map((keys) => ({ origin, publicKey: keys.log })),
      statementKeys: all.map(({ statement }) => statement),
      timestampChains: timestamping ? [timestamping.authority.chain] : [],
      ...(former.length === 0
        ? {}
        : {
            rotations: former.map(({ index, at, log, statement }, place) => ({
              origin,
              index,
              at,
              former: { log, statement },
              next: publicOnly(all[place + 1]!),
            })),
          }),
    },
    since: name.since,
    signLookup: (head) => signNote(encodeLookupHead({ ...head, origin }), origin, logKey),
    endorsement: () => statementKey.sign(endorsementOf({ origin, publicKey: logKey.publicKey })),
    ...(timestamping ? { timestamping } : {}),
  };
}

function publicOnly({ log, statement }: PublicKeys): PublicKeys {
  return { log, statement };
}

/** Origin and asset ids stay what they were when a ledger changes its keys. */
export function keysOf(key: DossierKey, { text, kept }: LedgerName): LedgerKeys {
  const keys = ledgerKeys(key, text);
  if (!kept) return keys;
  if (keys.statement.fingerprint !== kept.statement)
    throw new DossierError('vault-locked', 'The keys of this ledger were changed to those of another Dossier key');
  return { ...keys, assets: kept.assets, origin: kept.origin };
}
