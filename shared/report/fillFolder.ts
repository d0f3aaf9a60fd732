import { type DossierError, isDossierError } from '../core/errors.ts';
import { distinctNames, foldedName } from '../core/names.ts';
import { joinPath } from '../core/paths.ts';
import { retry } from '../core/retry.ts';
import type { Entry } from '../drive/entry.ts';
import { bytesSource } from '../drive/source.ts';
import type { UploadRecord } from '../upload/upload.ts';
import { createUploader } from '../upload/uploader.ts';
import type { Delivery } from './delivery.ts';
import { manifestName, reservedNames } from './fileNames.ts';
import { manifestBytes } from './manifest.ts';
import { type Part, partId, partsOf, refOf } from './parts.ts';
import { claimName, isForeignClaim } from './reportFolder.ts';
import { type Failure, sendParts } from './sendParts.ts';
import { describeSubmission } from './submission.ts';
import type { SubmitOrder } from './submitOrder.ts';

/**
 * Brings every file into the folder of the report, and the manifest last. Resolves with the delivery as it then is: `complete`, or changed in the
 * way that the destination made necessary (another file name, another folder), for the next round.
 */
export async function fillFolder(order: SubmitOrder, delivery: Delivery): Promise<Delivery> {
  const { report, journal, drive, clock, signal } = order;
  const parts = partsOf(report, delivery);
  const failures = await sendParts(order, delivery, parts);
  const remedy = failures.length > 0 ? await remedyFor(order, delivery, failures) : await lookAround(order, delivery, parts);
  if (remedy) return remedy;
  const blocked = await writeManifest(order, delivery);
  if (blocked) return blocked;
  const claim = { path: joinPath(refOf(delivery).path, claimName(report.id)) };
  if (delivery.claimed) await retry(() => drive.remove(claim, { signal }), { clock, signal });
  const complete: Delivery = { ...delivery, complete: true };
  await journal.save(complete);
  order.onEvent?.({ type: 'complete' });
  return complete;
}

/** What can be done about failures without asking anybody; throws the one that a person has to see otherwise. */
async function remedyFor(order: SubmitOrder, delivery: Delivery, failures: readonly Failure[]): Promise<Delivery> {
  const { drive, clock, journal, signal } = order;
  const lost = failures.some(({ error }) => isDossierError(error, 'parent-missing') || isDossierError(error, 'not-found'));
  if (lost && (await retry(() => drive.stat(refOf(delivery), { signal }), { clock, signal })) === undefined) return leaveFolder(order, delivery, delivery.attempt);
  const taken = failures.filter(({ error }) => error.code === 'already-exists').map(({ part }) => part);
  if (taken.some(({ attachment }) => attachment === undefined)) return leaveFolder(order, delivery, delivery.attempt + 1);
  if (taken.length === 0) throw mostPressing(failures);
  const used = [...reservedNames, ...Object.values(delivery.names)];
  const renamed = distinctNames(taken.map(({ name }) => name), used);
  const names = { ...delivery.names, ...Object.fromEntries(taken.map(({ attachment }, index) => [attachment!.id, renamed[index]!])) };
  const next = { ...delivery, names };
  await journal.save(next);
  return next;
}

/** An error that waiting will not mend comes first: going on by itself would end at it anyway. */
function mostPressing(failures: readonly Failure[]): DossierError {
  const lasting = failures.find(({ error }) => error.retry === 'afterUser' || error.retry === 'never');
  return (lasting ?? failures[0]!).error;
}

/**
 * The folder as it is now, before the manifest says that it is whole. Undefined when all is well. Files may have been taken away since they
 * were proved (a report can be paused for weeks), and another report may have claimed the folder (see `openReportFolder`).
 */
async function lookAround(order: SubmitOrder, delivery: Delivery, parts: readonly Part[]): Promise<Delivery | undefined> {
  const { drive, clock, journal, report, signal } = order;
  const there = new Map<string, Entry>();
  const look = async (): Promise<void> => {
    there.clear();
    for await (const page of drive.list(refOf(delivery), {}, { signal })) for (const entry of page) there.set(foldedName(entry.name), entry);
  };
  try {
    await retry(look, { clock, signal });
  } catch (error) {
    if (isDossierError(error, 'not-found')) return leaveFolder(order, delivery, delivery.attempt);
    throw error;
  }
  const ids = new Set(parts.map(({ id }) => id));
  const records = (await journal.uploadRecords()).filter(({ id, committed }) => ids.has(id) && committed);
  if ([...there.values()].some((entry) => isForeignClaim(entry, report.id))) {
    for (const { committed } of records) await retry(() => drive.remove(committed!.entry, { signal }), { clock, signal });
    return leaveFolder(order, delivery, delivery.attempt + 1);
  }
  const missing = records.filter((record) => !isThere(record, there));
  if (missing.length === 0) return undefined;
  await journal.forget(missing.map(({ id }) => id));
  return delivery;
}

function isThere({ committed }: UploadRecord, there: ReadonlyMap<string, Entry>): boolean {
  const found = there.get(foldedName(committed!.entry.name));
  return found?.type === 'file' && found.size === committed!.entry.size;
}

/** Undefined once the manifest is there. */
async function writeManifest(order: SubmitOrder, delivery: Delivery): Promise<Delivery | undefined> {
  const { drive, clock, journal, signal } = order;
  const { manifest } = describeSubmission(order, delivery, await journal.uploadRecords());
  const folder = refOf(delivery);
  const item = { id: partId(folder, manifestName, 'manifest'), source: bytesSource(manifestBytes(manifest)), target: { folder, name: manifestName } };
  const [outcome] = await createUploader({ drive, clock, journal: journal.uploads }).deliver([item], { signal });
  if (outcome?.ok) return undefined;
  if (isDossierError(outcome?.error, 'already-exists')) return leaveFolder(order, delivery, delivery.attempt + 1);
  throw outcome?.error ?? new TypeError('The uploader gave no outcome');
}

/** The folder is gone, or turned out to be somebody else's: the report starts over in another. What was sent stays where it is. */
async function leaveFolder({ journal }: SubmitOrder, { schema, sent, names }: Delivery, attempt: number): Promise<Delivery> {
  const next: Delivery = { schema, sent, names, attempt };
  await journal.save(next);
  return next;
}
