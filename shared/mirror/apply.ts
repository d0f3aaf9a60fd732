import { DossierError, type ErrorCode, isDossierError, toDossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { nameOf, parentOf } from '../core/paths.ts';
import { retry } from '../core/retry.ts';
import type { FileEntry } from '../drive/entry.ts';
import { ofEntry } from '../drive/unreadable.ts';
import { type Changes, createChanges } from './changes.ts';
import type { Contents } from './contents.ts';
import type { Intent, Known, KnownFile, MirrorMemory } from './memory.ts';
import {
  conflictReasons,
  type MirrorConflict,
  type MirroredVersion,
  type MirrorJob,
  type MirrorPorts,
  type MirrorResult,
  type Place,
} from './mirror.ts';
import { pathIn, placeIn } from './places.ts';
import { conflictsIn, type DetailedPlan, type PlannedStep } from './plan.ts';
import { inParallel } from './pool.ts';
import { batchesOf, sendBatch } from './send.ts';
import type { DestinationTree } from './trees.ts';

/** Changes that are made at one time. */
const width = 4;

/** The world is not as it was listed: the next look decides anew. */
const outdated: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'already-exists',
  'revision-conflict',
  'source-changed',
  'source-missing',
  'parent-missing',
  'not-found',
  'type-mismatch',
]);

export interface Work {
  readonly job: MirrorJob;
  readonly ports: MirrorPorts;
  readonly memory: MirrorMemory;
  readonly contents: Contents;
  readonly destination: DestinationTree;
  readonly began: number;
  readonly signal: AbortSignal;
  readonly tell: (result: MirrorResult) => void;
  readonly onSent: (bytes: number) => void;
}

type Learned = readonly [Place, Known | null];

/** Carries a plan out. Gives the steps whose ground has changed meanwhile. */
export async function applyPlan(work: Work, plan: DetailedPlan): Promise<PlannedStep[]> {
  const { memory, job, signal, ports } = work;
  const again = <T>(repeated: () => Promise<T>) => retry(repeated, { clock: ports.clock, signal });
  const changes = createChanges({
    destination: job.destination,
    rules: job.rules,
    now: () => work.began,
    signal,
    again,
  });
  const stale: PlannedStep[] = [];
  const of = (...actions: readonly PlannedStep['action'][]) =>
    plan.steps.filter(({ action }) => actions.includes(action));
  const each = (steps: readonly PlannedStep[], act: (step: PlannedStep) => Promise<Done>, lanes = width) =>
    carryOut(work, { steps, act, lanes, stale });

  await memory.tellConflicts(conflictsIn(plan.steps).map((step) => conflictOf(work, step)));
  await memory.learn(plan.refreshed);
  await each(of('leave', 'keep', 'forget'), async (step) => standing(step));
  await each(of('adopt'), (step) => adopt(work, step));
  await each(of('remove'), async ({ place, there }) => {
    await changes.remove(there as FileEntry);
    return { learned: [[place, null]] };
  });
  await each(of('archive'), async ({ place, there }) => {
    const keptAt = await changes.archive(there as FileEntry, place);
    return { learned: [[place, null]], result: { keptAt } };
  });
  for (const level of levelsOf(of('makeFolder'))) await each(level, (step) => makeFolder(work, changes, step));
  // So a run that is killed in between knows the file again, at the place that it moved it to.
  await memory.learn([], of('move').flatMap(intentOf));
  await each(of('move'), (step) => move(work, changes, step));
  await each(
    of('removeFolder'),
    async ({ place }) => {
      const isGone = await changes.removeFolder(place);
      return { learned: [[place, null]], ...(!isGone && { result: { action: 'keep' } }) };
    },
    1,
  );
  const cleared = await clearTheWay(work, changes, { steps: of('keepBoth'), stale });
  await send(work, [...of('send', 'replace'), ...cleared], stale);
  return stale;
}

/** How one step ended well. */
interface Done {
  readonly learned: readonly Learned[];
  readonly result?: Partial<MirrorResult>;
}

interface Carrying {
  readonly steps: readonly PlannedStep[];
  readonly act: (step: PlannedStep) => Promise<Done>;
  readonly lanes: number;
  readonly stale: PlannedStep[];
}

/** What was done is remembered also when something in between stops the run. */
async function carryOut({ memory, tell }: Work, { steps, act, lanes, stale }: Carrying): Promise<void> {
  const learned: Learned[] = [];
  try {
    await inParallel(steps, lanes, async (step) => {
      try {
        const done = await act(step);
        learned.push(...done.learned);
        tell({ ...step, ok: step.error === undefined, ...done.result });
      } catch (thrown) {
        const error = toDossierError(thrown);
        if (outdated.has(error.code)) stale.push({ ...step, error });
        else tell({ ...step, ok: false, error: ofEntry(error) });
      }
    });
  } finally {
    if (learned.length > 0) await memory.learn(learned);
  }
}

/** Nothing is done. A copy that somebody changed and whose original is gone is not the mirror's any more. */
function standing({ action, reason, place }: PlannedStep): Done {
  const isLetGo = action === 'forget' || reason === 'removed at the source and changed at the destination';
  const isRefused = reason === 'the name is taken by another file of the mirror';
  const error = new DossierError(
    'already-exists',
    'Another file of this folder has this name at the destination already',
  );
  return { learned: isLetGo ? [[place, null]] : [], ...(isRefused && { result: { ok: false, error } }) };
}

async function adopt(work: Work, step: PlannedStep): Promise<Done> {
  const digests = await work.contents.digestsOf(step.original as FileEntry);
  const file = knownFile(work, step, { entry: step.there as FileEntry, digests });
  return { learned: [[step.place, file]], result: { digests } };
}

async function move(work: Work, changes: Changes, step: PlannedStep): Promise<Done> {
  const { place, from, there, known } = step;
  const entry = await changes.move(there as FileEntry, place);
  const { due: _, ...file } = knownFile(work, step, { entry, digests: (known as KnownFile).digests });
  return {
    learned: [
      [from as Place, null],
      [place, known?.due ? { ...file, due: true } : file],
    ],
  };
}

function intentOf({ place, size, known }: PlannedStep): Intent[] {
  return known ? [{ place, size, digests: known.digests, ...(known.due && { isDue: true }) }] : [];
}

/** Parents before what lies in them. */
function levelsOf(steps: readonly PlannedStep[]): PlannedStep[][] {
  const levels: PlannedStep[][] = [];
  for (const step of steps) (levels[step.place.split('/').length] ??= []).push(step);
  return levels.filter((level) => level !== undefined);
}

async function makeFolder(work: Work, changes: Changes, step: PlannedStep): Promise<Done> {
  const { drive } = work.job.destination;
  const parent = { path: folderAt(work, parentOf(step.place)) };
  const there = work.destination.entries.get(step.place);
  const learned: Learned[] = [[step.place, { type: 'folder' }]];
  const context = { signal: work.signal };
  let result: Partial<MirrorResult> = {};
  try {
    if (there?.type === 'file' && (await drive.stat({ path: there.path }, context))) {
      const keptAt = await changes.setAside(there, step.place);
      result = { keptAt };
      if (conflictReasons.has(step.reason)) await work.memory.tellConflicts([{ ...conflictOf(work, step), keptAt }]);
      // The folder may still fail: where the file lies now is known from here on.
      work.tell({ ...step, ok: true, keptAt });
    }
    await retry(() => drive.createFolder(parent, nameOf(step.place), context), {
      clock: work.ports.clock,
      signal: work.signal,
    });
  } catch (error) {
    if (!isDossierError(error, 'already-exists')) throw error;
    const found = await drive.stat({ path: pathIn(work.job.destination.folder, step.place) }, context);
    if (found?.type !== 'folder') throw error;
  }
  return { learned, result };
}

/** Gives what stands in the way of files other names. */
async function clearTheWay(
  work: Work,
  changes: Changes,
  { steps, stale }: Pick<Carrying, 'steps' | 'stale'>,
): Promise<PlannedStep[]> {
  const cleared: PlannedStep[] = [];
  await carryOut(work, {
    steps,
    lanes: width,
    stale,
    async act(step) {
      const keptAt = await changes.setAside(step.there!, step.known?.at ?? step.place);
      await work.memory.tellConflicts([{ ...conflictOf(work, step), keptAt }]);
      cleared.push(step);
      return { learned: [], result: { keptAt } };
    },
  });
  return cleared;
}

async function send(work: Work, steps: readonly PlannedStep[], stale: PlannedStep[]): Promise<void> {
  const { job, memory, ports, signal, tell, onSent } = work;
  for (const batch of batchesOf(steps)) {
    const folderOf = (place: Place) => folderAt(work, place);
    const isRecorded = ports.record !== undefined;
    const sent = await sendBatch({ ...job, memory, clock: ports.clock, signal, onSent, isRecorded, folderOf }, batch);
    const learned: (readonly [Place, KnownFile])[] = [];
    let stop: DossierError | undefined;
    for (const { step, outcome } of sent) {
      if (outcome.ok) {
        learned.push([step.place, knownFile(work, step, outcome.value)]);
        tell({ ...step, ok: true, digests: outcome.value.digests });
      } else if (outdated.has(outcome.error.code)) stale.push({ ...step, error: outcome.error });
      else if (isOfOne(outcome.error)) tell({ ...step, ok: false, error: outcome.error });
      else stop ??= outcome.error;
    }
    await memory.learn(learned);
    await recordDue(work, learned);
    if (stop) throw stop;
  }
}

function isOfOne(error: DossierError): boolean {
  try {
    return ofEntry(error) === error;
  } catch {
    return false;
  }
}

/** Tells the ledger of versions that it may not have heard of. */
export async function recordDue(
  { ports, memory, job, signal }: Pick<Work, 'ports' | 'memory' | 'job' | 'signal'>,
  files: Iterable<Learned>,
): Promise<void> {
  const due = [...files].filter(
    (each): each is readonly [Place, KnownFile] => each[1]?.type === 'file' && each[1].due === true,
  );
  if (due.length === 0 || !ports.record) return;
  const versions = due.map(([place, { at = place, id, size, modified, digests }]): MirroredVersion => {
    const path = pathIn(job.destination.folder, at);
    return { place, path, ...(id === undefined ? {} : { id }), size, modified, digests };
  });
  await ports.record(versions, signal);
  await memory.learn(due.map(([place, { due: _, ...file }]) => [place, file]));
}

function knownFile(
  { job, ports }: Work,
  { place, original }: PlannedStep,
  { entry, digests }: { readonly entry: FileEntry; readonly digests: Digests },
): KnownFile {
  const at = placeIn(job.destination.folder, entry.path);
  return {
    type: 'file',
    ...(original && !original.unsettled && { fingerprint: original.revision }),
    size: entry.size,
    digests,
    ...(at !== place && { at }),
    revision: entry.revision,
    ...(entry.id !== undefined && { id: entry.id }),
    modified: entry.modified,
    ...(entry.unsettled && { unsettled: true }),
    ...(ports.record && { due: true }),
  };
}

/** As the destination spells it. */
function folderAt({ destination, job }: Pick<Work, 'destination' | 'job'>, place: Place) {
  const there = destination.entries.get(place);
  return there?.type === 'folder' ? there.path : pathIn(job.destination.folder, place);
}

function conflictOf({ began }: Work, { place, reason, action }: PlannedStep): MirrorConflict {
  return { place, reason, action, at: began };
}
