import type { Clock, RandomBytes } from '../../core/ports.ts';
import { type CompactionPorts, compact, flush, planCompaction, writeSegments } from '../segments/compaction.ts';
import { writeHeads } from '../segments/heads.ts';
import { applyEdit, type Edit, type Manifest, segmentsOf } from '../segments/manifest.ts';
import { type Row, sizeOfRow } from '../segments/rows.ts';
import { sourceOf } from '../segments/table.ts';
import type { FormerStore } from './formerStore.ts';
import { sortedRows, type View } from './view.ts';

/** Rows of a store of format 1 that become one run, in bytes. */
const formerRun = 16 * 2 ** 20;

export interface UpkeepOptions extends CompactionPorts {
  readonly former: FormerStore;
  readonly clock: Clock;
  /** Whether a record stays in the log: it is read by everybody, or written again and again. */
  readonly staysAtHand: (row: Row) => boolean;
  /** Milliseconds for which what nobody needs any more is kept for those who read it just now. */
  readonly graceMs: number;
}

/** Moves rows from the log into segments and merges these: what one client does of it for all. */
export interface Upkeep {
  begin(view: View, beat: () => Promise<void>): Promise<void>;
  tidy(view: View): Promise<() => Promise<void>>;
  isUntidy(): boolean;
  /** Whether the view has more in the log than the next reader should have to fetch. */
  isLarge(view: View): boolean;
  /** Begins to merge, if that is due and not under way. Nobody need wait for it. */
  start(view: View): void;
  /** What was begun is over, one way or the other. */
  settled(): Promise<void>;
}

interface Merged {
  readonly edit: Edit;
  /** `sweeps` of the view whose segments were merged. */
  readonly sweeps: number;
  /** Segments that were there before. */
  readonly names: readonly string[];
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { files, former, clock, graceMs } = options;
  let merged: Merged | undefined;
  let merging: Promise<void> | undefined;

  const movingRows = ({ rows }: View): Row[] => [...rows.values()].filter((row) => !options.staysAtHand(row));

  const merge = async ({ manifest, sweeps }: View): Promise<void> => {
    const plan = planCompaction(manifest, options.levels);
    if (!plan) return;
    const names = await files.names();
    merged = { edit: await compact(plan, options), sweeps, names };
  };

  /**
   * Brings in what was merged, unless something has happened to it. A segment that was there before and that nobody
   * names was left behind by a client that ended: it becomes garbage, and whoever may still be about to name such a one
   * finds that `sweeps` has changed.
   */
  const applyMerged = (view: View): void => {
    const ready = merged;
    merged = undefined;
    const next = ready && ready.sweeps === view.sweeps && applyEdit(view.manifest, ready.edit, clock.now());
    if (!next) return;
    const named = [...segmentsOf(next), ...next.garbage, ...(next.heads ? [next.heads] : [])];
    const known = new Set(named.map(({ name }) => name));
    const left = ready.names.filter((name) => !known.has(name) && /^[0-9a-f]{64}$/.test(name));
    view.manifest = {
      ...next,
      garbage: [...next.garbage, ...left.map((name) => ({ name, since: clock.now() }))],
    };
    if (left.length > 0) view.sweeps++;
  };

  /**
   * Whether files of format 1 are to be removed now. Once the opening counts, not before: until then the owner of an
   * earlier epoch may still be reading them, would take what is gone for a store that never was, and be adopted.
   */
  const isFormerDue = async (view: View): Promise<boolean> => {
    if (view.formerSince === undefined || clock.now() - view.formerSince < graceMs) return false;
    // What cannot be seen now is looked for by a later owner.
    const isThere = await former.isThere().catch(() => undefined);
    if (isThere === false) view.formerSince = undefined;
    return isThere === true;
  };

  return {
    async begin(view, beat) {
      await former.check();
      await former.end();
      const content = await former.content();
      if (!content) return;
      view.base = content.base;
      const { runs, atHand } = await runsOf(content.snapshot, options, beat);
      view.manifest = { ...view.manifest, runs };
      view.rows = new Map([...atHand.map((row) => [row.key, row] as const), ...content.rows]);
      view.size = sizeOfRows(view.rows.values());
      view.formerSince = clock.now();
    },
    async tidy(view) {
      const before = view.manifest;
      applyMerged(view);
      const formerDue = await isFormerDue(view);
      const moving = movingRows(view);
      const size = sizeOfRows(moving);
      if (size > options.levels.tail) {
        view.manifest = await flush(view.manifest, sortedRows(moving), options, clock.now());
        for (const { key } of moving) view.rows.delete(key);
        view.size -= size;
      }
      if (view.manifest !== before) view.manifest = await writeHeads(view.manifest, options, clock.now());
      const [kept, due] = split(view.manifest, clock.now() - graceMs);
      view.manifest = kept;
      return async () => {
        for (const name of due) await files.remove(name);
        if (formerDue) await former.remove();
      };
    },
    isLarge: (view) => sizeOfRows(movingRows(view)) > options.levels.tail,
    isUntidy: () => merged !== undefined,
    start(view) {
      if (merging || merged || !planCompaction(view.manifest, options.levels)) return;
      merging = merge(view)
        // Merging can be done again, by anybody.
        .catch(() => undefined)
        .finally(() => (merging = undefined));
    },
    settled: async () => merging,
  };
}

/** Runs of what a store of format 1 held, the last ones first: no key is in two of them. What stays at hand is apart. */
async function runsOf(
  rows: AsyncIterable<Row>,
  options: UpkeepOptions & { readonly random: RandomBytes },
  beat: () => Promise<void>,
): Promise<{ runs: Manifest['runs']; atHand: readonly Row[] }> {
  const shape = { ...options.shape, segmentSize: Number.POSITIVE_INFINITY };
  const runs: Manifest['runs'][number][] = [];
  const atHand: Row[] = [];
  let [held, size]: [Row[], number] = [[], 0];
  const write = async (): Promise<void> => {
    runs.unshift(...(await writeSegments(sourceOf(sortedRows(held)), { ...options, shape })));
    [held, size] = [[], 0];
  };
  for await (const row of rows) {
    await beat();
    if (options.staysAtHand(row)) {
      atHand.push(row);
      continue;
    }
    held.push(row);
    size += sizeOfRow(row);
    if (size >= formerRun) await write();
  }
  await write();
  return { runs, atHand };
}

function sizeOfRows(rows: Iterable<Row>): number {
  let size = 0;
  for (const row of rows) size += sizeOfRow(row);
  return size;
}

/** The manifest without the garbage that is due by now, and that garbage. */
function split(manifest: Manifest, before: number): readonly [kept: Manifest, due: readonly string[]] {
  const due = manifest.garbage.filter(({ since }) => since <= before);
  return [
    { ...manifest, garbage: manifest.garbage.filter(({ since }) => since > before) },
    due.map(({ name }) => name),
  ];
}
