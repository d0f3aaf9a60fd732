import { isDossierError, type Ledger, parseJsonBytes, sha256Hex, utf8 } from '../../shared/index.ts';
import type { NodeContext } from './context.ts';
import type { Stretch } from './recordedItems.ts';

/**
 * Up to where in the ledger a trigger has handed its statements to n8n, kept beside the ledger: several processes of
 * n8n have nothing else in common.
 */
export interface HandOver {
  /** Begins at the end of the ledger, once: what is in it before is never handed over. */
  begin(size: number): Promise<void>;
  /** Where to go on. */
  next(): Promise<number>;
  /** Gives a stretch to this caller alone; false when another process was first. */
  take(stretch: Stretch): Promise<boolean>;
}

export function createHandOver({ store }: Ledger, context: NodeContext): HandOver {
  // Ids of n8n have capital letters, which keys of records have not.
  const trigger = sha256Hex(utf8(JSON.stringify([context.getWorkflow().id, context.getNode().id]))).slice(0, 32);
  const key = `trigger/${trigger}`;
  const read = async () => {
    const record = await store.get(key);
    return {
      version: record?.version ?? 0,
      next: record ? Number(parseJsonBytes(record.value, 'state-corrupt', 'The position of the trigger')) : undefined,
    };
  };
  const write = (next: number, expectedVersion: number): Promise<boolean> =>
    store.commit([{ key, value: utf8(String(next)), expectedVersion }]).then(
      () => true,
      (error: unknown) => (isDossierError(error, 'revision-conflict') ? false : Promise.reject(error as Error)),
    );
  return {
    async begin(size) {
      if ((await read()).next === undefined) await write(size, 0);
    },
    next: async () => (await read()).next ?? Infinity,
    async take({ from, to }) {
      const { version, next } = await read();
      return next === from && write(to, version);
    },
  };
}
