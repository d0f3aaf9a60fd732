import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import type { Log } from '../log/log.ts';
import { isCustody, parseStatement } from '../statement/statement.ts';
import type { LedgerRecord, LedgerService } from './backend.ts';

/** Dossier's own log as a ledger. */
export function createEmbeddedLedger(log: Log): LedgerService {
  const recordAt = async (
    index: number,
    signal?: AbortSignal,
  ): Promise<{ record: LedgerRecord; previous: number | undefined }> => {
    const entry = await log.entry(index, signal);
    if (!entry) throw new DossierError('ledger-broken', say`Entry ${index} of the ledger is missing`);
    const { subjects, predicate } = parseStatement(entry.envelope.payload);
    const { asset, event, version, observedAt } = predicate;
    return {
      record: { asset, event, version, index, subjects, observedAt: Date.parse(observedAt) },
      previous: entry.previous,
    };
  };
  return {
    kind: 'embedded',
    append: (occurrences, signal) => log.append(occurrences, signal),
    async newest(asset, signal) {
      for (let index = (await log.asset(asset, signal))?.lastIndex; index !== undefined; ) {
        const { record, previous } = await recordAt(index, signal);
        if (!isCustody(record.event)) return record;
        index = previous;
      }
      return undefined;
    },
    async history(asset, signal) {
      const records: LedgerRecord[] = [];
      for (let index = (await log.asset(asset, signal))?.lastIndex; index !== undefined; ) {
        const { record, previous } = await recordAt(index, signal);
        records.unshift(record);
        index = previous;
      }
      return records;
    },
    async find({ sha256, dropboxContentHash }, signal) {
      const indexes = new Set<number>();
      for (const digest of [sha256, dropboxContentHash])
        if (digest !== undefined) for (const index of await log.find(digest, signal)) indexes.add(index);
      return Promise.all(
        [...indexes].sort((a, b) => a - b).map(async (index) => (await recordAt(index, signal)).record),
      );
    },
  };
}
