import {
  createDriveState,
  type Drive,
  fromUtf8,
  isDossierError,
  parsePath,
  type StateStore,
  utf8,
} from '../../shared/index.ts';
import { type DriveStateOptions } from '../../shared/testing.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { type Client, createClient, createSchedule } from './schedule.ts';

/** What one seeded run of the epoch log came to. */
export interface EpochRun {
  readonly seed: number;
  readonly acknowledged: number;
  readonly written: number;
  readonly requests: number;
  readonly kills: number;
  /** Readings that a client was refused, for a reason that it is not told of by the schedule. */
  readonly faults: readonly string[];
}

/** The world in which the clients meet. */
export interface EpochWorld {
  readonly seed: number;
  readonly drive: Drive;
  /** Opens a client's store; that of this version unless given. */
  open?(options: DriveStateOptions, client: Client): StateStore;
  readonly sizes?: DriveStateOptions['sizes'];
  readonly cipher?: DriveStateOptions['cipher'];
  /** Entries that each client writes. */
  readonly commitsEach?: number;
  /** Bytes of an entry, about. */
  readonly entrySize?: number;
}

interface Ledger {
  readonly acknowledged: string[];
  readonly attempted: Set<string>;
  readonly faults: string[];
  readonly entrySize: number;
}

const holdMs = 4_000;
const folder = parsePath('/state');
const passing = new Set(['revision-conflict', 'offline', 'timeout', 'server-error', 'locked']);

/** Two to eight clients on one drive, each extending one chain of entries, while the schedule does its worst. */
export async function runEpochModel(seed: number, drive: Drive): Promise<EpochRun> {
  return runEpochWorld({ seed, drive });
}

/** The same, in a world of one's own. */
export async function runEpochWorld(world: EpochWorld): Promise<EpochRun> {
  const { seed, drive, open = createDriveState, commitsEach = 3, entrySize = 0 } = world;
  const random = seeded(`epoch ${seed}`);
  const schedule = createSchedule({ seed, random, stallMs: holdMs, troubleEnds: 300 + seededInteger(random, 600) });
  const clients = Array.from({ length: 2 + seededInteger(random, 7) }, (_, index) =>
    createClient(`c${index}`, random() < 0.2 ? (random() - 0.5) * 60_000 : 0),
  );
  const ledger: Ledger = { acknowledged: [], attempted: new Set(), faults: [], entrySize };
  const common = {
    folder,
    holdMs,
    jitter: random,
    ...(world.sizes ? { sizes: world.sizes } : {}),
    ...(world.cipher ? { cipher: world.cipher } : {}),
  };
  for (const client of clients) {
    const options = { ...common, drive: schedule.through(client, drive), clock: schedule.clockOf(client) };
    void work(client, open(options, client), ledger, commitsEach).finally(() => (client.done = true));
  }
  const { requests, kills } = await schedule.run(clients);
  const calm = { ...schedule.clockOf(createClient('reader')), sleep: async (ms: number) => schedule.pass(ms) };
  const written = await inspect(createDriveState({ ...common, drive, clock: calm }), ledger);
  return { seed, acknowledged: ledger.acknowledged.length, written, requests, kills, faults: ledger.faults };
}

/** The head names the number of entries, and each entry is written once. */
async function work(client: Client, state: StateStore, ledger: Ledger, commitsEach: number): Promise<void> {
  const { acknowledged, attempted, faults } = ledger;
  let longest = 0;
  for (let number = 0; number < commitsEach; ) {
    const id = `${client.name}-${number}`;
    try {
      const head = await state.get('head');
      const count = head ? Number(fromUtf8(head.value)) : 0;
      if (count < longest) faults.push(`${client.name} saw ${count} entries after ${longest}`);
      longest = Math.max(longest, count);
      // All as it was at one moment, also where parts of it are merged just now.
      const all = await state.list('');
      const there = all.filter(({ key }) => key.startsWith('entry/'));
      const said = all.find(({ key }) => key === 'head');
      if (there.length !== (said ? Number(fromUtf8(said.value)) : 0))
        faults.push(`${client.name} saw ${there.length} entries beside another head`);
      // After an unclear failure: look before repeating.
      if (there.some(({ value }) => idOf(value) === id)) {
        number++;
        continue;
      }
      const scratch = await state.get(`scratch/${client.name}`);
      attempted.add(id);
      await state.commit([
        { key: 'head', value: utf8(String(count + 1)), expectedVersion: head?.version ?? 0 },
        { key: entryKey(count + 1), value: valueOf(id, ledger.entrySize), expectedVersion: 0 },
        // Written and removed again and again.
        {
          key: `scratch/${client.name}`,
          value: scratch ? undefined : utf8(id),
          expectedVersion: scratch?.version ?? 0,
        },
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
  const ids = entries.map(({ value }) => idOf(value));
  if (
    entries.some(({ key }, index) => key !== entryKey(index + 1)) ||
    Number(head ? fromUtf8(head.value) : 0) !== entries.length
  )
    faults.push('the history has a gap');
  if (new Set(ids).size !== ids.length) faults.push('one commit is there twice');
  for (const id of acknowledged) if (!ids.includes(id)) faults.push(`the acknowledged commit ${id} is lost`);
  for (const id of ids) if (!attempted.has(id)) faults.push(`nobody wrote ${id}`);
  if (new Set(entries.map(({ version }) => version)).size !== entries.length) faults.push('a version was given twice');
  for (const { key } of entries) if (!(await reader.get(key))) faults.push(`${key} is listed and cannot be found`);
  for (const { key, value } of await reader.list('scratch/'))
    if (!key.endsWith(idOf(value).split('-')[0]!)) faults.push(`${key} holds another record`);
  return entries.length;
}

function entryKey(number: number): string {
  return `entry/${String(number).padStart(6, '0')}`;
}

function valueOf(id: string, size: number): Uint8Array {
  return utf8(`${id} ${'.'.repeat(size)}`.trimEnd());
}

function idOf(value: Uint8Array): string {
  return fromUtf8(value).split(' ')[0]!;
}
