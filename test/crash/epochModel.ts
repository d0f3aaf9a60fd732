import {
  type Clock,
  createDriveState,
  DossierError,
  type Drive,
  fromUtf8,
  isDossierError,
  parsePath,
  type StateStore,
  utf8,
} from '../../shared/index.ts';
import { seeded, seededInteger } from '../support/seeded.ts';

/**
 * A seeded world for the epoch log: several clients on one drive, whose every request and every sleep waits until the schedule lets it go on.
 * The schedule loses requests and answers, lets given-up requests land late, stalls clients past their hold, and kills them at a request.
 */
export interface EpochRun {
  readonly seed: number;
  readonly acknowledged: number;
  readonly written: number;
  readonly requests: number;
  readonly kills: number;
  readonly epochs: number;
  /** Empty when all is well. */
  readonly faults: readonly string[];
}

interface Job {
  readonly client: Client;
  /** Undefined for a sleep. */
  readonly run: (() => Promise<unknown>) | undefined;
  readonly at: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DossierError) => void;
}

interface Client {
  readonly name: string;
  dead: boolean;
  done: boolean;
  stalledUntil: number;
  /** Added to the true time: clocks disagree. */
  skew: number;
}

const holdMs = 4_000;
const commitsEach = 3;

export async function runEpochModel(seed: number, openDrive: () => Promise<Drive>): Promise<EpochRun> {
  const random = seeded(`epoch ${seed}`);
  const drive = await openDrive();
  const world = createWorld(random, seed);
  const clients = Array.from({ length: 2 + seededInteger(random, 7) }, (_, index): Client => ({ name: `c${index}`, dead: false, done: false, stalledUntil: 0, skew: random() < 0.2 ? (random() - 0.5) * 60_000 : 0 }));
  const acknowledged: string[] = [];
  const attempted = new Set<string>();
  const faults: string[] = [];
  for (const client of clients) {
    const state = createDriveState({ drive: world.through(client, drive), folder: parsePath('/state'), clock: world.clockOf(client), holdMs, jitter: random });
    void work(client, state, { acknowledged, attempted, faults }).finally(() => (client.done = true));
  }
  const { requests, kills } = await world.run(clients);
  const calm = { name: 'reader', dead: false, done: false, stalledUntil: 0, skew: 0 };
  const reader = createDriveState({ drive, folder: parsePath('/state'), clock: { ...world.clockOf(calm), sleep: async (ms) => world.pass(ms) }, holdMs, jitter: random });
  const history = await historyOf(reader);
  if (history.some((entry) => entry === undefined)) faults.push('a gap in the history');
  for (const id of acknowledged) if (history.filter((entry) => entry === id).length !== 1) faults.push(`acknowledged commit ${id} is there ${history.filter((entry) => entry === id).length} times`);
  for (const entry of history) if (entry !== undefined && !attempted.has(entry)) faults.push(`nobody wrote ${entry}`);
  if (new Set(history).size !== history.length) faults.push('one commit is there twice');
  const versions = (await reader.list('entry/')).map(({ version }) => version).sort((a, b) => a - b);
  if (new Set(versions).size !== versions.length) faults.push('a version was given twice');
  return { seed, acknowledged: acknowledged.length, written: history.length, requests, kills, epochs: Math.floor((versions.at(-1) ?? 0) / 2 ** 20), faults };
}

/** Every client extends one chain: the head names the number of entries, and each entry is written once. */
async function work(client: Client, state: StateStore, world: { acknowledged: string[]; attempted: Set<string>; faults: string[] }): Promise<void> {
  let longest = 0;
  for (let number = 0; number < commitsEach; ) {
    const id = `${client.name}-${number}`;
    try {
      const head = await state.get('head');
      const count = head ? Number(fromUtf8(head.value)) : 0;
      if (count < longest) world.faults.push(`${client.name} saw ${count} entries after ${longest}`);
      longest = Math.max(longest, count);
      // After an unclear failure: look before repeating.
      const mine = (await state.list('entry/')).some(({ value }) => fromUtf8(value) === id);
      if (mine) {
        number++;
        continue;
      }
      world.attempted.add(id);
      await state.commit([
        { key: 'head', value: utf8(String(count + 1)), expectedVersion: head?.version ?? 0 },
        { key: `entry/${String(count + 1).padStart(6, '0')}`, value: utf8(id), expectedVersion: 0 },
      ]);
      world.acknowledged.push(id);
      longest = Math.max(longest, count + 1);
      number++;
    } catch (error) {
      if (!isDossierError(error)) world.faults.push(`${client.name}: ${String(error)}`);
      else if (!['revision-conflict', 'offline', 'timeout', 'server-error', 'locked'].includes(error.code)) world.faults.push(`${client.name}: ${error.code} ${error.message}`);
    }
  }
  await state.close().catch(() => undefined);
}

async function historyOf(state: StateStore): Promise<(string | undefined)[]> {
  const head = await state.get('head');
  const entries = new Map((await state.list('entry/')).map(({ key, value }) => [key, fromUtf8(value)]));
  const count = head ? Number(fromUtf8(head.value)) : 0;
  return Array.from({ length: Math.max(count, entries.size) }, (_, index) => entries.get(`entry/${String(index + 1).padStart(6, '0')}`));
}

function createWorld(random: () => number, seed: number) {
  const jobs: Job[] = [];
  const late: (() => Promise<unknown>)[] = [];
  let now = Date.UTC(2026, 0, 1) + seed;
  let busy = 0;

  const enqueue = (client: Client, at: number, run: Job['run']): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // What a dead client asks for is never answered.
      if (!client.dead) jobs.push({ client, run, at, resolve, reject });
    });

  const request = <T>(client: Client, run: () => Promise<T>): Promise<T> => enqueue(client, now, run) as Promise<T>;

  return {
    pass: (ms: number) => void (now += ms),
    clockOf: (client: Client): Clock => ({
      now: () => now + client.skew,
      sleep: async (ms) => void (await enqueue(client, now + ms, undefined)),
    }),
    through(client: Client, drive: Drive): Drive {
      return {
        ...drive,
        stat: (...given) => request(client, () => drive.stat(...given)),
        createFolder: (...given) => request(client, () => drive.createFolder(...given)),
        remove: (...given) => request(client, () => drive.remove(...given)),
        upload: (...given) => request(client, () => drive.upload(...given)),
        prove: (...given) => request(client, () => drive.prove(...given)),
        async *list(...given) {
          yield await request(client, async () => (await all(drive.list(...given))).flat());
        },
        async *read(...given) {
          yield* await request(client, () => all(drive.read(...given)));
        },
      };
    },
    async run(clients: readonly Client[]): Promise<{ requests: number; kills: number }> {
      let requests = 0;
      let kills = 0;
      // Trouble ends after a while, so that every run does.
      const troubled = 300 + seededInteger(random, 600);
      while (clients.some(({ done, dead }) => !done && !dead)) {
        await settle(() => busy);
        const ready = jobs.filter((job) => job.at <= now && job.client.stalledUntil <= now);
        if (ready.length === 0) {
          const next = Math.min(...jobs.map((job) => Math.max(job.at, job.client.stalledUntil)));
          if (!Number.isFinite(next)) {
            if (clients.some(({ done, dead }) => !done && !dead)) throw new Error(`seed ${seed}: clients wait for nothing`);
            break;
          }
          now = Math.max(now, next);
          continue;
        }
        const job = ready[seededInteger(random, ready.length)]!;
        jobs.splice(jobs.indexOf(job), 1);
        if (!job.run) {
          job.resolve(undefined);
          continue;
        }
        if (++requests > 50_000) throw new Error(`seed ${seed}: no end`);
        now += 1 + seededInteger(random, 200);
        const trouble = requests < troubled ? random() : 1;
        const alive = clients.filter(({ dead, done }) => !dead && !done).length;
        if (late.length > 0 && random() < 0.3) await late.splice(seededInteger(random, late.length), 1)[0]!().catch(() => undefined);
        if (trouble < 0.015 && alive > 1) {
          // Killed before the request, after it, or with the request still on its way.
          kills++;
          job.client.dead = true;
          if (random() < 0.5) await job.run().catch(() => undefined);
          else if (random() < 0.5) late.push(job.run);
          for (const other of jobs.filter(({ client }) => client === job.client)) jobs.splice(jobs.indexOf(other), 1);
        } else if (trouble < 0.04) {
          job.client.stalledUntil = now + holdMs * (0.5 + 3 * random());
          jobs.push(job);
        } else if (trouble < 0.06) {
          job.reject(new DossierError('offline'));
        } else if (trouble < 0.08) {
          await job.run().catch(() => undefined);
          job.reject(new DossierError('timeout'));
        } else if (trouble < 0.1) {
          late.push(job.run);
          job.reject(new DossierError('timeout'));
        } else if (trouble < 0.11) {
          job.reject(new DossierError('locked'));
        } else {
          busy++;
          await job.run().then(job.resolve, job.reject as (error: unknown) => void);
          busy--;
        }
      }
      for (const landing of late) await landing().catch(() => undefined);
      return { requests, kills };
    },
  };
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** Lets every client run until it waits for the world again. */
async function settle(busy: () => number): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (busy() > 0);
}
