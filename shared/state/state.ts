/** One stored value. `version` grows with every write of its key; 0 stands for "not there". */
export interface StateRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly version: number;
}

/**
 * Write (`value` given) or removal (`value` undefined), only if the key's version is still the expected one; 0 expects
 * that it is not there.
 */
export interface StateChange {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly expectedVersion: number;
  /**
   * That the key was never used is sure as long as another record of the same commit has the version that is expected
   * of it: a store may believe it, and need not look for what is not there.
   */
  readonly fresh?: true;
}

/**
 * Versioned records with compare-and-swap: the ground of outbox, ledger and links. Keys are `/`-separated words of
 * `[a-z0-9._-]`. Obligations, each proved by `stateSuite` on every implementation:
 * - `commit` is all or nothing, also under kills, and durable once it resolves; `revision-conflict` when any
 * expectation fails, and nothing is written;
 * - readers see the last acknowledged commit, or an earlier one while it is under way, never a mixture;
 * - versions of a key never repeat, also over removal and re-creation;
 * - damaged records are `state-corrupt`, never "not there"; the original is kept aside.
 */
export interface StateStore {
  get(key: string, signal?: AbortSignal): Promise<StateRecord | undefined>;
  /**
   * Those of these records that are there, by their key, all as they were at one moment. One look at the store, however
   * many they are.
   */
  getAll(keys: readonly string[], signal?: AbortSignal): Promise<Map<string, StateRecord>>;
  /** All records whose key begins with `prefix`, sorted by key. */
  list(prefix: string, signal?: AbortSignal): Promise<StateRecord[]>;
  /** Keys that begin with `prefix`, sorted; those of damaged records too, so that one does not hide the others. */
  keys(prefix: string, signal?: AbortSignal): Promise<string[]>;
  /** Resolves with the new version of each change, in order (a removal's is 0). Safe to repeat only after looking. */
  commit(changes: readonly StateChange[], signal?: AbortSignal): Promise<number[]>;
  close(): Promise<void>;
}
