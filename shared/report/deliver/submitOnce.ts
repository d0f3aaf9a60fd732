import { readBytes, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256 } from '../../core/hashing.ts';
import { foldedName } from '../../core/names.ts';
import { parsePath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import { companionsIn } from '../content/crate.ts';
import type { Delivery } from '../content/delivery.ts';
import { encodeDescription } from '../content/description.ts';
import { crateName, manifestName } from '../content/fileNames.ts';
import { partId, partsOf, refOf, sourceOf } from '../content/parts.ts';
import type { Submission } from '../content/submission.ts';
import { reportIdFrom } from '../model/reportId.ts';
import { planCompanions } from './companions.ts';
import { confirmProgress } from './confirmProgress.ts';
import { takeClaimAway } from './fillFolder.ts';
import { settleOriginals } from './originals.ts';
import { claimName } from './reportFolder.ts';
import type { Agreement, SubmissionTurn } from './submissionTurn.ts';
import { beginDelivery, submit } from './submit.ts';
import type { SubmitOrder } from './submitOrder.ts';
import { otherContent, takeTurn } from './takeTurn.ts';

/** Bytes. */
const largestCrate = 2 ** 24;

/**
 * The id of the report that a key names in a destination folder: the same key gives the same report, in whatever
 * process it is used.
 */
export function reportIdOfKey(root: EntryRef, key: string): string {
  const place = root.id ?? foldedName(root.path);
  return reportIdFrom(sha256(utf8(JSON.stringify(['report', place, key]))));
}

/**
 * As `submit`, for a report whose id is derived from a key, and for runs that share nothing but the destination: a
 * repetition of a workflow, a job that is delivered again, a process that is started after a kill. It finds what an
 * earlier run has begun, proves what has arrived, and goes on there. One report becomes one folder. Of a report that
 * is whole already nothing is sent, and the result is the same.
 *
 * The journal may be empty or hold records that came with a message: they are confirmed before they are used. Codes:
 * those of `submit`; `invalid-input` when the report was begun with other content; `lease-lost` when another run has
 * taken over.
 */
export async function submitOnce(order: Omit<SubmitOrder, 'turn'>): Promise<Submission> {
  const { journal } = order;
  const turn = await takeTurn(order);
  const begun = await journal.load();
  const { agreed } = turn;
  const report = agreed ? { ...order.report, created: agreed.sent, modified: agreed.sent } : order.report;
  const own: SubmitOrder = { ...order, report, turn };
  if (agreed) await goOnThere(own, turn, agreed);
  // A sending that was begun without a turn has times of its own.
  else if (begun?.folder && begun.sent === report.created) await turn.agree(begun);
  if (begun || agreed) await confirmProgress(own);
  if (agreed) await refuseOtherContent(own);
  const delivery = await journal.load();
  if (delivery?.complete) await takeClaimAway(own, delivery);
  return submit(own);
}

/** Puts into the journal what lies in the folder that was agreed on; nothing of it is believed yet. */
async function goOnThere(order: SubmitOrder, turn: SubmissionTurn, agreed: Agreement): Promise<void> {
  const { drive, clock, journal, report, signal } = order;
  const { folder, ...position } = agreed;
  const begun = await journal.load();
  const ref = { path: parsePath(folder.path), ...(folder.id === undefined ? {} : { id: folder.id }) };
  const found = await retry(() => drive.stat(ref, { signal }), { clock, signal });
  const fresh: Delivery = { ...beginDelivery(order, agreed.sent), ...atPosition(position) };
  if (found?.type !== 'folder') {
    // Somebody has taken it away: the report begins anew.
    const { folder: _gone, claimed: _claimed, complete: _complete, ...rest } = begun ?? fresh;
    return journal.save({ ...rest, ...atPosition(position) });
  }
  const { path, id } = found;
  const same = begun?.folder !== undefined && foldedName(begun.folder.path) === foldedName(path);
  const { originals: _unproved, ...known } = same
    ? begun
    : { ...fresh, folder: { path, ...(id === undefined ? {} : { id }) } };
  const placed = await settleOriginals(order, known);
  if (turn.mustAgree) await turn.agree(placed);
  const there = await entriesIn(order, refOf(placed));
  const delivery = same ? placed : await asBegun(order, placed, there);
  await journal.save(there.has(claimName(report.id)) ? { ...delivery, claimed: true } : delivery);
  await journal.uploads.save(await recordsOf(order, delivery, there));
}

/** The earlier run may have been of a version that wrote no checksums, or have said other things about the sending. */
async function asBegun(
  { drive, clock, signal }: SubmitOrder,
  delivery: Delivery,
  there: ReadonlyMap<string, Entry>,
): Promise<Delivery> {
  const { companions, ...rest } = delivery;
  const crate = there.get(foldedName(crateName));
  if (crate?.type === 'file') {
    const read = () => readBytes(drive.read(crate, {}, { signal }), largestCrate);
    return { ...rest, companions: companionsIn(await retry(read, { clock, signal })) };
  }
  return there.has(foldedName(manifestName)) ? rest : delivery;
}

function atPosition({ attempt, plain }: Pick<Agreement, 'attempt' | 'plain'>): Pick<Delivery, 'attempt' | 'plain'> {
  return { attempt, ...(plain ? { plain } : {}) };
}

/** Records for files of the report that lie in its folder and are in no record yet. */
async function recordsOf(
  order: SubmitOrder,
  delivery: Delivery,
  there: ReadonlyMap<string, Entry>,
): Promise<UploadRecord[]> {
  const { journal, report } = order;
  const records = await journal.uploadRecords();
  const known = new Set(records.map(({ id }) => id));
  const companions = planCompanions(order, delivery, records, () => undefined);
  const manifest = { id: partId(refOf(delivery), manifestName, 'manifest'), name: manifestName };
  return [...partsOf(report, delivery), ...companions, manifest].flatMap(({ id, name }): UploadRecord[] => {
    const entry = there.get(foldedName(name));
    if (entry?.type !== 'file' || known.has(id)) return [];
    const proof = { method: 'read-back', algorithm: 'sha256', digest: '' } as const;
    return [{ id, fingerprint: '', size: entry.size, state: 'committed', committed: { entry, proof } }];
  });
}

async function entriesIn({ drive, clock, signal }: SubmitOrder, folder: EntryRef): Promise<Map<string, Entry>> {
  return retry(
    async () => {
      const found: Entry[] = [];
      for await (const page of drive.list(folder, {}, { signal })) found.push(...page);
      return new Map(found.map((entry) => [foldedName(entry.name), entry]));
    },
    { clock, signal },
  );
}

/** A file that has the name of one of ours and is another one must not be sent again under a second name. */
async function refuseOtherContent(order: SubmitOrder): Promise<void> {
  const delivery = await order.journal.load();
  if (!delivery?.folder || delivery.complete || delivery.claimed) return;
  const arrived = new Set(
    (await order.journal.uploadRecords()).flatMap(({ id, committed }) => (committed ? [id] : [])),
  );
  const folder = refOf(delivery);
  const there = await entriesIn(order, folder);
  const description = encodeDescription(order.report.description, order.encoding);
  const differing: string[] = [];
  for (const part of partsOf(order.report, delivery)) {
    if (arrived.has(part.id) || !there.has(foldedName(part.name))) continue;
    // A source that cannot be had says so when it is to be sent.
    const source = await sourceOf(part, description, order.sources);
    if (!(source instanceof DossierError)) differing.push(part.name);
  }
  if (differing.length > 0) throw otherContent(order.report, folder.path, differing);
}
