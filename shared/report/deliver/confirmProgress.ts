import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { foldedName } from '../../core/names.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import { digestsOfSource } from '../../drive/hashSource.ts';
import { type ByteSource, bytesSource } from '../../drive/source.ts';
import type { Committed } from '../../drive/uploadSession.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import type { Delivery, DeliveryJournal } from '../content/delivery.ts';
import { encodeDescription } from '../content/description.ts';
import { manifestName } from '../content/fileNames.ts';
import { manifestBytes } from '../content/manifest.ts';
import { partId, partsOf, refOf, sourceOf } from '../content/parts.ts';
import { describeSubmission } from '../content/submission.ts';
import { planCompanions } from './companions.ts';
import { settleOriginals } from './originals.ts';
import type { SubmitOrder } from './submitOrder.ts';

/**
 * Brings a journal that somebody else has kept down to what is true: for records of a sending that came with an item or
 * a message, and could have been made up. Each file that is said to have arrived is hashed again from its source and
 * proved at the destination; one that is not there is sent again, and the ledger is asked anew. Nothing is sent. Costs
 * a read of each such file here, and what `Drive.prove` costs. Safe to repeat.
 */
export async function confirmProgress(order: SubmitOrder): Promise<void> {
  const { journal, report, encoding } = order;
  const rest = await forgetProofs(journal);
  if (!rest) return;
  const claimed = await journal.uploadRecords();
  if (!rest.folder) return journal.forget(claimed.map(({ id }) => id));
  const delivery = await settleOriginals(order, rest);
  const known = new Map(claimed.map((record) => [record.id, record]));
  const parts = partsOf(report, delivery);
  const description = encodeDescription(report.description, encoding);
  const confirmed: UploadRecord[] = [];
  const wrong = new Set(claimed.filter((record) => hasArrived(record)).map(({ id }) => id));
  const confirm = async (
    record: UploadRecord | undefined,
    name: string,
    open: () => Promise<ByteSource | DossierError>,
  ): Promise<boolean> => {
    if (!record || !hasArrived(record)) return false;
    const source = await open();
    if (source instanceof DossierError) return false;
    const digests = await digestsOfSource(source, order.signal);
    const committed = await proved(order, placesOf(refOf(delivery).path, name, record), source.size, digests);
    // Two files are not one, even if they have the same content.
    if (
      !committed ||
      confirmed.some((other) => foldedName(other.committed!.entry.name) === foldedName(committed.entry.name))
    )
      return false;
    wrong.delete(record.id);
    confirmed.push({
      id: record.id,
      fingerprint: await source.fingerprint(),
      size: source.size,
      state: 'committed',
      digests,
      committed,
    });
    return true;
  };

  let whole = true;
  for (const part of parts)
    whole = (await confirm(known.get(part.id), part.name, () => sourceOf(part, description, order.sources))) && whole;
  for (const { id, name, bytes } of planCompanions(order, delivery, confirmed, digestsIn(confirmed)))
    whole = whole && (await confirm(known.get(id), name, async () => bytesSource(bytes())));
  const manifestId = partId(refOf(delivery), manifestName, 'manifest');
  const manifest = () => bytesSource(manifestBytes(describeSubmission(order, delivery, confirmed).manifest));
  if (whole) whole = await confirm(known.get(manifestId), manifestName, async () => manifest());

  // What is on its way is hashed again before it is committed.
  const onWay = claimed
    .filter((record) => !hasArrived(record))
    .map(({ id, fingerprint, size, state, session }) => ({
      id,
      fingerprint,
      size,
      state,
      ...(session ? { session } : {}),
    }));
  await journal.uploads.save([...confirmed, ...onWay]);
  await journal.forget([...wrong]);
  if (whole) await journal.save({ ...delivery, complete: true });
}

/** What a journal says of a sending, without what nobody has proved. */
async function forgetProofs(journal: DeliveryJournal): Promise<Delivery | undefined> {
  const begun = await journal.load();
  if (!begun) return undefined;
  const { complete: _complete, recorded: _recorded, originals: _originals, ...rest } = begun;
  await journal.save(rest);
  return rest;
}

const digestsIn = (records: readonly UploadRecord[]) => (part: string) =>
  records.find(({ id }) => id === part)?.digests;

function hasArrived({ state, committed }: UploadRecord): boolean {
  return state === 'committed' || committed !== undefined;
}

/** Where the file may lie in the folder: a destination that refused its name has it under a plainer one. */
function placesOf(folder: DrivePath, name: string, { committed }: UploadRecord): DrivePath[] {
  const taken: unknown = committed?.entry?.name;
  return [...new Set([name, ...(typeof taken === 'string' ? [taken] : [])])].map((each) => joinPath(folder, each));
}

async function proved(
  { drive, clock, signal }: SubmitOrder,
  places: readonly DrivePath[],
  size: number,
  digests: Digests,
): Promise<Committed | undefined> {
  for (const path of places) {
    try {
      const committed = await retry(() => drive.prove({ path }, size, digests, { signal }), { clock, signal });
      if (committed) return committed;
    } catch (error) {
      if (!isDossierError(error, 'integrity-mismatch')) throw error;
    }
  }
  return undefined;
}
