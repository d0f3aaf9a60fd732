import {
  createDriveState,
  type Drive,
  fromUtf8,
  isDossierError,
  parsePath,
  type StateStore,
  utf8,
} from '../../shared/index.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { type Client, createClient, createSchedule } from './schedule.ts';

/** What one seeded run of the epoch log came to. */
export interface EpochRun {
  readonly seed: number;
  readonly acknowledged: number;
  readonly written: number;
  readonly requests: number;
  readonly kills: number;
  /** Empty when all is well. */
  readonly faults: readonly string[];
}

interface Ledger {
  readonly acknowledged: string[];
  readonly attempted: Set<string>;
  readonly faults: string[];
}

const holdMs = 4_000;
const commitsEach = 3;
const folder = parsePath('/state');
const passing = new Set(['revision-conflict', 'offline', 'timeout', 'server-error', 'locked']);

/** Two to eight clients on one drive, each extending one chain of entries, while the schedule does its worst. */
export async function runEpochModel(seed: number, drive: Drive): Promise<EpochRun> {
  const random = seeded(`epoch ${seed}`);
  const schedule = createSchedule({ seed, random, stallMs: holdMs, troubleEnds: 300 + seededInteger(random, 600) });
  const clients = Array.from({ length: 2 + seededInteger(random, 7) }, (_, index) =>
    createClient(`c${index}`, random() < 0.2 ? (random() - 0.5) * 60_000 : 0),
  );
  const ledger: Ledger = { acknowledged: [], attempted: new Set(), faults: [] };
  for (const client of clients) {
    const state = createDriveState({
      drive: schedule.through(client, drive),
      folder,
      clock: schedule.clockOf(client),
      holdMs,
      jitter: random,
    });
    void work(client, state, ledger).finally(() => (client.done = true));
  }
  const { requests, kills } = await schedule.run(clients);
  const calm = { ...schedule.clockOf(createClient('reader')), sleep: async (ms: number) => schedule.pass(ms) };
  const written = await inspect(createDriveState({ drive, folder, clock: calm, holdMs, jitter: random }), ledger);
  return { seed, acknowledged: ledger.acknowledged.length, written, requests, kills, faults: ledger.faults };
}

/** The head names the number of entries, and each entry is written once. */
async function work(client: Client, state: StateStore, { acknowledged, attempted, faults }: Ledger): Promise<void> {
  let longest = 0;
  for (let number = 0; number < commitsEach; ) {
    const id = `${client.name}-${number}`;
    try {
      const head = await state.get('head');
      const count = head ? Number(fromUtf8(head.value)) : 0;
      if (count < longest) faults.push(`${client.name} saw ${count} entries after ${longest}`);
      longest = Math.max(longest, count);
      // After an unclear failure: look before repeating.
      if ((await state.list('entry/')).some(({ value }) => fromUtf8(value) === id)) {
        number++;
        continue;
      }
      attempted.add(id);
      await state.commit([
        { key: 'head', value: utf8(String(count + 1)), expectedVersion: head?.version ?? 0 },
        { key: entryKey(count + 1), value: utf8(id), expectedVersion: 0 },
      ]);
      acknowledged.push(id);
      longest = Math.max(longest, count + 1);
      number++;
    } catch (error) {
      if (!isDossierError(error) || !passing.has(error.code)) {
        faults.push(`${client.name}: ${String(error)}`);
        return;
      }
    }
  }
  await state.close();
}

/** The history as a newcomer finds it. */
async function inspect(reader: StateStore, { acknowledged, attempted, faults }: Ledger): Promise<number> {
  const head = await reader.get('head');
  const entries = await reader.list('entry/');
  const ids = entries.map(({ value }) => fromUtf8(value));
  if (
    entries.some(({ key }, index) => key !== entryKey(index + 1)) ||
    Number(head ? fromUtf8(head.value) : 0) !== entries.length
  )
    faults.push('the history has a gap');
  if (new Set(ids).size !== ids.length) faults.push('one commit is there twice');
  for (const id of acknowledged) if (!ids.includes(id)) faults.push(`the acknowledged commit ${id} is lost`);
  for (const id of ids) if (!attempted.has(id)) faults.push(`nobody wrote ${id}`);
  if (new Set(entries.map(({ version }) => version)).size !== entries.length) faults.push('a version was given twice');
  return entries.length;
}

function entryKey(number: number): string {
  return `entry/${String(number).padStart(6, '0')}`;
}
