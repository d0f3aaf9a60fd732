import { type Clock, DossierError, type Drive, type StateStore } from '../../shared/index.ts';
import { seededInteger } from '../support/seeded.ts';

/** One process of a scheduled world. */
export interface Client {
  readonly name: string;
  dead: boolean;
  done: boolean;
  stalledUntil: number;
  /** Added to the true time: clocks disagree, and jump. */
  skew: number;
}

export function createClient(name: string, skew = 0): Client {
  return { name, dead: false, done: false, stalledUntil: 0, skew };
}

interface Job {
  readonly client: Client;
  /** Undefined for a sleep. */
  readonly run: (() => Promise<unknown>) | undefined;
  readonly at: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DossierError) => void;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly random: () => number;
  /** How long a stall lasts, about: longer than what others wait for. */
  readonly stallMs: number;
  /** Requests after which nothing goes wrong any more, so that every run ends. */
  readonly troubleEnds: number;
  /** Called for a client that was killed; may start another one. */
  readonly onKill?: (client: Client) => void;
  readonly clockJumps?: boolean;
}

export interface Outcome {
  readonly requests: number;
  readonly kills: number;
}

/**
 * A world in which every request and every sleep of every client waits until a seeded schedule lets it go on. The
 * schedule loses requests and answers, lets given-up requests land late, stalls clients, makes their clocks jump, and
 * kills them at a request: before it, after it, or with the request still on its way.
 */
export function createSchedule({ seed, random, stallMs, troubleEnds, onKill, clockJumps = false }: ScheduleOptions) {
  const jobs: Job[] = [];
  const late: (() => Promise<unknown>)[] = [];
  /** Requests whose answer nobody waits for: on a real server they take their time. */
  const unanswered = new Set<Promise<void>>();
  let now = Date.UTC(2026, 0, 1) + seed;
  let requests = 0;
  let kills = 0;

  const enqueue = (client: Client, at: number, run: Job['run'], signal?: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // What a dead client asks for is never answered.
      if (client.dead) return;
      if (signal?.aborted) return reject(new DossierError('cancelled'));
      const job: Job = { client, run, at, resolve, reject };
      jobs.push(job);
      signal?.addEventListener(
        'abort',
        () => {
          if (jobs.includes(job)) jobs.splice(jobs.indexOf(job), 1);
          reject(new DossierError('cancelled'));
        },
        { once: true },
      );
    });
  const request = <T>(client: Client, run: () => Promise<T>): Promise<T> => enqueue(client, now, run) as Promise<T>;

  const runUnanswered = (run: () => Promise<unknown>, then: () => void = () => undefined): void => {
    const ended: Promise<void> = run()
      .then(then, then)
      .finally(() => void unanswered.delete(ended));
    unanswered.add(ended);
  };

  const disturb = (job: Job, alive: number): boolean => {
    const { client, run } = job;
    const trouble = requests < troubleEnds ? random() : 1;
    if (trouble < 0.015) {
      if (alive < 2 && !onKill) return false;
      kills++;
      client.dead = true;
      if (random() < 0.5) runUnanswered(run!);
      else if (random() < 0.5) late.push(run!);
      for (const other of jobs.filter((waiting) => waiting.client === client)) jobs.splice(jobs.indexOf(other), 1);
      onKill?.(client);
    } else if (trouble < 0.04) {
      client.stalledUntil = now + stallMs * (0.5 + 3 * random());
      jobs.push(job);
    } else if (trouble < 0.06) {
      job.reject(new DossierError('offline'));
    } else if (trouble < 0.08) {
      runUnanswered(run!, () => job.reject(new DossierError('timeout')));
    } else if (trouble < 0.1) {
      late.push(run!);
      job.reject(new DossierError('timeout'));
    } else if (trouble < 0.11) {
      job.reject(new DossierError('locked'));
    } else {
      return false;
    }
    return true;
  };

  return {
    request,
    pass: (ms: number) => void (now += ms),
    clockOf: (client: Client): Clock => ({
      now: () => now + client.skew,
      sleep: async (ms, signal) => void (await enqueue(client, now + ms, undefined, signal)),
    }),
    through(client: Client, drive: Drive): Drive {
      const ask = <T>(run: () => Promise<T>): Promise<T> => request(client, run);
      return {
        ...drive,
        stat: (...given) => ask(() => drive.stat(...given)),
        createFolder: (...given) => ask(() => drive.createFolder(...given)),
        remove: (...given) => ask(() => drive.remove(...given)),
        move: (...given) => ask(() => drive.move(...given)),
        upload: (...given) => ask(() => drive.upload(...given)),
        prove: (...given) => ask(() => drive.prove(...given)),
        startUploads: (...given) => ask(() => drive.startUploads(...given)),
        append: (...given) => ask(() => drive.append(...given)),
        inspectUpload: (...given) => ask(() => drive.inspectUpload(...given)),
        commit: (...given) => ask(() => drive.commit(...given)),
        async *list(...given) {
          yield await ask(async () => (await all(drive.list(...given))).flat());
        },
        async *read(...given) {
          yield* await ask(() => all(drive.read(...given)));
        },
      };
    },
    /**
     * Another process's view of a store: its answers take part in the schedule, but a store on this machine neither
     * loses nor delays them.
     */
    store(client: Client, store: StateStore): StateStore {
      const turn = <T>(run: () => Promise<T>): Promise<T> =>
        enqueue(client, now, undefined).then(() => (client.dead ? new Promise<never>(() => undefined) : run()));
      return {
        get: (...given) => turn(() => store.get(...given)),
        getAll: (...given) => turn(() => store.getAll(...given)),
        list: (...given) => turn(() => store.list(...given)),
        keys: (...given) => turn(() => store.keys(...given)),
        commit: (...given) => turn(() => store.commit(...given)),
        close: () => store.close(),
      };
    },
    /** Goes on until no client has anything left to do, or `until` says so. */
    async run(clients: readonly Client[], until: () => boolean = () => false): Promise<Outcome> {
      const alive = () => clients.filter(({ dead, done }) => !dead && !done);
      while (alive().length > 0 && !until()) {
        await Promise.all(unanswered);
        await settle();
        const ready = jobs.filter(({ client, at }) => at <= now && client.stalledUntil <= now);
        if (ready.length === 0) {
          const next = Math.min(...jobs.map(({ client, at }) => Math.max(at, client.stalledUntil)));
          if (!Number.isFinite(next)) {
            if (alive().length > 0 && !until()) throw new Error(`seed ${seed}: clients wait for nothing`);
            break;
          }
          now = Math.max(now, next);
          continue;
        }
        const job = ready[seededInteger(random, ready.length)]!;
        jobs.splice(jobs.indexOf(job), 1);
        if (clockJumps && random() < 0.01) job.client.skew += (random() - 0.5) * 600_000;
        if (!job.run) {
          job.resolve(undefined);
          continue;
        }
        if (++requests > 50_000) throw new Error(`seed ${seed}: no end`);
        now += 1 + seededInteger(random, 200);
        if (late.length > 0 && random() < 0.3)
          await late.splice(seededInteger(random, late.length), 1)[0]!().catch(() => undefined);
        if (!disturb(job, alive().length)) await job.run().then(job.resolve, job.reject as (error: unknown) => void);
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
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
