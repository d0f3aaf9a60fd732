import { DossierError, isDossierError, throwIfCancelled } from '../../../shared/core/errors.ts';
import type { Clock } from '../../../shared/core/ports.ts';
import type { EpochFolders, Standing } from './epochFolders.ts';
import type { Batch } from './epochRecord.ts';
import { adoptView, applyBatch, emptyView, hasAdopted, openView, snapshotOf, type View } from './view.ts';

/*
 * The epoch log: agreement between any number of clients, built on exclusive folder creation alone.
 *
 * Rules.
 *  R1  Epoch N belongs to the one client whose creation of folder `epochs/N` succeeded. A client that does not know
 * whether it succeeded is not
 *      that client. Nobody else ever writes into the folder, and the owner writes each name once, with one content.
 *  R2  After creating N the owner looks at the epochs again. If one is higher, it gives N up. Otherwise it takes the
 * highest opened epoch P below
 *      N, reads it, now, to its last record, and writes that into its opening (record 0 of N): all commits up to
 * position p of P, adopted.
 *  R3  The owner commits by writing the next record, and then looking at the epochs: the commit counts only when none
 * is higher than N.
 *  R4  A reader takes the highest epoch, reads its records, and then looks at the epochs: what it read counts only when
 * none is higher. While the
 *      highest epoch has no opening, a reader waits, or creates the next epoch itself.
 *  R5  Only the owner of an opened, verified N removes epochs, and only those below N. So the highest opened epoch
 * always stays.
 *
 * What holds, given that creation is exclusive and that listings and reads show every completed write:
 *  - What counted is adopted. Let record r of P count: some look at the epochs, after r was written, showed none above
 * P. Any epoch N > P is
 *    created after that look, and its owner reads P after creating N (R2), hence sees r. By induction over the opened
 * epochs above P, r is in
 *    every later opening that counts. (An owner skips an epoch only if it shows no opening when read; had anything
 * there counted before, then
 *    so had its opening, which would be seen.)
 *  - There is one history. Two owners N < M that both count: N's last counting look was before M was created, so all
 * that N ever counted is in M.
 *    What N writes later does not count for N (R3), and nobody reads it: M's opening has fixed p, and readers take M or
 * higher.
 *  - A loser knows. An owner that finds a higher epoch after its write looks for (N, position) in the lineage of the
 * highest opened one: adopted
 *    means committed, otherwise it was not and never will be, and the commit is tried again.
 *  - A killed or stalled owner costs one wait: its hold runs out, or is seen unchanged for as long by the waiter's own
 * clock. Clocks decide who
 *    waits for whom and nothing else: an owner that is overtaken too early loses an epoch, never a commit.
 */

export interface EpochLogOptions {
  readonly folders: EpochFolders;
  readonly clock: Clock;
  readonly jitter: () => number;
  /** Milliseconds after its last commit that an owner is left alone. */
  readonly holdMs: number;
}

/** One client's hold on the log. Its methods must not overlap. */
export interface EpochLog {
  /** What everybody sees, as of some moment during the call. */
  current(signal?: AbortSignal): Promise<View>;
  /** Owns the highest epoch when it resolves, as far as anybody can know. */
  acquire(signal?: AbortSignal): Promise<View>;
  /**
   * `committed`, or `lost` when another epoch came in between and did not adopt it. After a failure nobody knows before
   * the next look.
   */
  append(batch: Batch): Promise<'committed' | 'lost'>;
  /** True when the epoch of `acquire` is still the highest. */
  stillOwned(): Promise<boolean>;
  release(): Promise<void>;
}

/** An epoch is followed by the next when it has so many records: a new reader reads them one by one. */
const recordsPerEpoch = 100;
/**
 * The tail that openings carry before a snapshot is written, in base64 bytes; a quarter of the records when that is
 * more.
 */
const longestTail = 128 * 1024;

export function createEpochLog({ folders, clock, jitter, holdMs }: EpochLogOptions): EpochLog {
  let view: View = emptyView();
  /** The epoch of the view is ours, and nothing has gone wrong in it. */
  let owned = false;
  /** The latest epoch that we created: nobody else writes there, so there is nobody to wait for. */
  let ours = 0;
  let seen = { epoch: 0, position: 0, since: 0 };

  const unchangedFor = (epoch: number, position: number): number => {
    const now = clock.now();
    if (seen.epoch !== epoch || seen.position !== position || now < seen.since) seen = { epoch, position, since: now };
    return now - seen.since;
  };

  const readOn = async (last: number): Promise<void> => {
    for (let from = view.position + 1; from <= last; from = view.position + 1) {
      const group = Array.from({ length: Math.min(8, last - from + 1) }, (_, index) =>
        folders.record(view.epoch, from + index),
      );
      for (const record of await Promise.all(group)) {
        view.position = record.position;
        if (record.kind === 'append') applyBatch(view, record.batch);
        view.until = record.kind === 'append' ? record.until : 0;
      }
    }
  };

  /** Makes `epoch` the view. `gone`: it was folded away, so there is a later one. */
  const load = async (epoch: number): Promise<'opened' | 'unopened' | 'gone'> => {
    try {
      const last = await folders.lastPosition(epoch);
      if (last === undefined) return 'gone';
      if (last < 0) return 'unopened';
      if (epoch !== view.epoch) {
        const opening = await folders.opening(epoch);
        view = await openView(opening, opening.snapshot && folders.snapshot(opening.snapshot));
      }
      await readOn(last);
      return 'opened';
    } catch (error) {
      if (isDossierError(error, 'not-found')) return 'gone';
      throw error;
    }
  };

  /**
   * R4. `unopened` is the highest epoch when it has no opening yet: the view is then of an earlier one, and does not
   * count.
   */
  const look = async (): Promise<{ standing: Standing; unopened: boolean }> => {
    // An epoch below the highest may be half folded away, or be written to by a late request: what it shows matters
    // only while it is the highest.
    let damage: unknown;
    if (!owned && view.epoch > 0) await load(view.epoch).catch((error: unknown) => (damage = error));
    for (;;) {
      const standing = await folders.standing();
      if (standing.highest < view.epoch)
        throw new DossierError('state-corrupt', 'The stored records have gone back to an earlier time');
      if (standing.highest === view.epoch) {
        if (damage !== undefined) throw damage;
        return { standing, unopened: false };
      }
      damage = undefined;
      owned = false;
      if ((await load(standing.highest)) === 'unopened') return { standing, unopened: true };
    }
  };

  const isFree = (highest: number, unopened: boolean): boolean => {
    if (highest === 0 || highest === ours) return true;
    const unchanged = unchangedFor(highest, unopened ? -1 : view.position);
    return unchanged >= holdMs || (!unopened && clock.now() >= view.until);
  };

  /** R2. False when somebody else was faster. */
  const take = async (epoch: number): Promise<boolean> => {
    if (!(await folders.create(epoch))) return false;
    ours = epoch;
    const { epochs, highest } = await folders.standing();
    if (highest > epoch || !(await loadPredecessor(epochs.filter((other) => other < epoch)))) return false;
    const next = adoptView(view, epoch);
    const size = [...next.records.values()].reduce((sum, { value }) => sum + value.length, 0);
    if (next.tailSize > Math.max(longestTail, size / 4)) {
      next.snapshot = await folders.writeSnapshot(epoch, snapshotOf(next));
      next.tail = [];
      next.tailSize = 0;
    }
    next.until = clock.now() + holdMs;
    const { until, lineage, snapshot, tail } = next;
    const written = await folders.write({
      kind: 'opening',
      epoch,
      until,
      lineage,
      ...(snapshot ? { snapshot } : {}),
      tail,
    });
    const after = await folders.standing();
    if (!written || after.highest !== epoch) return false;
    view = next;
    owned = true;
    // What cannot be removed now is removed by a later owner.
    await folders.fold(epoch, after, snapshot).catch(() => undefined);
    return true;
  };

  const loadPredecessor = async (below: readonly number[]): Promise<boolean> => {
    for (const epoch of [...below].reverse()) {
      const found = await load(epoch);
      if (found === 'opened') return true;
      if (found === 'gone') return false;
    }
    // Nothing was ever opened; this is only so when every epoch there ever was is still there and empty.
    if (below.some((epoch, index) => epoch !== index + 1) || below.length !== ours - 1) {
      throw new DossierError('state-corrupt', 'Stored records have been removed by something other than Dossier');
    }
    view = emptyView();
    return true;
  };

  const wait = (signal: AbortSignal | undefined): Promise<void> =>
    clock.sleep((holdMs / 10) * (0.5 + jitter()), signal);

  const acquire = async (signal?: AbortSignal): Promise<View> => {
    if (owned && view.position >= recordsPerEpoch) owned = false;
    for (let wanted = 0; !owned; ) {
      throwIfCancelled(signal);
      const { standing, unopened } = await look();
      const { highest } = standing;
      if (isFree(highest, unopened)) {
        if (await take(highest + 1)) break;
      } else if (wanted !== highest) {
        await folders.want(highest);
        wanted = highest;
      }
      await wait(signal);
    }
    return view;
  };

  const current = async (signal?: AbortSignal): Promise<View> => {
    for (;;) {
      throwIfCancelled(signal);
      const { standing, unopened } = await look();
      if (!unopened) return view;
      if (isFree(standing.highest, true)) await acquire(signal);
      else await wait(signal);
    }
  };

  const release = async (): Promise<void> => {
    if (!owned) return;
    owned = false;
    // Unless it arrives, the others wait until the hold runs out.
    await folders.write({ kind: 'release', epoch: view.epoch, position: view.position + 1 }).catch(() => undefined);
  };

  return {
    current,
    acquire,
    release,
    async stillOwned() {
      owned &&= (await folders.standing()).highest === view.epoch;
      return owned;
    },
    async append(batch) {
      const { epoch } = view;
      const position = view.position + 1;
      const until = clock.now() + holdMs;
      // Until the look below has shown that it counts, the next writer must not be this epoch.
      owned = false;
      const written = await folders.write({ kind: 'append', epoch, position, until, batch });
      const standing = await folders.standing();
      if (written && standing.highest === epoch) {
        owned = true;
        Object.assign(view, { position, until });
        applyBatch(view, batch);
        if (standing.wanted.has(epoch)) await release();
        return 'committed';
      }
      const adopted = hasAdopted(await current(), epoch, position);
      if (adopted === undefined)
        throw new DossierError(
          'server-error',
          'Nobody can tell any more whether the records were stored: look before storing them again',
        );
      return adopted ? 'committed' : 'lost';
    },
  };
}
