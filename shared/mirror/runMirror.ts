import { DossierError, isDossierError, toDossierError } from '../core/errors.ts';
import { sha256Hex } from '../core/hashing.ts';
import { foldedName } from '../core/names.ts';
import { rootPath } from '../core/paths.ts';
import { silentLog } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import { ensureFolder } from '../drive/ensureFolder.ts';
import { createLeaseKeeper, type HeldLease, renewWhile } from '../state/lease.ts';
import { applyPlan, recordDue, type Work } from './apply.ts';
import { createContents } from './contents.ts';
import { type MirrorMemory, mirrorWork, openMemory, readKnown, uploadId } from './memory.ts';
import type {
  MirrorContext,
  MirrorJob,
  MirrorPlan,
  MirrorPorts,
  MirrorResult,
  MirrorSide,
  MirrorSummary,
  Place,
} from './mirror.ts';
import { conflictsIn, type DetailedPlan, isSending, makePlan, type PlannedStep } from './plan.ts';
import { createFilter } from './rules.ts';
import { abandon } from './send.ts';
import { type DestinationTree, listDestination, listSource } from './trees.ts';

const usualLeaseMs = 60_000;
/** Looks at both sides in one run: what changes while it goes on is taken up again, until it is left to the next run. */
const mostPasses = 3;

/** Names the mirror of two places for good. `source` and `destination` tell whose places they are. */
export function mirrorId(source: string, destination: string): string {
  return sha256Hex(JSON.stringify([source, destination])).slice(0, 32);
}

/** What a run would do. Looks only; reads contents where revisions do not tell. */
export async function planMirror(job: MirrorJob, ports: MirrorPorts, context: MirrorContext = {}): Promise<MirrorPlan> {
  await demandApart(job, ports, context);
  return (await look(job, ports, await readKnown(ports.store, job.id), context)).plan;
}

/**
 * Brings the destination to what the source is. Obligations:
 * - the source is only read;
 * - at the destination nothing is replaced, moved or removed but what is exactly as the mirror left it, unless the rules
 * say `overwrite`; what the mirror did not make is never lost, whatever they say;
 * - what a listing could not tell counts as neither gone nor free;
 * - a run that would delete too much does nothing until the number is confirmed (`mostRemovals`);
 * - of two runs at one time the second ends with `locked`; one that was killed is gone on with by the next.
 *
 * Codes: `locked`, `invalid-input` (rules that cannot be read; one side lies in the other), `not-found` (no source), and
 * those of the store. What stops a run that has begun is told in the summary.
 */
export async function runMirror(
  job: MirrorJob,
  ports: MirrorPorts,
  context: MirrorContext = {},
): Promise<MirrorSummary> {
  await demandApart(job, ports, context);
  const { store, clock, holder, leaseMs = usualLeaseMs, log = silentLog } = ports;
  const lease = await createLeaseKeeper({ store, clock, holder, leaseMs }).take(mirrorWork(job.id));
  if (!lease) throw new DossierError('locked', 'Another run of this mirror is under way');
  const inner = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, inner.signal]) : inner.signal;
  const heartbeat = renewWhile({ clock, leaseMs, log }, lease, inner);
  try {
    const memory = await openMemory(store, job.id, lease);
    return await runUnderLease(job, ports, memory, { ...context, signal });
  } catch (error) {
    await giveBack(lease, error);
    throw inner.signal.aborted ? inner.signal.reason : error;
  } finally {
    inner.abort(new DossierError('cancelled'));
    await heartbeat;
  }
}

async function giveBack(lease: HeldLease, error: unknown): Promise<void> {
  if (!isDossierError(error, 'lease-lost')) await lease.end([]).catch(() => undefined);
}

type Context = MirrorContext & { readonly signal: AbortSignal };

async function runUnderLease(
  job: MirrorJob,
  ports: MirrorPorts,
  memory: MirrorMemory,
  context: Context,
): Promise<MirrorSummary> {
  const began = ports.clock.now();
  const tally = createTally(context);
  let ending: Pick<MirrorSummary, 'ending' | 'error'>;
  try {
    await recordDue({ ports, memory, job, signal: context.signal }, memory.known);
    ending = await passes(job, ports, memory, { context, tally, began });
  } catch (thrown) {
    const error = toDossierError(thrown);
    if (error.code === 'lease-lost') throw error;
    ending = { ending: 'error', error };
  }
  const summary = tally.summary({ ...ending, began, ended: ports.clock.now() });
  await memory.end(summary);
  return summary;
}

interface Running {
  readonly context: Context;
  readonly tally: Tally;
  readonly began: number;
}

async function passes(
  job: MirrorJob,
  ports: MirrorPorts,
  memory: MirrorMemory,
  { context, tally, began }: Running,
): Promise<Pick<MirrorSummary, 'ending'>> {
  let stale: PlannedStep[] = [];
  for (let pass = 0; pass < mostPasses; pass++) {
    let seen = await look(job, ports, memory, context);
    // A disk that goes away while it is listed looks like one from which files were removed.
    if (seen.plan.removals > 0) seen = await look(job, ports, memory, context);
    const { plan, destination, contents } = seen;
    tally.planned(plan);
    const isHeld = plan.needsConfirmation && plan.removals > (context.mostRemovals ?? 0);
    const isStopped = job.rules.conflicts === 'stop' && stoppers(plan).length > 0;
    // Both say that nothing was done: once something was, they are for the next run.
    if (pass > 0 && (isHeld || isStopped)) break;
    if (isHeld) return { ending: 'confirmation' };
    if (isStopped) {
      await memory.tellConflicts(
        stoppers(plan).map(({ place, reason }) => ({ place, reason, action: 'leave', at: began })),
      );
      for (const step of stoppers(plan)) tally.tell({ ...step, action: 'leave', ok: false });
      return { ending: 'conflicts' };
    }
    await abandonUnplanned(job.destination, memory, plan);
    if (plan.steps.length > 0)
      await retry(() => ensureFolder(job.destination.drive, job.destination.folder, context), {
        clock: ports.clock,
        signal: context.signal,
      });
    const { signal } = context;
    const { tell, onSent } = tally;
    const work: Work = { job, ports, memory, contents, destination, began, signal, tell, onSent };
    stale = await applyPlan(work, plan);
    if (stale.length === 0) return { ending: 'done' };
  }
  for (const step of stale) tally.tell({ ...step, ok: false });
  return { ending: 'done' };
}

/** What the rule `stop` stops at: every change of what the mirror made, and every name that somebody else has taken. */
function stoppers({ steps }: DetailedPlan): PlannedStep[] {
  return [
    ...conflictsIn(steps),
    ...steps.filter(({ reason, action }) => reason === 'gone at the destination' && action === 'send'),
  ] as PlannedStep[];
}

interface Seen {
  readonly plan: DetailedPlan;
  readonly destination: DestinationTree;
  readonly contents: ReturnType<typeof createContents>;
}

async function look(
  job: MirrorJob,
  { clock }: MirrorPorts,
  { known, intents }: Pick<MirrorMemory, 'known' | 'intents'>,
  context: MirrorContext,
): Promise<Seen> {
  const { source: from, destination: to, rules } = job;
  context.onProgress?.({ phase: 'looking', files: 0, ofFiles: 0, bytes: 0, ofBytes: 0 });
  const filter = createFilter(rules);
  const [source, destination] = await Promise.all([
    listSource(from, filter, clock, context),
    listDestination(to, clock, context),
  ]);
  context.onProgress?.({ phase: 'comparing', files: 0, ofFiles: source.files.size, bytes: 0, ofBytes: 0 });
  const contents = createContents({ source: from.drive, destination: to.drive, clock }, context);
  const plan = await makePlan({ source, destination, known, intents, rules, filter, contents });
  return { plan, destination, contents };
}

/** What was begun by a run that was cut off, and is not to be sent any more. */
async function abandonUnplanned({ drive }: MirrorSide, memory: MirrorMemory, plan: DetailedPlan): Promise<void> {
  const wanted = new Set(plan.steps.filter(isSending).map(({ place }) => uploadId(place)));
  const unwanted = [...memory.uploads.keys()].filter((id) => !wanted.has(id));
  if (unwanted.length > 0) await abandon(drive, memory, unwanted);
}

/** A mirror into itself would grow without end, and would write to its source. */
async function demandApart(
  { source, destination }: MirrorJob,
  { clock }: MirrorPorts,
  context: MirrorContext,
): Promise<void> {
  const whose = async ({ drive, folder }: MirrorSide): Promise<string> => {
    const { id } = await retry(() => drive.account(context), { clock, signal: context.signal });
    return foldedName(`${drive.kind} ${id}${folder === rootPath ? '' : folder}`).replaceAll('\\', '/');
  };
  const [from, to] = await Promise.all([whose(source), whose(destination)]);
  if (from === to || from.startsWith(`${to}/`) || to.startsWith(`${from}/`))
    throw new DossierError('invalid-input', 'The source and the destination of a mirror must lie apart', {
      advice: 'Choose a destination that is not in the source, and that the source is not in.',
    });
}

interface Tally {
  readonly tell: (result: MirrorResult) => void;
  readonly onSent: (bytes: number) => void;
  planned(plan: DetailedPlan): void;
  summary(ending: Pick<MirrorSummary, 'ending' | 'error' | 'began' | 'ended'>): MirrorSummary;
}

/** A folder that was made, and of which something could not be read, is not mirrored whole. */
function lacking(told: MirrorResult, before: MirrorResult | undefined): MirrorResult {
  if (told.action !== 'makeFolder' || !told.ok || before?.ok !== false || before.reason !== 'cannot be read')
    return told;
  return { ...told, ok: false, reason: before.reason, ...(before.error && { error: before.error }) };
}

/** The last result of each place counts. */
function createTally({ onProgress, onResult }: MirrorContext): Tally {
  const results = new Map<Place, MirrorResult>();
  let first: DetailedPlan | undefined;
  let last: DetailedPlan | undefined;
  let ofFiles = 0;
  let files = 0;
  let bytes = 0;
  let onWay = 0;
  const progress = () => onProgress?.({ phase: 'sending', files, ofFiles, bytes: onWay, ofBytes: first?.bytes ?? 0 });
  return {
    planned(plan) {
      if (!first) ofFiles = plan.steps.filter(isSending).length;
      first ??= plan;
      last = plan;
    },
    tell(told) {
      // What stood in the way was told of before the file or folder that took its name.
      const before = results.get(told.place);
      const keptAt = told.keptAt ?? before?.keptAt;
      const result = lacking(keptAt === undefined ? told : { ...told, keptAt }, before);
      results.set(result.place, result);
      // Without digests, what stood in the way has another name now, and the file itself is still to come.
      if (isSending(result) && result.ok && result.digests) {
        files += 1;
        bytes += result.size;
      }
      onResult?.(result);
      progress();
    },
    onSent(more) {
      onWay += more;
      progress();
    },
    summary(ending) {
      const all = [...results.values()];
      const count = (isOne: (result: MirrorResult) => boolean) => all.filter(isOne).length;
      const done = (...actions: readonly MirrorResult['action'][]) =>
        count(({ action, ok }) => ok && actions.includes(action));
      return {
        ...ending,
        sent: count((result) => isSending(result) && result.ok && result.digests !== undefined),
        moved: done('move'),
        unchanged: (first?.unchanged ?? 0) + done('adopt'),
        ignored: first?.ignored ?? 0,
        kept: done('keep'),
        removed: done('remove'),
        archived: done('archive'),
        conflicts: conflictsIn(all).length,
        failed: count(({ ok, reason }) => !ok && ending.ending !== 'conflicts' && reason !== undefined),
        bytes,
        removals: last?.removals ?? 0,
      };
    },
  };
}
