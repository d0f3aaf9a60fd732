import type { files } from 'dropbox';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Drive } from '../../drive/drive.ts';
import type { DropboxApi } from './api.ts';
import { capabilities } from './capabilities.ts';
import { commitInfo, conflictOf, targetPath } from './commitInfo.ts';
import type { Lookup } from './files.ts';
import { parseFile } from './metadata.ts';
import type { Proving } from './prove.ts';

/** One small file in one request; Dropbox compares the hash before it writes. */
export function createUpload(api: DropboxApi, lookup: Lookup, proving: Proving): Drive['upload'] {
  return async (target, bytes, digests, context) => {
    if (bytes.length > capabilities.upload.maxSingle)
      throw new DossierError('too-large', 'That is too large for one request', {
        operation: 'upload',
        where: 'dropbox',
      });
    const path = await targetPath(target, lookup, 'upload', context);
    const argument = {
      ...commitInfo(target, path),
      content_hash: digests.dropboxContentHash,
    } satisfies files.UploadArg;
    try {
      const entry = parseFile(
        await api.upload('files/upload', argument, bytes, { operation: 'upload', path: target.name }, context),
      );
      return await proving.ours(entry, target, digests, context);
    } catch (error) {
      throw isDossierError(error) ? conflictOf(error, target) : error;
    }
  };
}
