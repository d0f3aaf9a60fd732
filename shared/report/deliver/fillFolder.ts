import { DossierError, type ErrorCode, isDossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { distinctNames, foldedName } from '../../core/names.ts';
import { joinPath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import { bytesSource } from '../../drive/source.ts';
import { refuseUnlessNameless } from '../../drive/unreadable.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import type { Delivery } from '../content/delivery.ts';
import { manifestName, reservedNames } from '../content/fileNames.ts';
import { manifestBytes } from '../content/manifest.ts';
import { type Part, partId, partsOf, refOf } from '../content/parts.ts';
import { describeSubmission } from '../content/submission.ts';
import { planCompanions, removeStaleCompanions } from './companions.ts';
import { deliverItem } from './deliverFile.ts';
import { claimName, isForeignClaim } from './reportFolder.ts';
import { type Failure, sendParts } from './sendParts.ts';
import type { SubmitOrder } from './submitOrder.ts';
import { otherContent } from './takeTurn.ts';

/** How one round ended. */
export interface Round {
  /** `complete`, or changed in the way that the destination made necessary: another file name, another folder. */
  readonly delivery: Delivery;
  /** Why another round is needed, where an error tells it. */
  readonly because?: DossierError;
}

/** What a look at the folder can contradict. */
const aboutPresence: ReadonlySet<ErrorCode> = new Set(['already-exists', 'parent-missing', 'not-found']);

/** Milliseconds before files are looked for again that a server has said are not there. */
const pauseMs = 1_000;

/**
 * Brings every file into the folder of the report, checksums and crate after them, and the manifest last. After an
 * earlier attempt, which may have been killed, the folder is `swept` of what that has left unfinished.
 */
export async function fillFolder(order: SubmitOrder, delivery: Delivery, swept: boolean): Promise<Round> {
  const { report, journal } = order;
  const parts = partsOf(report, delivery);
  await removeStaleCompanions(order, delivery);
  const failures = await sendParts(order, delivery, parts);
  if (failures.length > 0) return remedyFor(order, delivery, failures);
  const changed = await lookAround(order, delivery, parts);
  if (changed) return { delivery: changed };
  if (await removeStaleCompanions(order, delivery)) return { delivery };
  const blocked = await writeManifest(order, delivery);
  if (blocked) return blocked;
  await takeClaimAway(order, delivery);
  if (swept) await sweep(order, delivery);
  const complete: Delivery = { ...delivery, complete: true };
  await journal.save(complete);
  order.onEvent?.({ type: 'complete' });
  return { delivery: complete };
}

/**
 * Once the manifest is there, nothing more may come into the folder: who else still sends this report has lost its turn.
 * The report is whole all the same where this fails.
 */
async function sweep({ drive, signal }: SubmitOrder, delivery: Delivery): Promise<void> {
  await drive.clearUnfinished(refOf(delivery), { signal }).catch((error: unknown) => {
    if (isDossierError(error, 'cancelled')) throw error;
  });
}

/** What can be done about failures without asking anybody; throws the one that a person has to see otherwise. */
async function remedyFor(order: SubmitOrder, delivery: Delivery, failures: readonly Failure[]): Promise<Round> {
  if (!failures.some(({ error }) => aboutPresence.has(error.code)))
    throw mostPressing(failures.map(({ error }) => error));
  const there = await entriesIn(order, delivery);
  if (!there) return { delivery: await leaveFolder(order, delivery, delivery.attempt) };
  // A name is taken where something has it, and not because somebody says so.
  const taken = failures
    .filter(({ part, error }) => error.code === 'already-exists' && there.has(foldedName(part.name)))
    .map(({ part }) => part);
  if (taken.length === 0)
    return contradicted(
      order,
      delivery,
      failures.map(({ error }) => error),
    );
  if (order.turn?.again && !delivery.claimed && !hasForeignClaim(order, there))
    throw otherContent(
      order.report,
      delivery.folder!.path,
      taken.map(({ name }) => name),
    );
  const needed = taken.some(({ attachment }) => attachment === undefined);
  if (delivery.claimed || needed || isForeign(order, there))
    return { delivery: await leaveFolder(order, delivery, delivery.attempt + 1, there) };
  return { delivery: await renameTaken(order, delivery, taken) };
}

/** Gives attachments whose names are taken the next names that are free. */
async function renameTaken({ journal }: SubmitOrder, delivery: Delivery, taken: readonly Part[]): Promise<Delivery> {
  const used = [...reservedNames, ...Object.values(delivery.names)];
  const renamed = distinctNames(
    taken.map(({ name }) => name),
    used,
  );
  const names = {
    ...delivery.names,
    ...Object.fromEntries(taken.map(({ attachment }, index) => [attachment!.id, renamed[index]!])),
  };
  const next = { ...delivery, names };
  await journal.save(next);
  return next;
}

/**
 * Something was said to be missing, or taken, in a folder that shows the opposite. What arrived may be shown only later,
 * so each file is looked for again, and sent again only where it is not there.
 */
async function contradicted(order: SubmitOrder, delivery: Delivery, errors: readonly DossierError[]): Promise<Round> {
  const others = errors.filter(({ code }) => !aboutPresence.has(code));
  if (others.length > 0) throw mostPressing(others);
  const error = mostPressing(errors);
  const { path } = refOf(delivery);
  const because = new DossierError('server-error', say`The server contradicts itself about what is in ${path}`, {
    path,
    cause: error,
    ...(error.operation === undefined ? {} : { operation: error.operation }),
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.status === undefined ? {} : { status: error.status }),
  });
  await order.clock.sleep(pauseMs, order.signal);
  return { delivery, because };
}

/** An error that waiting will not mend comes first: going on by itself would end at it anyway. */
function mostPressing(errors: readonly DossierError[]): DossierError {
  return errors.find(({ retry: mends }) => mends === 'afterUser' || mends === 'never') ?? errors[0]!;
}

/**
 * The folder as it is now, before the manifest says that it is whole. Undefined when all is well. Files may have been
 * taken away since they were proved (a report can be paused for weeks), and the folder may be another report's (see
 * `openReportFolder`). Once the manifest is begun the folder is ours for good: leaving it then could make a second
 * report.
 */
async function lookAround(
  order: SubmitOrder,
  delivery: Delivery,
  parts: readonly Part[],
): Promise<Delivery | undefined> {
  const { journal, report } = order;
  const all = await journal.uploadRecords();
  if (all.some(({ id }) => id === manifestId(refOf(delivery)))) return undefined;
  const there = await entriesIn(order, delivery);
  if (!there) return leaveFolder(order, delivery, delivery.attempt);
  const companions = planCompanions(order, delivery, all, () => undefined);
  const expected = [...parts, ...companions];
  const ours = new Set([claimName(report.id), ...expected.map(({ name }) => name)].map(foldedName));
  const strange = [...there].some(([folded]) => !ours.has(folded));
  // Whoever made the folder yields to a claim; whoever claimed it yields to anything.
  const finished = await anotherRunFinished(order, delivery, there);
  if (!finished && (isForeign(order, there) || (delivery.claimed && strange)))
    return leaveFolder(order, delivery, delivery.attempt + 1, there);
  const ids = new Set(expected.map(({ id }) => id));
  const records = all.filter(({ id, committed }) => ids.has(id) && committed);
  const missing: UploadRecord[] = [];
  for (const record of records) if (!(await isThere(order, refOf(delivery), record, there))) missing.push(record);
  if (missing.length === 0) return undefined;
  await journal.forget(missing.map(({ id }) => id));
  return delivery;
}

/** What lies in the folder, by name; undefined when the folder is gone, also on a second look. */
async function entriesIn(
  { drive, clock, signal }: SubmitOrder,
  delivery: Delivery,
): Promise<Map<string, Entry> | undefined> {
  const look = async (): Promise<Map<string, Entry>> => {
    const there = new Map<string, Entry>();
    for await (const page of drive.list(refOf(delivery), { onUnreadable: refuseUnlessNameless }, { signal }))
      for (const entry of page) there.set(foldedName(entry.name), entry);
    return there;
  };
  const unlessGone = (error: unknown): undefined => {
    if (!isDossierError(error, 'not-found')) throw error;
  };
  const first = await retry(look, { clock, signal }).catch(unlessGone);
  if (first) return first;
  await clock.sleep(pauseMs, signal);
  return retry(look, { clock, signal }).catch(unlessGone);
}

/** Another report has claimed the folder, or has written its manifest there. */
function isForeign(order: SubmitOrder, there: ReadonlyMap<string, Entry>): boolean {
  return there.has(manifestName) || hasForeignClaim(order, there);
}

function hasForeignClaim({ report }: SubmitOrder, there: ReadonlyMap<string, Entry>): boolean {
  return [...there.values()].some((entry) => isForeignClaim(entry, report.id));
}

/**
 * Whether the manifest in the folder is the one that this run would write. Codes: `invalid-input` when another run of
 * the report has written another one.
 */
async function anotherRunFinished(
  order: SubmitOrder,
  delivery: Delivery,
  there: ReadonlyMap<string, Entry>,
): Promise<boolean> {
  const { drive, clock, journal, signal, turn, report } = order;
  if (!turn || !there.has(manifestName)) return false;
  const { manifest } = describeSubmission(order, delivery, await journal.uploadRecords());
  const bytes = manifestBytes(manifest);
  const folder = refOf(delivery);
  const place = { path: joinPath(folder.path, manifestName) };
  try {
    return (
      (await retry(() => drive.prove(place, bytes.length, digestsOf(bytes), { signal }), { clock, signal })) !==
      undefined
    );
  } catch (error) {
    if (!isDossierError(error, 'integrity-mismatch')) throw error;
    if (delivery.claimed || hasForeignClaim(order, there)) return false;
    throw otherContent(report, folder.path, [manifestName]);
  }
}

/**
 * A file of the same name and size, or of another size that a server tells wrongly: then its content decides. One that
 * the listing leaves out is asked for by itself before it is believed to be gone.
 */
async function isThere(
  { drive, clock, signal }: SubmitOrder,
  folder: EntryRef,
  { committed, digests }: UploadRecord,
  there: ReadonlyMap<string, Entry>,
): Promise<boolean> {
  const { name, size } = committed!.entry;
  const ask = () => drive.stat({ path: joinPath(folder.path, name) }, { signal });
  const found = there.get(foldedName(name)) ?? (await retry(ask, { clock, signal }));
  if (found?.type !== 'file') return false;
  if (found.size === size) return true;
  const prove = () =>
    drive.prove(found, size, digests!, { signal }).catch((error: unknown) => {
      if (!isDossierError(error, 'integrity-mismatch')) throw error;
      return undefined;
    });
  return digests !== undefined && (await retry(prove, { clock, signal })) !== undefined;
}

function manifestId(folder: EntryRef): string {
  return partId(folder, manifestName, 'manifest');
}

/** Undefined once the manifest is there; what is said of its place is settled by looking, as with any other file. */
async function writeManifest(order: SubmitOrder, delivery: Delivery): Promise<Round | undefined> {
  const { journal } = order;
  const { manifest } = describeSubmission(order, delivery, await journal.uploadRecords());
  const folder = refOf(delivery);
  const item = {
    id: manifestId(folder),
    source: bytesSource(manifestBytes(manifest)),
    target: { folder, name: manifestName },
  };
  const outcome = await deliverItem(order, item);
  if (outcome.ok) return undefined;
  const { error } = outcome;
  if (!aboutPresence.has(error.code)) throw error;
  const there = await entriesIn(order, delivery);
  if (!there) return { delivery: await leaveFolder(order, delivery, delivery.attempt) };
  if (error.code !== 'already-exists' || !there.has(manifestName)) return contradicted(order, delivery, [error]);
  if (order.turn && !delivery.claimed) throw otherContent(order.report, folder.path, [manifestName]);
  return { delivery: await leaveFolder(order, delivery, delivery.attempt + 1) };
}

/**
 * The folder is gone, or turned out to be somebody else's: the report starts over in another. What was sent stays where
 * it is, and so does a claim, so that whoever made the folder leaves it, too, and no whole report is ever mixed with
 * parts of another. Whose manifest is there has decided to stay: no claim changes that any more, and ours is taken away
 * first, while the journal still tells of it.
 */
async function leaveFolder(
  order: SubmitOrder,
  delivery: Delivery,
  attempt: number,
  there?: ReadonlyMap<string, Entry>,
): Promise<Delivery> {
  if (there?.has(manifestName)) await takeClaimAway(order, delivery);
  const { schema, sent, names, companions, originals } = delivery;
  const next: Delivery = {
    schema,
    sent,
    names,
    attempt,
    ...(companions ? { companions } : {}),
    ...(originals ? { originals } : {}),
  };
  await order.journal.save(next);
  return next;
}

/** Removes what `openReportFolder` put into a folder that it found. */
export async function takeClaimAway({ report, drive, clock, signal }: SubmitOrder, delivery: Delivery): Promise<void> {
  if (!delivery.claimed) return;
  const claim = { path: joinPath(refOf(delivery).path, claimName(report.id)) };
  await retry(() => drive.remove(claim, { signal, permanently: true }), { clock, signal });
}
