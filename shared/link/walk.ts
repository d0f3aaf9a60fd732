import { isDossierError, throwIfCancelled } from '../core/errors.ts';
import { foldedName } from '../core/names.ts';
import type { DrivePath } from '../core/paths.ts';
import { isInStore } from '../core/storeFolder.ts';
import type { Change, ChangePage } from '../drive/changes.ts';
import type { FileEntry } from '../drive/entry.ts';
import { ofEntry } from '../drive/unreadable.ts';
import type { LedgerRecord } from '../ledger/backends/backend.ts';
import type { Occurrence } from '../ledger/log/log.ts';
import { assetId } from '../ledger/statement/asset.ts';
import { isNews, type KnownFile } from './knownFile.ts';
import { isActive, type Link } from './link.ts';
import type { LinkState } from './linkStore.ts';
import { linkOccurrence } from './links.ts';
import type { LinkWork } from './linkWork.ts';
import { mustLookThere, stillMissed } from './missed.ts';
import type { Gap, Position } from './position.ts';
import { createReading } from './reading.ts';
import { type Happening, lose, sight, takenAway } from './reconcile.ts';
import { type RecordedChange, recordedChange } from './recordedChange.ts';
import { createUnreadList, type Unread } from './unread.ts';
import { gapsOf } from './unreadGaps.ts';
import { isSameSubject } from './verdict.ts';

export type { RecordedChange } from './recordedChange.ts';

export interface WalkProgress {
  /** Files that the drive named so far. */
  readonly files: number;
  readonly recorded: number;
  /** What could not be read, if anything: told at the end. Nothing was stated of it. */
  readonly unread?: readonly Unread[];
}

export interface WalkOptions extends LinkWork {
  readonly assetKey: Uint8Array;
  /**
   * List everything instead of asking what changed: finds what a feed does not tell, such as names that changed only
   * their case.
   */
  readonly sweep?: boolean;
  /**
   * Look into every folder once the last time is as long ago as this, milliseconds; what is cut off is not tried again
   * before. Finds what others wrote behind the back of a server that tells changes by its folders.
   */
  readonly everywhereAfterMs?: number;
  readonly onProgress?: (progress: WalkProgress) => void;
  /** Told after each durable step, by the one walker that stored it: each change once, whatever meets or repeats. */
  readonly onRecorded?: (changes: readonly RecordedChange[]) => void | Promise<void>;
}

/**
 * Files whose changes are recorded and stored together; fewer where each of them is read, or sent to a service of
 * others: a batch must not outlast the hold.
 */
const batchSizes = { quick: 500, slow: 16 };

/**
 * Finds out what changed in a linked folder and records it. The first walk is the scan. Durable after every page: cut
 * off anywhere, the next walk goes on there and records nothing twice. Several walkers at one link do no harm. Does
 * nothing for a folder that is not linked any more. Codes: those of the drive, the ledger and the store.
 */
export async function walkLink(options: WalkOptions): Promise<WalkProgress> {
  let progress: WalkProgress = { files: 0, recorded: 0 };
  const report = (files: number, recorded: number) => {
    progress = { ...progress, files: progress.files + files, recorded: progress.recorded + recorded };
    options.onProgress?.(progress);
  };
  const work = async (state: LinkState) => {
    const link = await linkedStill(options);
    if (link) await createWalk(options, link, state, report).run();
    const { unread } = state.position;
    if (unread) progress = { ...progress, unread };
  };
  await options.states.hold(options.id, options.drive.capabilities.caseSensitive, work, options.signal);
  return progress;
}

async function linkedStill({ id, links, signal }: WalkOptions): Promise<Link | undefined> {
  const link = await links.get(id, signal);
  return link && isActive(link) ? link : undefined;
}

function createWalk(
  options: WalkOptions,
  link: Link,
  state: LinkState,
  report: (files: number, recorded: number) => void,
) {
  const { drive, ledger, clock, signal } = options;
  const { index } = state;
  const { caseSensitive } = drive.capabilities;
  const batchSize = link.hashPolicy === 'download' || ledger.kind !== 'embedded' ? batchSizes.slow : batchSizes.quick;
  const resumed = state.position.mode !== 'rest';
  const held = new Set<string>();
  let position: Position = state.position;
  const namedFolders = new Set<string>();
  const placeOf = (path: DrivePath) => (caseSensitive ? path : foldedName(path));
  const unread = createUnreadList({
    before: position.unread ?? [],
    caseSensitive,
    now: () => clock.now(),
    isNamed: (path) => namedFolders.has(placeOf(path)),
  });
  const reading = createReading(options, link, unread);
  let saves = 0;
  let everywhere = false;

  const assetOf = (entry: FileEntry) =>
    assetId(options.assetKey, { kind: link.kind, account: link.account, file: entry.id ?? entry.path });

  /** What is known of a file. The ledger knows it already when it came from another linked folder. */
  const recall = async (asset: string, entry: FileEntry): Promise<KnownFile | undefined> => {
    const known = index.get(asset);
    if (known) return known;
    const newest = await ledger.newest(asset, signal);
    if (!newest) return undefined;
    const content = await reading.contentOf(undefined, asset, entry);
    // Another store of this link may have recorded the very same: it is the same occasion, and is told here as well.
    const isReplay =
      !content ||
      content === 'unread' ||
      (newest.event === 'Register' && isSameSubject(newest.subjects[0], content.digests));
    return isReplay ? undefined : fromLedger(newest, entry.path);
  };

  const fromLedger = ({ asset, subjects, event, index: at }: LedgerRecord, path: DrivePath): KnownFile => ({
    asset,
    path,
    revision: '',
    digests: subjects[0] ?? {},
    hashSource: 'none',
    live: event !== 'Delete',
    walk: 0,
    index: at,
  });

  /**
   * Does what the walker before had set out to do. It may be long ago: a file of it that this walk does not meet is
   * gone.
   */
  const takeOver = async (): Promise<void> => {
    const { intent } = position;
    if (!intent) return;
    for (const { asset } of intent.files) held.add(asset);
    await complete(new Map(intent.files.map((file) => [file.asset, file])), intent.occurrences, {
      ...position,
      held: [...held],
    });
  };

  /**
   * What is to be recorded is stored first: whoever comes after a kill does exactly that, whatever has happened to the
   * files since.
   */
  const settle = async (
    files: ReadonlyMap<string, KnownFile>,
    happenings: readonly Happening[],
    next: Position,
  ): Promise<void> => {
    const occurrences = happenings.map(({ occurrence }) => occurrence);
    const concerned = new Set(occurrences.map(({ asset }) => asset));
    if (occurrences.length > 0)
      await state.save(
        [],
        {
          ...position,
          intent: { files: [...files.values()].filter(({ asset }) => concerned.has(asset)), occurrences },
        },
        signal,
      );
    await complete(files, occurrences, next);
  };

  /** Records, then stores: told twice, the ledger records once. */
  const complete = async (
    files: ReadonlyMap<string, KnownFile>,
    occurrences: readonly Occurrence[],
    next: Position,
  ): Promise<void> => {
    saves++;
    const recorded = occurrences.length === 0 ? [] : await ledger.append(occurrences, signal);
    const stored = new Map(files);
    for (const { asset, index: at } of recorded) stored.set(asset, { ...(stored.get(asset) as KnownFile), index: at });
    for (const file of stored.values()) index.put(file);
    const { intent: _, ...settled } = next;
    await state.save(stored.values(), settled, signal);
    position = settled;
    if (recorded.length > 0)
      await options.onRecorded?.(
        recorded.map((each, at) =>
          recordedChange(occurrences[at] as Occurrence, stored.get(each.asset) as KnownFile, each),
        ),
      );
  };

  const apply = async (changes: readonly Change[], next: () => Position): Promise<void> => {
    const files = new Map<string, KnownFile>();
    const happenings: Happening[] = [];
    let seen = 0;
    for (const change of changes) {
      throwIfCancelled(signal);
      const entry = change.type === 'present' && change.entry.type === 'file' ? change.entry : undefined;
      const asset = entry && assetOf(entry);
      for (const file of takenAway(index, change, asset)) held.add(file.asset);
      noteNamed(change);
      if (!entry || asset === undefined) continue;
      seen++;
      held.delete(asset);
      const known = await recall(asset, entry);
      const content = await reading.contentOf(known, asset, entry);
      if (!content || content === 'unread') {
        // Of the listing only this counts: it is not gone.
        if (known && index.get(asset)) files.set(asset, { ...(index.get(asset) as KnownFile), walk: position.walk });
        continue;
      }
      const digest = content.digests.sha256 ?? content.digests.dropboxContentHash;
      const derivedFrom = known || digest === undefined ? undefined : index.firstWith(digest);
      const result = sight({
        link,
        asset,
        entry,
        content,
        known,
        derivedFrom,
        walk: position.walk,
        caseSensitive,
        now: clock.now(),
      });
      if (result.happenings.length > 0 || isNews(index.get(asset), result.file)) files.set(asset, result.file);
      index.put(result.file);
      happenings.push(...result.happenings);
    }
    const then = next();
    // A look that found nothing new stores nothing: the store may lie in the same account, and would be news itself.
    if (files.size > 0 || happenings.length > 0 || then !== position) await settle(files, happenings, then);
    report(seen, happenings.length);
  };

  const noteNamed = (change: Change): void => {
    if (change.type === 'gone') return unread.settleWithin(change.path);
    if (change.entry.type === 'file') return;
    unread.settle(change.entry.path);
    if (position.mode === 'full') namedFolders.add(placeOf(change.entry.path));
  };

  /** Files that could not be read before, or a moment ago. */
  const tryAgain = async (): Promise<void> => {
    const left = unread.left();
    const changes = await reading.tryAgain();
    // A feed names again only what changed.
    if (drive.capabilities.changes === 'feed' && position.mode === 'feed')
      for (const each of left) if (!each.file) changes.push(...(await lookAgain(each)));
    for (let at = 0; at < changes.length; at += batchSize)
      await apply(changes.slice(at, at + batchSize), () => position);
  };

  /** What lies now at a place that could not be read; of a folder a full listing tells. */
  const lookAgain = async (place: Unread): Promise<Change[]> => {
    const { path, spelling } = place;
    const entry = spelling === undefined ? await drive.stat({ path }, { signal }).catch(skipped) : 'unread';
    if (entry === 'unread') unread.carry(place);
    if (entry === 'unread' || entry?.type === 'folder') return [];
    unread.settle(path);
    return entry ? [{ type: 'present', entry }] : [];
  };

  const openGap = async (occasion: string): Promise<Gap> => {
    const gap = position.gap ?? { occasion, since: position.completedAt ?? link.linkedAt };
    await ledger.append([linkOccurrence('GapStart', link, index.values(), gap.since, gap.occasion)], signal);
    return gap;
  };

  /**
   * From the beginning: whatever this listing does not name is gone. Stored first, so that no earlier listing's marks
   * count.
   */
  const beginFull = async (gap: Gap | undefined): Promise<void> => {
    const { cursor: _, ...kept } = position;
    // Held ones are as little named by the listing as all others that are gone.
    held.clear();
    await settle(new Map(), [], { ...kept, mode: 'full', walk: position.walk + 1, held: [], ...(gap ? { gap } : {}) });
  };

  const begin = async (): Promise<void> => {
    for (const asset of position.held) held.add(asset);
    await takeOver();
    const { generation } = link;
    if (position.generation !== generation) {
      const gap = position.generation > 0 ? await openGap(`link ${generation}`) : undefined;
      await settle(new Map(), [], { ...position, generation, ...(gap ? { gap } : {}) });
    }
    // The cursor of a walking drive is as old as its last complete walk: what came and went since then, only a full
    // listing tells.
    const mustList =
      position.cursor === undefined || (resumed ? drive.capabilities.changes === 'walk' : options.sweep === true);
    if (!mustList && !resumed && isEverywhereDue()) {
      everywhere = true;
      await settle(new Map(), [], { ...position, listedAt: clock.now() });
    }
    if (mustList) await beginFull(undefined);
    else if (!resumed) position = { ...position, mode: 'feed' };
  };

  const isEverywhereDue = (): boolean =>
    drive.capabilities.changes === 'walk' &&
    options.everywhereAfterMs !== undefined &&
    clock.now() - (position.listedAt ?? 0) >= options.everywhereAfterMs;

  const applyPage = async (page: ChangePage): Promise<void> => {
    if (page.reset) await beginFull(await openGap(`reset ${position.walk}`));
    const changes = happenedIn(page).filter(isOfUser);
    for (let at = 0; at === 0 || at < changes.length; at += batchSize) {
      const isLast = at + batchSize >= changes.length;
      // The cursor moves with the last batch of a page; with the last page only after what is gone was recorded.
      await apply(changes.slice(at, at + batchSize), () =>
        isLast && !page.complete ? { ...position, cursor: page.cursor, held: [...held] } : position,
      );
    }
  };

  /** Files that are not where they were, nor anywhere else that could be read. */
  const findGone = (): KnownFile[] => {
    const isUnnamed = (file: KnownFile) => position.mode === 'full' && file.walk < position.walk && !unread.mayBe(file);
    const gone = [...index.values()].filter((file) => file.live && (held.has(file.asset) || isUnnamed(file)));
    if (position.mode === 'full') unread.closeFull();
    return gone;
  };

  const recordGone = async (gone: readonly KnownFile[]): Promise<void> => {
    for (let at = 0; at < gone.length; at += batchSize) {
      const files = new Map<string, KnownFile>();
      const happenings: Happening[] = [];
      for (const known of gone.slice(at, at + batchSize)) {
        const happening = lose(link, known, clock.now());
        files.set(known.asset, happening.file);
        if (!(await options.links.isElsewhere(link, known.asset, signal))) happenings.push(happening);
      }
      await settle(files, happenings, position);
      report(0, happenings.length);
    }
  };

  /** Now it is certain what is gone; unless it may lie where nothing can be read since: then it stays as it is. */
  const finish = async (cursor: string | undefined): Promise<void> => {
    const gone = findGone();
    // Without ids a file that moved is another one.
    const missed = drive.capabilities.stableIds ? stillMissed(position, gone, unread, index) : [];
    const waiting = new Set(missed.flatMap(({ assets }) => assets));
    await recordGone(gone.filter(({ asset }) => !waiting.has(asset)));
    if (position.gap)
      await ledger.append([linkOccurrence('GapEnd', link, index.values(), clock.now(), position.gap.occasion)], signal);
    const gaps = gapsOf(position.unread ?? [], unread, link, index.values(), clock.now());
    if (gaps.length > 0) await ledger.append(gaps, signal);
    const { generation, walk, mode } = position;
    const listedAt = mode === 'full' ? clock.now() : position.listedAt;
    // The drive's memory holds nothing of what was withheld: only a full listing tells what of it is gone.
    const mustList = mode === 'feed' && unread.resolved().some(({ withholds }) => withholds);
    await settle(new Map(), [], {
      mode: 'rest',
      generation,
      walk,
      held: [...waiting],
      completedAt: clock.now(),
      ...(cursor === undefined || mustList ? {} : { cursor }),
      ...(listedAt === undefined ? {} : { listedAt }),
      ...(unread.all().length > 0 && { unread: unread.all() }),
      ...(missed.length > 0 && { missed }),
    });
  };

  /**
   * Applies all that the drive tells from where the position stands, and gives the cursor that it leads to; undefined
   * where nothing is to be stored.
   */
  const readChanges = async (isUnchanged: boolean): Promise<{ readonly cursor: string | undefined } | undefined> => {
    let { cursor } = position;
    let isUntouched = isUnchanged;
    for await (const page of drive.changes(link.folder, cursor, { signal }, { everywhere })) {
      // Nothing happened: nothing is stored. A store that lies in the same account would be a change of its own, and
      // each walk call for the next.
      isUntouched &&= page.complete && !page.reset && !happenedIn(page).some(isOfUser);
      const { unreadable = [] } = page;
      if (isUntouched && unreadable.length === 0 && !position.unread) return undefined;
      if ((await linkedStill(options))?.generation !== link.generation) {
        await state.release(signal);
        return undefined;
      }
      if (!isUntouched) await applyPage(page);
      for (const each of unreadable) if (!isInStore(each.path)) unread.note(each);
      reading.demandFew();
      if (page.complete) cursor = page.cursor;
    }
    await tryAgain();
    return isUntouched && saves === 0 && unread.isAsBefore() ? undefined : { cursor };
  };

  return {
    async run(): Promise<void> {
      await begin();
      let { cursor } = position;
      try {
        let read = await readChanges(!resumed && position.mode === 'feed' && position.gap === undefined);
        const isFeed = position.mode === 'feed' && drive.capabilities.changes === 'feed';
        if (read && isFeed && mustLookThere(position.missed ?? [], unread, held)) {
          await beginFull(undefined);
          read = await readChanges(false);
        }
        if (!read) return;
        cursor = read.cursor;
      } catch (error) {
        if (!isDossierError(error, 'not-found') || (await drive.stat(link.folder, { signal }))) throw error;
        // The folder itself is gone, and everything with it. Should it come back, it is listed anew.
        for (const { asset, live } of index.values()) if (live) held.add(asset);
        cursor = undefined;
      }
      await finish(cursor);
    },
  };
}

/** What a page tells, and what it advises to look at again. */
function happenedIn({ changes, again = [] }: ChangePage): readonly Change[] {
  return again.length === 0 ? changes : [...changes, ...again.map((entry): Change => ({ type: 'present', entry }))];
}

/** A failure of one entry; all others stop the walk. */
function skipped(error: unknown): 'unread' {
  ofEntry(error);
  return 'unread';
}

function isOfUser(change: Change): boolean {
  return !isInStore(change.type === 'gone' ? change.path : change.entry.path);
}
