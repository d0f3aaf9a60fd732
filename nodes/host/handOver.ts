import type { IDataObject } from 'n8n-workflow';
import {
  DossierError,
  isDossierError,
  isRecord,
  type Json,
  jsonBytes,
  parseJsonBytes,
  type StateStore,
  sha256Hex,
  utf8,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { NodeContext } from './context.ts';

/**
 * Hands the items of a trigger to executions of n8n, each to one, in a store that all processes of n8n share. What was
 * given and whose execution never said that it has it is given again; an execution that comes second gets nothing.
 */
export interface HandOver {
  /** Begins at a position, once. */
  begin(position: Json): Promise<void>;
  /** Undefined before it has begun. */
  position(): Promise<Json | undefined>;
  /**
   * Gives what is after the position, and what no execution took in time, to this caller alone. Each item names its
   * batch in the field `change`.
   */
  take(finder: Finder): Promise<IDataObject[]>;
  /** Which of these batches are the work of the execution `by`: those that no other one has. Safe to repeat. */
  claim(batches: readonly number[], by: string): Promise<ReadonlySet<number>>;
}

export interface Finder {
  /** What is after a position, the position after it, and what gives the same items again. */
  find(position: Json): Promise<Found>;
  again(given: Json): Promise<readonly IDataObject[]>;
}

export interface Found {
  readonly items: readonly IDataObject[];
  readonly position: Json;
  readonly given: Json;
}

interface Batch {
  readonly batch: number;
  /** Milliseconds since 1970 UTC at which it is given to another execution. */
  readonly until: number;
  readonly given: Json;
}

interface Ticket {
  readonly position: Json;
  readonly batches: number;
  readonly open: readonly Batch[];
  readonly done: readonly { readonly batch: number; readonly by: string }[];
}

/** An execution that waits longer in a queue is overtaken by a second one, and finds nothing left to do. */
const claimMs = 120_000;
const doneKept = 200;
const mostAttempts = 50;

export function createHandOver(store: StateStore, context: NodeContext, now = () => clock.now()): HandOver {
  // Ids of n8n have capital letters, which keys of records have not.
  const trigger = sha256Hex(utf8(JSON.stringify([context.getWorkflow().id, context.getNode().id]))).slice(0, 32);
  const key = `trigger/${trigger}`;
  const read = async () => {
    const record = await store.get(key);
    return { version: record?.version ?? 0, record: record && recordIn(record.value) };
  };
  const write = (record: Ticket, expectedVersion: number): Promise<boolean> =>
    store.commit([{ key, value: jsonBytes(record as unknown as Json), expectedVersion }]).then(
      () => true,
      (error: unknown) => (isDossierError(error, 'revision-conflict') ? false : Promise.reject(error as Error)),
    );
  return {
    async begin(position) {
      if ((await read()).record === undefined) await write({ position, batches: 0, open: [], done: [] }, 0);
    },
    position: async () => (await read()).record?.position,
    async take(finder) {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const { record, version } = await read();
        if (record === undefined) return [];
        const taken = await takenFrom(record, finder, now());
        if (taken === undefined) return [];
        if (await write(taken.record, version)) return taken.items;
      }
      throw busy();
    },
    async claim(batches, by) {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const { record, version } = await read();
        const isOpen = (batch: number) => record?.open.some((each) => each.batch === batch) === true;
        const opened = batches.filter(isOpen);
        const own = batches.filter((batch) => record?.done.some((each) => each.batch === batch && each.by === by));
        const mine = new Set([...opened, ...own]);
        if (record === undefined || opened.length === 0) return mine;
        const open = record.open.filter(({ batch }) => !mine.has(batch));
        const done = [...record.done, ...opened.map((batch) => ({ batch, by }))].slice(-doneKept);
        if (await write({ ...record, open, done }, version)) return mine;
      }
      throw busy();
    },
  };
}

/** Undefined when there is nothing to be written down. */
async function takenFrom(
  record: Ticket,
  finder: Finder,
  now: number,
): Promise<{ record: Ticket; items: IDataObject[] } | undefined> {
  const found = await finder.find(record.position);
  const late = record.open.filter(({ until }) => until <= now);
  const moved = JSON.stringify(found.position) !== JSON.stringify(record.position);
  if (!moved && late.length === 0) return undefined;
  const until = now + claimMs;
  const items: IDataObject[] = [];
  const give = (batch: number, given: readonly IDataObject[]) =>
    given.forEach((item, index) => items.push({ ...item, change: `${batch}.${index}` }));
  for (const { batch, given } of late) give(batch, await finder.again(given));
  const open = record.open.map((each) => (late.includes(each) ? { ...each, until } : each));
  if (found.items.length === 0) return { items, record: { ...record, position: found.position, open } };
  const batch = record.batches + 1;
  give(batch, found.items);
  return {
    items,
    record: {
      ...record,
      position: found.position,
      batches: batch,
      open: [...open, { batch, until, given: found.given }],
    },
  };
}

/** Before there were batches the record was the position alone. */
function recordIn(bytes: Uint8Array): Ticket {
  const value = parseJsonBytes(bytes, 'state-corrupt', 'The position of the trigger');
  if (!isRecord(value)) return { position: value as Json, batches: 0, open: [], done: [] };
  return value as unknown as Ticket;
}

/** The batch that an item names; undefined for one that was not handed over in one. */
export function batchOf({ change }: IDataObject): number | undefined {
  const batch = typeof change === 'string' ? Number.parseInt(change, 10) : Number.NaN;
  return Number.isNaN(batch) ? undefined : batch;
}

function busy(): DossierError {
  return new DossierError('locked', 'Other processes of n8n keep taking the items of this trigger');
}
