import { DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import { createContentHasher } from '../../core/hashing.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { Committed, Outcome } from '../../drive/uploadSession.ts';
import type { UploadItem, UploadProgress } from '../../upload/upload.ts';
import { createUploader } from '../../upload/uploader.ts';
import type { SubmitOrder } from './submitOrder.ts';

/**
 * Uploads files into the report's folder. A name that is taken by the very same bytes is a success: another sender of
 * this report, which has lost its lease since, has put them there.
 */
export async function deliverItems(
  order: SubmitOrder,
  items: readonly UploadItem[],
  onProgress?: (progress: UploadProgress) => void,
): Promise<Outcome<Committed>[]> {
  const { drive, clock, journal, signal, closing } = order;
  const uploader = createUploader({ drive, clock, journal: journal.uploads, ...(onProgress ? { onProgress } : {}) });
  const outcomes = await uploader.deliver(items, { signal, closing });
  const settled: Outcome<Committed>[] = [];
  // One after the other: the journal takes one write at a time.
  for (const [index, outcome] of outcomes.entries()) {
    settled.push(
      !outcome.ok && outcome.error.code === 'already-exists' ? await recognise(order, items[index]!, outcome) : outcome,
    );
  }
  return settled;
}

export async function deliverItem(order: SubmitOrder, item: UploadItem): Promise<Outcome<Committed>> {
  const [outcome] = await deliverItems(order, [item]);
  if (!outcome) throw new TypeError('The uploader gave no outcome');
  return outcome;
}

async function recognise(
  { drive, clock, journal, signal }: SubmitOrder,
  { id, source, target }: UploadItem,
  taken: Outcome<Committed>,
): Promise<Outcome<Committed>> {
  try {
    const fingerprint = await source.fingerprint();
    const hasher = createContentHasher();
    for await (const bytes of source.open()) hasher.update(bytes);
    const digests = hasher.digest();
    const path = joinPath(target.folder.path, target.name);
    const prove = () => drive.prove({ path }, source.size, digests, { signal }).catch(unlessOther);
    const committed = await retry(prove, { clock, signal });
    if (committed === 'other') return taken;
    if (!committed) return { ok: false, error: hidden(path) };
    await journal.uploads.save([{ id, fingerprint, size: source.size, state: 'committed', digests, committed }]);
    return { ok: true, value: committed };
  } catch (error) {
    return { ok: false, error: toDossierError(error) };
  }
}

/** What the server shows nothing of may well be ours: it is no reason to take another name. */
function hidden(path: DrivePath): DossierError {
  return new DossierError('not-found', say`The server says that ${path} is taken, and shows nothing there`, {
    operation: 'upload',
    path,
  });
}

function unlessOther(error: unknown): 'other' {
  if (!isDossierError(error, 'integrity-mismatch')) throw error;
  return 'other';
}
