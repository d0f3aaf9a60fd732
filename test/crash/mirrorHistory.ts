import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { concatBytes } from '../../shared/core/bytes.ts';
import { DossierError, isDossierError } from '../../shared/core/errors.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import { parentOf, parsePath, rootPath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { ensureFolder } from '../../shared/drive/ensureFolder.ts';
import type { FileEntry, FolderEntry } from '../../shared/drive/entry.ts';
import { readStatus } from '../../shared/mirror/memory.ts';
import type {
  MirrorConflict,
  MirrorJob,
  MirrorResult,
  MirrorRules,
  MirrorSummary,
} from '../../shared/mirror/mirror.ts';
import { runMirror } from '../../shared/mirror/runMirror.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { hurriedClock } from '../support/hurriedClock.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { type MirrorWorld, openLocal } from './mirrorWorlds.ts';

export interface MirrorFaults {
  /** Contents or names of the source that the mirror changed. */
  source_touched: number;
  /** Contents of others, or of the mirror where the rules keep them, that are nowhere any more. */
  lost: number;
  /** Of these, those that were replaced although the rules did not say so, or without being reported. */
  overwritten_unasked: number;
  /** Files of the source that a run that ended well has not brought to the destination, or that should be gone there. */
  diverged: number;
}

export interface MirrorVerdict extends MirrorFaults {
  readonly seed: number;
  readonly runs: number;
  readonly kills: number;
  readonly operations: number;
  readonly conflicts: number;
  readonly sentences: readonly string[];
}

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** One random history of both sides of a mirror, with runs that die, meet each other and are overtaken. */
export async function runMirrorHistory(seed: number, world: MirrorWorld, steps = 14): Promise<MirrorVerdict> {
  const random = seeded(`mirror history ${seed}`);
  const below = (count: number) => seededInteger(random, count);
  const pick = <T>(from: readonly T[]): T | undefined => from[below(from.length)];
  const root = await mkdtemp(join(tmpdir(), 'mirror-from-'));
  const home = await world.fresh();
  const store = createMemoryState();
  const rules: MirrorRules = {
    ignore: ['*.tmp', '/secret/'],
    deletions: (['keep', 'delete', 'archive'] as const)[below(3)]!,
    archive: 'Archive',
    conflicts: (['keepBoth', 'keepBoth', 'overwrite', 'stop'] as const)[below(4)]!,
  };
  const job: MirrorJob = {
    id: 'a',
    source: { drive: readOnly(openLocal(root)), folder: rootPath },
    destination: { drive: world.open(), folder: home.path },
    rules,
  };
  const model = createModel(root, { other: world.open(), home, rules, below, pick });
  const verdict = { seed, runs: 0, kills: 0, operations: 0, conflicts: 0, sentences: [] as string[] };
  const faults: MirrorFaults = { source_touched: 0, lost: 0, overwritten_unasked: 0, diverged: 0 };
  const judge = async (ended: Ended) => {
    verdict.conflicts += ended.results.filter(({ reason }) => reason.includes('destination')).length;
    await model.judge(ended, (kind, sentence) => {
      faults[kind] += 1;
      verdict.sentences.push(`${kind}: ${sentence}`);
    });
  };
  try {
    for (let step = 0; step < steps && verdict.sentences.length === 0; step++) {
      for (let count = 1 + below(4); count > 0; count--) {
        await model.operate();
        verdict.operations += 1;
      }
      if (below(3) === 0) {
        await runAndDie(job, store, below(12)).catch(unlessKilled);
        verdict.kills += 1;
        if (below(2) === 0) await model.operate();
      }
      verdict.runs += 1;
      const ended = below(4) === 0 ? await runTwice(job, store) : await run(job, store);
      await judge({ ...ended, told: (await readStatus(store, job.id)).conflicts });
    }
  } finally {
    await rm(root, { recursive: true, force: true });
    await world.open().remove(home);
  }
  return { ...verdict, ...faults };
}

interface Ended {
  readonly summary: MirrorSummary;
  readonly results: readonly MirrorResult[];
  /** What runs that died had told before they did anything. */
  readonly told?: readonly MirrorConflict[];
}

/** As a person does who is asked: what was stopped is looked at, then confirmed. */
async function run(job: MirrorJob, store: StateStore, holder = 'one'): Promise<Ended> {
  const results: MirrorResult[] = [];
  const ports = { store, clock: hurriedClock, holder, leaseMs: 150 };
  const once = (mostRemovals: number) =>
    runMirror(job, ports, { mostRemovals, onResult: (result) => void results.push(result) });
  let summary = await untilFree(() => once(0));
  if (summary.ending === 'confirmation') summary = await untilFree(() => once(summary.removals));
  return { summary, results };
}

/** A lease of a run that was killed passes. */
async function untilFree<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isDossierError(error, 'locked') || tries > 200) throw error;
      await hurriedClock.sleep(400);
    }
  }
}

/** Two processes at once: one of them waits, or one stalls until the other takes over. */
async function runTwice(job: MirrorJob, store: StateStore): Promise<Ended> {
  const stalling = stallingStore(store, 2);
  const [first] = await Promise.all([
    run(job, stalling, 'stalled').catch(async (error: unknown) => {
      if (!isDossierError(error, 'lease-lost')) throw error;
      return undefined;
    }),
    run(job, store, 'other'),
  ]);
  const last = await run(job, store, 'last');
  return { summary: last.summary, results: [...(first?.results ?? []), ...last.results] };
}

function unlessKilled(error: unknown): void {
  if (!isDossierError(error, 'cancelled') && !isDossierError(error, 'locked')) throw error;
}

function unlessOvertaken(error: unknown): void {
  const codes = ['revision-conflict', 'already-exists', 'type-mismatch', 'unsupported', 'not-found'] as const;
  if (!codes.some((code) => isDossierError(error, code))) throw error;
}

/** A process that dies at one of its writes: nothing that it does after that reaches anything. */
async function runAndDie(job: MirrorJob, store: StateStore, lives: number): Promise<void> {
  let left = lives;
  const onWay = new Set<Promise<unknown>>();
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new DossierError('cancelled', 'Killed');
    const request = work();
    onWay.add(request);
    return request;
  };
  const { drive } = job.destination;
  const dying: Drive = {
    ...drive,
    upload: (...given) => alive(() => drive.upload(...given)),
    commit: (...given) => alive(() => drive.commit(...given)),
    move: (...given) => alive(() => drive.move(...given)),
    remove: (...given) => alive(() => drive.remove(...given)),
    createFolder: (...given) => alive(() => drive.createFolder(...given)),
  };
  const dyingStore: StateStore = { ...store, commit: (...given) => alive(() => store.commit(...given)) };
  try {
    await run({ ...job, destination: { ...job.destination, drive: dying } }, dyingStore, 'dying');
  } finally {
    // What had left the process arrives.
    await Promise.allSettled(onWay);
  }
}

/** One commit takes so long that the lease passes to somebody else. */
function stallingStore(store: StateStore, at: number): StateStore {
  let commits = 0;
  return {
    ...store,
    async commit(changes, signal) {
      if (++commits === at) await hurriedClock.sleep(6_000);
      return store.commit(changes, signal);
    },
  };
}

/** Any call that writes is a mistake of the mirror. */
function readOnly(drive: Drive): Drive {
  const refuse = async (): Promise<never> => {
    throw new TypeError('The mirror wrote to its source');
  };
  return {
    ...drive,
    createFolder: refuse,
    remove: refuse,
    move: refuse,
    copy: refuse,
    upload: refuse,
    uploadStreamed: refuse,
    startUploads: refuse,
    append: refuse,
    commit: refuse,
  };
}

interface Around {
  readonly other: Drive;
  readonly home: FolderEntry;
  readonly rules: MirrorRules;
  readonly below: (count: number) => number;
  readonly pick: <T>(from: readonly T[]) => T | undefined;
}

interface Model {
  /** Something happens at one of the sides. */
  operate(): Promise<void>;
  judge(ended: Ended, tell: (kind: keyof MirrorFaults, sentence: string) => void): Promise<void>;
}

function createModel(root: string, { other, home, rules, below, pick }: Around): Model {
  /** Place to content: what the source has. */
  const originals = new Map<string, string>();
  /** Contents that somebody else wrote at the destination, and that nobody but they may take away. */
  const theirs = new Map<string, { readonly place: string; readonly wasMirrored: boolean }>();
  /** Every content that the source ever had, by place. */
  const ever = new Map<string, Set<string>>();
  let count = 0;
  const native = (place: string) => join(root, place);
  const names = ['plan.txt', 'Note é.md', 'photo #1.jpg', 'junk.tmp', 'deep/er/one.txt', 'deep/two.txt', 'secret/key'];
  const place = () => `/${pick(['', 'A/', 'B/'])}${pick(names)}`;
  const write = async (at: string, content: string) => {
    await mkdir(dirname(native(at)), { recursive: true });
    await writeFile(native(at), content);
    originals.set(at, content);
    (ever.get(at) ?? ever.set(at, new Set()).get(at)!).add(content);
  };
  const destined = async () => {
    const files: { readonly place: string; readonly entry: FileEntry; readonly content: string }[] = [];
    for await (const page of other.list(home, { recursive: true }))
      for (const entry of page)
        if (entry.type === 'file') {
          const parts: Uint8Array[] = [];
          for await (const part of other.read(entry)) parts.push(part);
          files.push({ place: entry.path.slice(home.path.length), entry, content: decode(concatBytes(parts)) });
        }
    return files;
  };
  const put = async (at: string, content: string, replace?: string) => {
    const path = parsePath(home.path + at);
    const folder = await ensureFolder(other, parentOf(path));
    const bytes = encode(content);
    const target = { folder, name: path.slice(path.lastIndexOf('/') + 1), ...(replace !== undefined && { replace }) };
    await other.upload(target, bytes, digestsOf(bytes));
  };

  const operations: Readonly<Record<string, () => Promise<void>>> = {
    async create() {
      const at = place();
      if (at.startsWith('/B/') && (await stat(native('/B')).catch(() => undefined))?.isFile()) return;
      await write(at, `original ${++count}`);
    },
    async edit() {
      const at = pick([...originals.keys()]);
      // Sometimes of the same length.
      if (at) await write(at, `original ${++count}`);
    },
    async touch() {
      const at = pick([...originals]);
      if (at) await write(at[0], at[1]);
    },
    async renameOriginal() {
      const at = pick([...originals.keys()]);
      const to = `/${pick(['', 'A/', 'C/'])}renamed ${++count}.txt`;
      if (!at) return;
      await mkdir(dirname(native(to)), { recursive: true });
      await rename(native(at), native(to));
      const content = originals.get(at)!;
      originals.delete(at);
      originals.set(to, content);
      ever.set(to, new Set([content]));
    },
    async removeOriginal() {
      const at = pick([...originals.keys()]);
      if (!at) return;
      await rm(native(at));
      originals.delete(at);
    },
    async emptyFolder() {
      await mkdir(native(`/Empty ${below(3)}`), { recursive: true });
    },
    async removeTree() {
      const top = pick(['/A', '/B', '/deep', '/Empty 1'])!;
      await rm(native(top), { recursive: true, force: true });
      for (const at of [...originals.keys()]) if (at === top || at.startsWith(`${top}/`)) originals.delete(at);
    },
    /** A file where a folder was, and the reverse. */
    async fileForFolder() {
      const found = await stat(native('/B')).catch(() => undefined);
      if (found?.isDirectory()) {
        await rm(native('/B'), { recursive: true });
        for (const at of [...originals.keys()]) if (at.startsWith('/B/')) originals.delete(at);
        await write('/B', `original ${++count}`);
      } else if (found) {
        await rm(native('/B'));
        originals.delete('/B');
        await write('/B/inside.txt', `original ${++count}`);
      }
    },
    async editTheirs() {
      const found = pick((await destined()).filter(({ place }) => !place.startsWith('/Archive')));
      if (!found) return;
      const content = `theirs ${++count}`;
      await put(found.place, content, found.entry.revision);
      const before = theirs.get(found.content);
      theirs.delete(found.content);
      const wasMirrored = before?.wasMirrored || (ever.get(found.place)?.has(found.content) ?? false);
      theirs.set(content, { place: found.place, wasMirrored });
    },
    async addTheirs() {
      const at = below(2) === 0 ? place() : `/theirs ${++count}.txt`;
      const content = `theirs ${++count}`;
      if (await other.stat({ path: parsePath(home.path + at) })) return;
      await put(at, content);
      theirs.set(content, { place: at, wasMirrored: false });
    },
    async removeTheirs() {
      const found = pick(await destined());
      if (!found) return;
      await other.remove(found.entry);
      theirs.delete(found.content);
    },
    async moveTheirs() {
      const found = pick(await destined());
      if (!found) return;
      const name = `moved ${++count}.txt`;
      await other.move(found.entry, home, name);
      if (!theirs.has(found.content)) theirs.set(`${found.content}`, { place: `/${name}`, wasMirrored: false });
    },
  };
  const chances = {
    create: 9,
    edit: 6,
    touch: 2,
    renameOriginal: 3,
    removeOriginal: 3,
    emptyFolder: 1,
    removeTree: 1,
    fileForFolder: 1,
    editTheirs: 4,
    addTheirs: 2,
    removeTheirs: 2,
    moveTheirs: 1,
  };
  const bag = Object.entries(chances).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));
  const isIgnored = (at: string) => at.endsWith('.tmp') || at.startsWith('/secret/');

  return {
    async operate() {
      const name = pick(bag)!;
      if (process.env['TRACE']) process.stderr.write(`${name}\n`);
      // What a run that was killed had sent may arrive only now.
      await operations[name]!().catch(unlessOvertaken);
    },
    async judge({ summary, results, told = [] }, tell) {
      if (process.env['TRACE'])
        process.stderr.write(
          `${JSON.stringify({ ...summary, rules })}\n${results.map((each) => `    ${each.action} ${each.from ?? ''} ${each.place} (${each.reason}) ${each.ok} ${each.keptAt ?? ''} ${each.error ?? ''}\n`).join('')}`,
        );
      const there = await destined();
      const contents = new Set(there.map(({ content }) => content));
      for (const [at, content] of originals)
        if ((await readFile(native(at), 'utf8').catch(() => undefined)) !== content)
          tell('source_touched', `${at} is not "${content}" any more`);
      const listed = (await readdir(root, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
      if (listed.length !== originals.size) tell('source_touched', `${listed.length} files for ${originals.size}`);
      for (const [content, { place: at, wasMirrored }] of theirs) {
        if (contents.has(content)) continue;
        theirs.delete(content);
        const isReported = [...results, ...told].some(
          ({ place, reason }) => place === at && reason === 'changed at the destination',
        );
        if (rules.conflicts === 'overwrite' && wasMirrored && isReported) continue;
        tell(rules.conflicts === 'overwrite' && wasMirrored ? 'overwritten_unasked' : 'lost', `${at} "${content}"`);
      }
      if (summary.ending === 'conflicts') return;
      if (summary.ending !== 'done') return tell('diverged', `ended as ${summary.ending}: ${summary.error}`);
      judgePlaces(there, tell);
    },
  };

  function judgePlaces(
    there: readonly { readonly place: string; readonly content: string }[],
    tell: (kind: keyof MirrorFaults, sentence: string) => void,
  ): void {
    const at = new Map(there.map(({ place, content }) => [place, content]));
    for (const [place, content] of originals)
      if (!isIgnored(place) && at.get(place) !== content)
        tell('diverged', `${place} is "${at.get(place)}" instead of "${content}"`);
    for (const { place, content } of there) {
      if (isIgnored(place) && originals.get(place) === content && !theirs.has(content))
        tell('diverged', `${place} is left out, and was sent`);
      const wasSent = ever.get(place)?.has(content) === true;
      if (wasSent && !originals.has(place) && rules.deletions !== 'keep' && !theirs.has(content))
        tell('diverged', `${place} should be gone`);
    }
  }
}
