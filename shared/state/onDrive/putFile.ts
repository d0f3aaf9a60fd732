import { DossierError, isDossierError } from '../../core/errors.ts';
import { contentHashOf, type Digests, digestsOf } from '../../core/hashing.ts';
import { joinPath } from '../../core/paths.ts';
import type { Drive } from '../../drive/drive.ts';
import { bytesSource } from '../../drive/source.ts';
import type { UploadTarget } from '../../drive/uploadSession.ts';

/**
 * Makes a new file of these bytes. That it is there already, with the same bytes, is a success: an answer may have been
 * lost. Safe to repeat.
 */
export async function putFile(drive: Drive, target: UploadTarget, bytes: Uint8Array): Promise<void> {
  const digests = digestsOf(bytes);
  try {
    const { maxSingle, sessions } = drive.capabilities.upload;
    if (bytes.length <= maxSingle) await drive.upload(target, bytes, digests);
    else if (sessions) await putInChunks(drive, target, bytes, digests);
    else await drive.uploadStreamed(target, bytesSource(bytes), () => digests);
  } catch (error) {
    if (!isDossierError(error, 'already-exists')) throw error;
    const proved = await drive.prove({ path: joinPath(target.folder.path, target.name) }, bytes.length, digests);
    if (!proved) throw new DossierError('locked', 'Somebody else is writing a record of this name');
  }
}

async function putInChunks(drive: Drive, target: UploadTarget, bytes: Uint8Array, digests: Digests): Promise<void> {
  const { chunkSize } = drive.capabilities.upload;
  let [session] = await drive.startUploads([{ target, size: bytes.length, chunkSize }]);
  for (let index = 0; index * chunkSize < bytes.length; index++) {
    const piece = bytes.subarray(index * chunkSize, (index + 1) * chunkSize);
    const [outcome] = await drive.append([
      { session: session!, index, bytes: piece, contentHash: contentHashOf(piece) },
    ]);
    if (!outcome?.ok) throw outcome?.error ?? new TypeError('The drive gave no outcome');
    session = outcome.value;
  }
  const [outcome] = await drive.commit([{ session: session!, digests }]);
  if (!outcome?.ok) throw outcome?.error ?? new TypeError('The drive gave no outcome');
}
