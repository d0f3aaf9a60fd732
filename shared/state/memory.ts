import { throwIfCancelled } from '../core/errors.ts';
import { checkChanges, checkExpectations } from './changes.ts';
import { checkKey, checkPrefix } from './key.ts';
import type { StateRecord, StateStore } from './state.ts';

/** Records of this process only: the reference implementation, used by tests and by callers that want nothing kept. */
export function createMemoryState(): StateStore {
  const records = new Map<string, StateRecord>();
  let lastVersion = 0;
  return {
    async get(key, signal) {
      throwIfCancelled(signal);
      return copyOf(records.get(checkKey(key)));
    },
    async getAll(keys, signal) {
      throwIfCancelled(signal);
      return new Map(
        keys.flatMap((key) => copyOf(records.get(checkKey(key))) ?? []).map((record) => [record.key, record]),
      );
    },
    async list(prefix, signal) {
      throwIfCancelled(signal);
      checkPrefix(prefix);
      return [...records.values()]
        .filter(({ key }) => key.startsWith(prefix))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .map((record) => copyOf(record)!);
    },
    async keys(prefix, signal) {
      throwIfCancelled(signal);
      checkPrefix(prefix);
      return [...records.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async commit(changes, signal) {
      throwIfCancelled(signal);
      checkChanges(changes);
      checkExpectations(changes, (key) => records.get(key)?.version ?? 0);
      // One number for all records: it never repeats, also when a key is removed and made again.
      lastVersion++;
      return changes.map(({ key, value }) => {
        if (value === undefined) {
          records.delete(key);
          return 0;
        }
        records.set(key, { key, value: value.slice(), version: lastVersion });
        return lastVersion;
      });
    },
    close: async () => undefined,
  };
}

function copyOf(record: StateRecord | undefined): StateRecord | undefined {
  return record && { ...record, value: record.value.slice() };
}
