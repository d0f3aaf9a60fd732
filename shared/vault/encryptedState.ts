import { concatBytes, equalBytes, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { say } from '../core/sentence.ts';
import type { StateRecord, StateStore } from '../state/state.ts';
import type { Vault } from './vault.ts';

/** Sealed with the key of the store: tells a wrong key before anything is written with it. */
export const markKey = 'vault-key';

/**
 * A store whose values are encrypted at rest. Keys are not: they hold random ids only. A value is bound to its key, so
 * that whoever can write to the store cannot exchange records. `vault-locked` when the store was made with another key:
 * nothing is written then.
 */
export function createEncryptedState(store: StateStore, vault: Vault): StateStore {
  /** Versions never repeat, so what was opened once need not be opened again. */
  const opened = new Map<string, { version: number; value: Uint8Array }>();
  let ready: Promise<void> | undefined;

  const open = async ({ key, value, version }: StateRecord): Promise<StateRecord> => {
    const known = opened.get(key);
    if (known?.version === version) return { key, value: known.value.slice(), version };
    const plain = await vault.open(value);
    const prefix = utf8(`${key}\n`);
    if (!equalBytes(plain.subarray(0, prefix.length), prefix))
      throw new DossierError('state-corrupt', say`The record "${key}" belongs somewhere else`);
    const content = plain.slice(prefix.length);
    opened.set(key, { version, value: content });
    return { key, value: content.slice(), version };
  };
  const seal = (key: string, value: Uint8Array): Promise<Uint8Array> =>
    vault.seal(concatBytes([utf8(`${key}\n`), value]));

  const checkMark = async (): Promise<void> => {
    const mark = await store.get(markKey);
    if (mark) await open(mark);
    else if ((await store.keys('')).length > 0)
      throw new DossierError('state-corrupt', 'The mark of the key is gone from the store');
  };
  const writeMark = async (): Promise<void> => {
    if (await store.get(markKey)) return;
    try {
      await store.commit([{ key: markKey, value: await seal(markKey, utf8('1')), expectedVersion: 0 }]);
    } catch (error) {
      // Somebody else was first: theirs must be of our key, too.
      if (!isDossierError(error, 'revision-conflict')) throw error;
      await checkMark();
    }
  };
  const whenReady = async (): Promise<void> => {
    ready ??= checkMark();
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
  };
  let marked: Promise<void> | undefined;

  return {
    async get(key, signal) {
      await whenReady();
      const record = await store.get(key, signal);
      return record && open(record);
    },
    async getAll(keys, signal) {
      await whenReady();
      const records = await store.getAll(keys, signal);
      return new Map(
        await Promise.all([...records.values()].map(async (record) => [record.key, await open(record)] as const)),
      );
    },
    async list(prefix, signal) {
      await whenReady();
      const records = (await store.list(prefix, signal)).filter(({ key }) => key !== markKey);
      return Promise.all(records.map(open));
    },
    async keys(prefix, signal) {
      await whenReady();
      return (await store.keys(prefix, signal)).filter((key) => key !== markKey);
    },
    async commit(changes, signal) {
      await whenReady();
      await (marked ??= writeMark().catch((error: unknown) => {
        marked = undefined;
        throw error;
      }));
      const sealed = await Promise.all(
        changes.map(async (change) => ({ ...change, value: change.value && (await seal(change.key, change.value)) })),
      );
      const versions = await store.commit(sealed, signal);
      changes.forEach(({ key, value }, index) => {
        if (value === undefined) opened.delete(key);
        else opened.set(key, { version: versions[index]!, value: value.slice() });
      });
      return versions;
    },
    close: () => store.close(),
  };
}
