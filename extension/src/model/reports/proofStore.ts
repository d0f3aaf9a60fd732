import {
  isRecord,
  type Json,
  jsonBytes,
  type Proof,
  parseJsonBytes,
  type StateStore,
} from '../../../../shared/index.ts';

/** How the arrival of each attachment of the submitted reports was proved, by report and attachment. */
export interface ProofStore {
  load(): Promise<ReadonlyMap<string, ReadonlyMap<string, Proof>>>;
  save(report: string, proofs: ReadonlyMap<string, Proof>): Promise<void>;
  remove(report: string): Promise<void>;
}

const prefix = 'proofs/';

export function createProofStore(state: StateStore): ProofStore {
  const put = async (report: string, value: Uint8Array | undefined) => {
    const known = await state.get(prefix + report);
    if (known || value) await state.commit([{ key: prefix + report, value, expectedVersion: known?.version ?? 0 }]);
  };
  return {
    async load() {
      const records = await state.list(prefix);
      return new Map(records.map(({ key, value }) => [key.slice(prefix.length), decode(value)]));
    },
    save: (report, proofs) => put(report, jsonBytes(Object.fromEntries(proofs) as unknown as Json)),
    remove: (report) => put(report, undefined),
  };
}

function decode(value: Uint8Array): Map<string, Proof> {
  const parsed = parseJsonBytes(value, 'state-corrupt', 'The stored proof');
  return new Map(isRecord(parsed) ? Object.entries(parsed as Record<string, Proof>) : []);
}
