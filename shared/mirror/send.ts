import { concatBytes } from '../core/bytes.ts';
import { DossierError, isDossierError, toDossierError } from '../core/errors.ts';
import { type Digests, digestsOf } from '../core/hashing.ts';
import { type DrivePath, nameOf, parentOf } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import type { Drive } from '../drive/drive.ts';
import { driveSource } from '../drive/driveSource.ts';
import type { FileEntry } from '../drive/entry.ts';
import { bytesSource } from '../drive/source.ts';
import { ofEntry } from '../drive/unreadable.ts';
import type { Committed, Outcome, UploadTarget } from '../drive/uploadSession.ts';
import type { UploadItem } from '../upload/upload.ts';
import { createUploader } from '../upload/uploader.ts';
import { type MirrorMemory, uploadId } from './memory.ts';
import type { MirrorSide, Place } from './mirror.ts';
import type { PlannedStep } from './plan.ts';
import { inParallel } from './pool.ts';

/** Files up to this size are read whole before anything of them is sent, so that it is known what they will be. */
const smallest = 4 * 1024 * 1024;
const batchBytes = 32 * 1024 * 1024;
const batchFiles = 1_000;
const readsAtOnce = 8;

export interface SendPorts {
  readonly source: MirrorSide;
  readonly destination: MirrorSide;
  readonly memory: MirrorMemory;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
  /** The ledger is told of what was sent. */
  readonly isRecorded: boolean;
  /** Where the folder of a place lies at the destination. */
  readonly folderOf: (place: Place) => DrivePath;
}

export interface Sent {
  readonly step: PlannedStep;
  readonly outcome: Outcome<Committed & { readonly digests: Digests }>;
}

interface Ready {
  readonly step: PlannedStep;
  readonly item: UploadItem;
  readonly digests?: Digests;
}

/** As many files as are sent together. */
export function batchesOf(steps: readonly PlannedStep[]): PlannedStep[][] {
  const batches: PlannedStep[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const step of steps) {
    const size = Math.min(step.size, smallest);
    if (bytes + size > batchBytes || (batches.at(-1)?.length ?? 0) >= batchFiles) {
      batches.push([]);
      bytes = 0;
    }
    bytes += size;
    batches.at(-1)!.push(step);
  }
  return batches;
}

/**
 * Sends one batch. What each file will be is durable before anything leaves; large ones go on where an earlier run was
 * cut off.
 */
export async function sendBatch(ports: SendPorts, steps: readonly PlannedStep[]): Promise<Sent[]> {
  const { memory, destination, clock, signal } = ports;
  const prepared = await inParallel(steps, readsAtOnce, (step) => prepare(ports, step));
  const ready = prepared.filter((each): each is Ready => 'item' in each);
  await memory.learn(
    [],
    ready.map(({ step, digests }) => ({
      place: step.place,
      size: step.size,
      ...(digests && { digests }),
      ...(ports.isRecorded && { isDue: true as const }),
    })),
  );
  const large = new Set(ready.flatMap(({ item, digests }) => (digests ? [] : [item.id])));
  const sent = new Map<string, number>();
  const uploader = createUploader({
    drive: destination.drive,
    clock,
    journal: memory.journal((id) => large.has(id)),
    onProgress({ id, sentBytes }) {
      ports.onSent(sentBytes - (sent.get(id) ?? 0));
      sent.set(id, sentBytes);
    },
  });
  const outcomes = await uploader.deliver(
    ready.map(({ item }) => item),
    { signal },
  );
  const done = ready.map(
    (each, index): Sent => ({ step: each.step, outcome: withDigests(memory, each, outcomes[index]!) }),
  );
  // A record of a file that goes on later stays; of one that cannot, the next run begins anew.
  const ended = done.filter(({ outcome }) => outcome.ok || !canGoOn(outcome.error));
  await abandon(
    destination.drive,
    memory,
    ended.filter(({ outcome }) => !outcome.ok).map(({ step }) => uploadId(step.place)),
  );
  await memory.forgetUploads(ended.map(({ step }) => uploadId(step.place)));
  return [...done, ...prepared.filter((each): each is Sent => 'outcome' in each)];
}

/** Lets the server forget what was begun and is not wanted any more. */
export async function abandon(drive: Drive, memory: MirrorMemory, ids: readonly string[]): Promise<void> {
  const sessions = ids.flatMap((id) => memory.uploads.get(id)?.session ?? []);
  // They expire by themselves.
  if (sessions.length > 0) await drive.abandonUploads(sessions).catch(() => undefined);
  await memory.forgetUploads(ids);
}

function canGoOn({ code, retry: advice }: DossierError): boolean {
  return advice === 'later' || code === 'cancelled' || code === 'unauthorized' || code === 'quota-exceeded';
}

async function prepare(ports: SendPorts, step: PlannedStep): Promise<Ready | Sent> {
  const { source, memory, signal } = ports;
  const original = step.original as FileEntry;
  const target = targetOf(ports, step, original);
  const id = uploadId(step.place);
  const begun = memory.uploads.get(id);
  // Begun for another version, or for another target.
  if (begun && (begun.fingerprint !== original.revision || !isFor(begun.session?.target, target)))
    await abandon(ports.destination.drive, memory, [id]);
  if (original.size > smallest)
    return { step, item: { id, source: driveSource(source.drive, original, signal), target } };
  try {
    const bytes = await retry(() => readWhole(source.drive, original, signal), { clock: ports.clock, signal });
    return { step, digests: digestsOf(bytes), item: { id, source: bytesSource(bytes), target } };
  } catch (error) {
    return { step, outcome: { ok: false, error: isDossierError(error, 'source-changed') ? error : ofEntry(error) } };
  }
}

function isFor(begun: UploadTarget | undefined, wanted: UploadTarget): boolean {
  if (!begun) return true;
  return begun.replace === wanted.replace && begun.folder.path === wanted.folder.path && begun.name === wanted.name;
}

function targetOf(
  { folderOf }: SendPorts,
  { place, action, known, there }: PlannedStep,
  original: FileEntry,
): UploadTarget {
  const at = known?.at ?? place;
  return {
    folder: { path: folderOf(parentOf(at)) },
    name: nameOf(at),
    modified: original.modified,
    ...(action === 'replace' && there?.type === 'file' && { replace: there.revision }),
  };
}

/** @throws `source-changed` when it is not what was listed. */
async function readWhole(drive: Drive, original: FileEntry, signal: AbortSignal): Promise<Uint8Array> {
  const content = driveSource(drive, original, signal);
  const parts: Uint8Array[] = [];
  for await (const part of content.open()) parts.push(part);
  const bytes = concatBytes(parts);
  const isListed = bytes.length === original.size && (await content.fingerprint()) === original.revision;
  if (!isListed) throw new DossierError('source-changed', undefined, { path: original.path });
  return bytes;
}

function withDigests(memory: MirrorMemory, { item, digests }: Ready, outcome: Outcome<Committed>): Sent['outcome'] {
  if (!outcome.ok) return outcome;
  const known = digests ?? memory.uploads.get(item.id)?.digests;
  if (!known) return { ok: false, error: toDossierError(new TypeError('A file was sent and not hashed')) };
  return { ok: true, value: { ...outcome.value, digests: known } };
}
