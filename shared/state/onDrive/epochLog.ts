import { DossierError, isDossierError, throwIfCancelled } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { StateChange } from '../state.ts';
import type { EpochFolders, Progress, Standing } from './epochFolders.ts';
import {
  adoptView,
  applyRows,
  emptyView,
  hasAdopted,
  openView,
  rowsOf,
  sortedRows,
  type View,
  versionAt,
} from './view.ts';

/*
 * The epoch log: agreement between any number of clients, built on exclusive folder creation alone. What it agrees on
 * is small: which segments there are, and what is newer than they are. See README.md for the segments.
 *
 * Rules.
 *  R1  Epoch N belongs to the one client whose creation of folder `log/N` succeeded. A client that does not know
 *      whether it succeeded is not that client. Nobody else ever writes into the folder, and the owner writes each name
 *      once, with one content.
 *  R2  After creating N the owner looks at the epochs again. If one is higher, it gives N up. Otherwise it takes the
 *      highest opened epoch P below N, reads it, now, to its last record, and writes that into its opening (record 0 of
 *      N): all commits up to position p of P, adopted. Where none was ever opened, that is what the store of format 1
 *      held after its end, or nothing.
 *  R3  The owner commits by writing the next record, and then looking at the epochs: the commit counts only when none
 *      is higher than N. Its first commit may be part of the opening, and counts by the same look.
 *  R4  A reader takes the highest epoch, reads its records, and then looks at the epochs: what it read counts only when
 *      none is higher. A listing that shows nothing but what it has read before is such a look. While the highest epoch
 *      has no opening, a reader waits, or creates the next epoch itself.
 *  R5  Only the owner of an opened, verified N removes epochs, and only those below N. So the highest opened epoch
 *      always stays.
 *
 * What holds, given that creation is exclusive and that listings and reads show every completed write:
 *  - What counted is adopted. Let record r of P count: some look at the epochs, after r was written, showed none above
 *    P. Any epoch N > P is created after that look, and its owner reads P after creating N (R2), hence sees r. By
 *    induction over the opened epochs above P, r is in every later opening that counts. (An owner skips an epoch only
 *    if it shows no opening when read; had anything there counted before, then so had its opening, which would be seen.)
 *  - There is one history. Two owners N < M that both count: N's last counting look was before M was created, so all
 *    that N ever counted is in M. What N writes later does not count for N (R3), and nobody reads it: M's opening has
 *    fixed p, and readers take M or higher.
 *  - A loser knows. An owner that finds a higher epoch after its write looks for (N, position) in the lineage of the
 *    highest opened one: adopted means committed, otherwise it was not and never will be, and the commit is tried again.
 *  - A killed or stalled owner costs one wait: its hold runs out, or is seen unchanged for as long by the waiter's own
 *    clock. Clocks decide who waits for whom and nothing else: an owner that is overtaken too early loses an epoch,
 *    never a commit.
 */

export interface EpochLogOptions {
  readonly folders: EpochFolders;
  readonly clock: Clock;
  readonly jitter: () => number;
  /** Milliseconds after its last commit that an owner is left alone. */
  readonly holdMs: number;
  /** Whether there is a store of format 1, which is to be carried over before anything can be read. */
  hasFormer(): Promise<boolean>;
  /** What a store is begun with, for the owner of an epoch below which nothing was opened. `beat` shows that it lives. */
  begin(view: View, beat: () => Promise<void>): Promise<void>;
  /** Moves rows into segments, before an opening is written. Gives what to do once the opening counts. */
  tidy(view: View): Promise<() => Promise<void>>;
  /** Whether there is something that only `tidy` can bring in. */
  isUntidy(): boolean;
}

/** What a commit changes, from what it finds; rejects when it does not want to. */
export type CommitPlan = (view: View) => Promise<readonly StateChange[]>;

/** One client's hold on the log. Its methods must not overlap. */
export interface EpochLog {
  /** What everybody sees, as of some moment during the call. */
  current(signal?: AbortSignal): Promise<View>;
  /**
   * Resolves with the version of what it wrote. Rejects with what the plan rejects with, once it is sure that the plan
   * saw everything. After another failure nobody knows before the next look.
   */
  commit(plan: CommitPlan, signal?: AbortSignal): Promise<number>;
  /** What everybody saw at the last look, if the epoch is ours still. */
  held(): { readonly view: View; readonly at: number } | undefined;
  release(): Promise<void>;
  /** Brings in what `tidy` has to, if the epoch is ours: with an epoch more. */
  tidy(): Promise<void>;
}

/** An epoch is followed by the next when it has so many records: a new reader reads them one by one. */
const recordsPerEpoch = 100;
/** The same for the bytes that are newer than its segments. */
const bytesPerEpoch = 1024 * 1024;
/** Milliseconds for which somebody is left alone who takes long to open an epoch, and shows that it lives. */
const beatMs = 120_000;
/** Looks after which a log that is never twice the same is an error. */
const mostLooks = 200;

interface Look {
  readonly standing: Standing;
  /** The highest epoch has no opening yet: the view is of an earlier one, and does not count. */
  readonly unopened: Progress | undefined;
}

export function createEpochLog(options: EpochLogOptions): EpochLog {
  const { folders, clock, jitter, holdMs } = options;
  let view: View = emptyView();
  /** The epoch of the view is ours, and nothing has gone wrong in it. */
  let owned = false;
  /** The latest epoch that we created: nobody else writes there, so there is nobody to wait for. */
  let ours = 0;
  /** When the view was last known to be what everybody sees. */
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen = { epoch: 0, progress: '', since: 0 };
  /** What can be done later, by anybody: nobody waits for it. */
  let chores: Promise<unknown> = Promise.resolve();

  const unchangedFor = (epoch: number, progress: string): number => {
    const now = clock.now();
    if (seen.epoch !== epoch || seen.progress !== progress || now < seen.since) seen = { epoch, progress, since: now };
    return now - seen.since;
  };

  const readOn = async (last: Progress): Promise<void> => {
    for (let from = view.position + 1; from <= last.position; from = view.position + 1) {
      const group = Array.from({ length: Math.min(8, last.position - from + 1) }, (_, index) =>
        folders.record(view.epoch, from + index),
      );
      for (const { position, until, rows } of await Promise.all(group)) {
        applyRows(view, rows);
        Object.assign(view, { position, until });
      }
    }
    if (last.released) view.until = 0;
  };

  /** Makes `epoch` the view. `gone`: it was folded away, so there is a later one. */
  const load = async (epoch: number, standing: Standing): Promise<'opened' | 'gone' | Progress> => {
    try {
      const last = await folders.progress(epoch, standing);
      if (last === undefined) return 'gone';
      if (last.position < 0) return last;
      if (epoch === view.epoch && last.position < view.position)
        throw new DossierError('state-corrupt', 'The stored records have gone back to an earlier time');
      if (epoch !== view.epoch) view = openView(await folders.opening(epoch));
      await readOn(last);
      return 'opened';
    } catch (error) {
      if (isDossierError(error, 'not-found')) return 'gone';
      throw error;
    }
  };

  const looked = (standing: Standing): Look => {
    lookedAt = clock.now();
    return { standing, unopened: undefined };
  };

  /** R4. */
  const look = async (): Promise<Look> => {
    if (owned) {
      const standing = await folders.standing();
      if (standing.highest === view.epoch) return looked(standing);
      owned = false;
    }
    // An epoch below the highest may be half folded away: what it shows matters only while it is the highest.
    let damaged = 0;
    for (let turn = 0; turn < mostLooks; turn++) {
      const standing = await folders.standing(true);
      const { highest } = standing;
      if (highest < view.epoch)
        throw new DossierError('state-corrupt', 'The stored records have gone back to an earlier time');
      if (highest === 0) return looked(standing);
      const { epoch, position } = view;
      try {
        const found = await load(highest, standing);
        if (found === 'gone') continue;
        if (found !== 'opened') return { standing, unopened: found };
      } catch (error) {
        if (!isDossierError(error, 'state-corrupt') || damaged === highest) throw error;
        damaged = highest;
        continue;
      }
      if (epoch === highest && position === view.position) return looked(standing);
      const after = await folders.standing();
      if (after.highest === highest) return looked(after);
    }
    throw new DossierError('server-error', 'The store changes faster than it can be read');
  };

  const isFree = (highest: number, unopened: Progress | undefined): boolean => {
    if (highest === 0 || highest === ours) return true;
    const unchanged = unchangedFor(highest, unopened ? `beat ${unopened.beats}` : String(view.position));
    if (unopened) return unchanged >= (unopened.beats > 0 ? Math.max(beatMs, holdMs) : holdMs);
    return unchanged >= holdMs || clock.now() >= view.until;
  };

  const loadPredecessor = async (standing: Standing, epoch: number): Promise<'opened' | 'gone' | 'none'> => {
    const below = standing.epochs.filter((other) => other < epoch);
    for (const other of [...below].reverse()) {
      const found = await load(other, standing);
      if (found === 'opened' || found === 'gone') return found;
    }
    // Nothing was ever opened; this is only so when every epoch there ever was is still there and empty.
    if (below.some((other, index) => other !== index + 1) || below.length !== epoch - 1) {
      throw new DossierError('state-corrupt', 'Stored records have been removed by something other than Dossier');
    }
    view = emptyView();
    return 'none';
  };

  /** The view with which an epoch of ours is to be opened; undefined when somebody else was faster. */
  const prepare = async (epoch: number): Promise<{ next: View; afterwards: () => Promise<void> } | undefined> => {
    if (!(await folders.create(epoch))) return undefined;
    ours = epoch;
    const standing = await folders.standing(true);
    if (standing.highest > epoch) return undefined;
    const found = await loadPredecessor(standing, epoch);
    if (found === 'gone') return undefined;
    const next = adoptView(view, epoch);
    try {
      if (found === 'none') await begin(next);
      return { next, afterwards: await options.tidy(next) };
    } catch (error) {
      // Who was overtaken meanwhile may find nothing there any more.
      if (isDossierError(error) && (await folders.standing()).highest > epoch) return undefined;
      throw error;
    }
  };

  const begin = async (next: View): Promise<void> => {
    let [beats, last] = [0, clock.now()];
    await options.begin(next, async () => {
      if (clock.now() - last < holdMs / 2) return;
      last = clock.now();
      await folders.beat(next.epoch, beats++).catch(() => undefined);
    });
  };

  /** R2, with a first commit. Undefined when somebody else was faster, and nothing was committed. */
  const take = async (epoch: number, plan: CommitPlan): Promise<number | undefined> => {
    const prepared = await prepare(epoch);
    if (!prepared) return undefined;
    const { next, afterwards } = prepared;
    let refusal: { readonly reason: unknown } | undefined;
    const changes = await plan(next).catch((reason: unknown): StateChange[] => {
      refusal = { reason };
      return [];
    });
    const rows = rowsOf(changes, next, 0);
    applyRows(next, rows);
    next.until = clock.now() + holdMs;
    const { position: _, size: __, ...state } = next;
    const written = await folders.write({
      kind: 'opening',
      ...state,
      position: 0,
      rows: sortedRows(next.rows.values()),
    });
    const after = await folders.standing();
    if (written && after.highest === epoch) {
      view = next;
      owned = true;
      lookedAt = clock.now();
      chores = chores.then(() => folders.fold(epoch, after).then(afterwards)).catch(() => undefined);
      if (after.wanted.has(epoch)) await release();
      if (refusal) throw refusal.reason;
      return versionAt(next, 0);
    }
    if (rows.length === 0 || !(await wasAdopted(epoch, 0))) return undefined;
    return versionAt(next, 0);
  };

  /** What has become of a record that an epoch of ours holds, now that there is a higher one. */
  const wasAdopted = async (epoch: number, position: number): Promise<boolean> => {
    const adopted = hasAdopted(await current(), epoch, position);
    if (adopted === undefined)
      throw new DossierError(
        'server-error',
        'Nobody can tell any more whether the records were stored: look before storing them again',
      );
    return adopted;
  };

  const stillOwned = async (): Promise<boolean> => {
    owned &&= (await folders.standing()).highest === view.epoch;
    return owned;
  };

  /** R3. Undefined when another epoch came in between and did not adopt it. */
  const append = async (plan: CommitPlan): Promise<number | undefined> => {
    const { epoch } = view;
    const position = view.position + 1;
    let changes: readonly StateChange[];
    try {
      changes = await plan(view);
    } catch (error) {
      if (await stillOwned()) throw error;
      return undefined;
    }
    const version = versionAt(view, position);
    const rows = rowsOf(changes, view, position);
    const until = clock.now() + holdMs;
    // Until the look below has shown that it counts, the next writer must not be this epoch.
    owned = false;
    const written = await folders.write({ kind: 'append', epoch, position, until, rows: sortedRows(rows) });
    const standing = await folders.standing();
    if (written && standing.highest === epoch) {
      owned = true;
      lookedAt = clock.now();
      Object.assign(view, { position, until });
      applyRows(view, rows);
      if (standing.wanted.has(epoch)) await release();
      return version;
    }
    return (await wasAdopted(epoch, position)) ? version : undefined;
  };

  const wait = (signal: AbortSignal | undefined): Promise<void> =>
    clock.sleep((holdMs / 10) * (0.5 + jitter()), signal);

  const commit = async (plan: CommitPlan, signal?: AbortSignal): Promise<number> => {
    const isFull = view.position >= recordsPerEpoch || view.size > bytesPerEpoch || options.isUntidy();
    if (owned && isFull) owned = false;
    // What was just looked at need not be looked at again: creation decides, and is followed by a look.
    let known = view.epoch > 0 && clock.now() - lookedAt < holdMs && isFree(view.epoch, undefined);
    for (let wanted = 0; ; ) {
      throwIfCancelled(signal);
      if (owned) {
        const version = await append(plan);
        if (version !== undefined) return version;
        known = false;
        continue;
      }
      const { standing, unopened } = known ? { standing: undefined, unopened: undefined } : await look();
      const highest = standing?.highest ?? view.epoch;
      if (known || isFree(highest, unopened)) {
        const version = await take(highest + 1, plan);
        if (version !== undefined) return version;
      } else if (wanted !== highest) {
        await folders.want(highest);
        wanted = highest;
      }
      if (!known) await wait(signal);
      known = false;
    }
  };

  const current = async (signal?: AbortSignal): Promise<View> => {
    for (;;) {
      throwIfCancelled(signal);
      const { standing, unopened } = await look();
      const isEmpty = standing.highest === 0 && !(await options.hasFormer());
      if (isEmpty || (standing.highest > 0 && !unopened)) return view;
      if (isFree(standing.highest, unopened)) await take(standing.highest + 1, async () => []);
      else await wait(signal);
    }
  };

  const release = async (): Promise<void> => {
    await chores;
    if (!owned) return;
    owned = false;
    // Unless it arrives, the others wait until the hold runs out.
    await folders.release(view.epoch, view.position).catch(() => undefined);
  };

  const tidy = async (): Promise<void> => {
    if (!owned) return;
    owned = false;
    await take(view.epoch + 1, async () => []);
  };

  const held = () => (owned ? { view, at: lookedAt } : undefined);

  return { current, commit, held, release, tidy };
}
