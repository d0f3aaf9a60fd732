import { DossierError, isDossierError } from '../core/errors.ts';
import type { StateChange, StateStore } from '../state/state.ts';
import { type DossierKey, deriveSecret } from '../vault/key.ts';
import { encodeLedgerName, parseLedgerName } from './identity/ledgerRecord.ts';
import { nextKeyOf, publicOf } from './identity/rotation.ts';
import { createLog } from './log/log.ts';
import { logKeys } from './log/records.ts';
import { keysOf, type Ledger, type LedgerPorts, ledgerName, ledgerOf } from './openLedger.ts';
import { keyFingerprint, statementKeyFromSeed } from './signing/signingKeys.ts';
import { assetId } from './statement/asset.ts';

const keys = logKeys(ledgerName);
/** Times that somebody else may record something just then. */
const mostRounds = 20;

/**
 * Changes the keys of a ledger to those of another Dossier key, by a statement that both have signed, and gives the
 * ledger as the next key opens it. Entries, asset ids and receipts stay as they are; whoever still holds the former key
 * can add nothing any more (`vault-locked`). Statement and change take effect in one commit: after a kill the ledger
 * has its former keys or its next ones. `ports.key` is the former key; what is encrypted with it stays so. Codes: those
 * of the log and its store; `not-found` where there is no ledger; `invalid-input` for a key that the ledger has had
 * before. Safe to repeat.
 */
export async function rotateKeys(ports: LedgerPorts, next: DossierKey, signal?: AbortSignal): Promise<Ledger> {
  const fingerprint = statementKeyFromSeed(deriveSecret(next, 'statement')).fingerprint;
  for (let round = 0; round < mostRounds; round++) {
    const record = await ports.store.get(keys.id, signal);
    if (!record) throw new DossierError('not-found', 'There is no ledger here yet whose keys could be changed');
    const name = parseLedgerName(record.value);
    if (name.kept?.statement === fingerprint) return ledgerOf({ ...ports, key: next }, name);
    const { log, trust } = ledgerOf(ports, name);
    if (trust.statementKeys.some((key) => keyFingerprint(key) === fingerprint))
      throw new DossierError('invalid-input', 'This ledger has had that key before: change to a new one');

    const former = keysOf(ports.key, name);
    const { origin, assets } = former;
    const [index, at] = [(await log.head(signal))?.checkpoint.size ?? 0, ports.clock.now()];
    const kept = {
      origin,
      assets,
      statement: fingerprint,
      former: [...(name.kept?.former ?? []), { ...publicOf(former), index, at }],
    };
    const value = encodeLedgerName({ id: name.id, since: name.since, kept });
    const renamed = parseLedgerName(value);
    const following = keysOf(next, renamed);
    const changing = createLog({
      store: changingStore(ports.store, keys.entry(index), { key: keys.id, value, expectedVersion: record.version }),
      ledger: ledgerName,
      origin,
      logKey: following.log,
      statementKey: former.statement,
      former: trust.logs,
      clock: ports.clock,
      random: ports.random,
    });
    try {
      await changing.append(
        [
          {
            event: 'KeyRotate',
            asset: assetId(assets, { kind: 'ledger', account: '', file: origin }),
            subjects: [{ sha256: fingerprint }],
            occasion: fingerprint,
            observedAt: at,
            details: { nextKey: nextKeyOf(origin, former, following) },
          },
        ],
        signal,
      );
      return ledgerOf({ ...ports, key: next }, renamed);
    } catch (error) {
      if (!isDossierError(error, 'locked') && !isDossierError(error, 'vault-locked')) throw error;
    }
  }
  throw new DossierError('locked', 'Others keep writing to this ledger');
}

/**
 * Adds the change of the name to the commit that takes the entry in; whatever would be written before it, or without
 * it, ends the attempt.
 */
function changingStore(store: StateStore, entry: string, change: StateChange): StateStore {
  let changed = false;
  return {
    ...store,
    async commit(changes, signal) {
      if (changed) return store.commit(changes, signal);
      if (!changes.some(({ key }) => key === entry))
        throw new DossierError('locked', 'The ledger has grown meanwhile', { retry: 'never' });
      const versions = await store.commit([...changes, change], signal);
      changed = true;
      return versions.slice(0, changes.length);
    },
  };
}
