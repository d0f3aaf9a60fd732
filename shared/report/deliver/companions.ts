import { DossierError, isDossierError } from '../../core/errors.ts';
import { type Digests, sha256Hex } from '../../core/hashing.ts';
import { foldedName } from '../../core/names.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { ByteSource } from '../../drive/source.ts';
import type { UploadItem, UploadRecord } from '../../upload/upload.ts';
import { type Companion, companionsOf } from '../content/companions.ts';
import type { Delivery } from '../content/delivery.ts';
import { encodeDescription } from '../content/description.ts';
import { checksumsName, crateName } from '../content/fileNames.ts';
import { type Manifest, manifestBytes } from '../content/manifest.ts';
import { type Part, partId, partsOf, refOf } from '../content/parts.ts';
import { manifestFile, manifestOf, originalFor } from '../content/submission.ts';
import type { SubmitOrder } from './submitOrder.ts';

/** The checksums or the crate on its way: its size is known at once, its bytes when all others have been read. */
export interface PlannedCompanion extends Pick<Companion, 'name' | 'mediaType'> {
  /** Of the upload record. Names the files that it tells of, under the names that they have or are to get. */
  readonly id: string;
  readonly size: number;
  /** Throws until the digests of all parts are known. */
  bytes(): Uint8Array;
}

/** None for a sending that an older version has begun. */
export function planCompanions(
  order: SubmitOrder,
  delivery: Delivery,
  records: readonly UploadRecord[],
  digestsOf: (part: string) => Digests | undefined,
): PlannedCompanion[] {
  if (!delivery.companions) return [];
  const { description } = order.report;
  const parts = partsOf(order.report, delivery);
  const known = new Map(records.map((record) => [record.id, record]));
  const plan = (digests: (part: Part) => Pick<Digests, 'sha256'>): Manifest =>
    manifestOf(
      order,
      delivery,
      parts.map((part) =>
        manifestFile(
          part,
          known.get(part.id)?.committed?.entry ?? toArrive(order, delivery, part),
          digests(part),
          originalFor(part, delivery),
        ),
      ),
    );
  const outline = plan(() => noDigest);
  const made = () =>
    companionsOf(
      plan((part) => digestsOf(part.id) ?? notRead(part)),
      description,
    );
  return companionsOf(outline, description).map(({ name, mediaType, bytes }) => ({
    id: partId(refOf(delivery), name, `companion ${sha256Hex(manifestBytes(outline))}`),
    name,
    mediaType,
    size: bytes.length,
    bytes: () => made().find((companion) => companion.name === name)!.bytes,
  }));
}

const noDigest = { sha256: '0'.repeat(64) };

function toArrive({ report, encoding }: SubmitOrder, delivery: Delivery, part: Part): { name: string; size: number } {
  const { name, attachment } = part;
  const size = originalFor(part, delivery)?.sent ?? attachment?.size;
  return { name, size: size ?? encodeDescription(report.description, encoding).bytes.length };
}

function notRead({ name }: Part): never {
  throw new DossierError('source-missing', say`"${name}" was not read yet`);
}

export function companionItem(companion: PlannedCompanion, delivery: Delivery): UploadItem {
  const { id, name } = companion;
  return { id, source: lateSource(companion), target: { folder: refOf(delivery), name }, last: true };
}

function lateSource({ size, bytes }: PlannedCompanion): ByteSource {
  return {
    size,
    async *open({ start = 0, end = size } = {}) {
      const piece = bytes().subarray(start, end);
      if (piece.length > 0) yield piece;
    },
    fingerprint: async () => `bytes:${size}`,
  };
}

/**
 * Takes away checksums and a crate that tell of other names or contents than what is in the folder: an attachment got
 * another name after they were sent. True when there were some; others are to be sent then. Only what this sending has
 * put there is removed, and only as long as it is the same revision.
 */
export async function removeStaleCompanions(order: SubmitOrder, delivery: Delivery): Promise<boolean> {
  if (!delivery.companions) return false;
  const { journal, drive, clock, signal } = order;
  const records = await journal.uploadRecords();
  const digests = new Map(records.flatMap(({ id, digests }) => (digests ? [[id, digests] as const] : [])));
  const planned = planCompanions(order, delivery, records, (part) => digests.get(part));
  const whole = partsOf(order.report, delivery).every(({ id }) => digests.has(id));
  const isRight = (record: UploadRecord): boolean => {
    const companion = planned.find(({ id }) => id === record.id);
    return companion !== undefined && (!whole || record.digests?.sha256 === sha256Hex(companion.bytes()));
  };
  const stale = records.filter((record) => isCompanion(record) && !isRight(record));
  for (const { committed } of stale) {
    const { path, revision } = committed!.entry;
    const remove = async () => {
      const found = await drive.stat({ path }, { signal });
      if (found?.type === 'file' && found.revision === revision)
        await drive.remove({ path }, { signal, permanently: true }).catch(unlessGone);
    };
    await retry(remove, { clock, signal });
  }
  await journal.forget(stale.map(({ id }) => id));
  return stale.length > 0;
}

const companionKeys: ReadonlySet<string> = new Set([checksumsName, crateName].map(foldedName));

function isCompanion({ committed }: UploadRecord): boolean {
  return committed !== undefined && companionKeys.has(foldedName(committed.entry.name));
}

function unlessGone(error: unknown): void {
  if (!isDossierError(error, 'not-found')) throw error;
}
