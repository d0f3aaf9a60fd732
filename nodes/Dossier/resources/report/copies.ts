import type { Attachment } from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import type { BinaryFile } from '../../../host/binary.ts';
import { metadataChoice } from './withoutMetadata.ts';

/**
 * Copies binary files into the vault, because n8n forgets its files with the execution. Either all are copied or none is
 * kept.
 */
export async function keepCopies(call: Call, files: readonly BinaryFile[], prefix: string): Promise<Attachment[]> {
  const { copies } = await call.store();
  const kept: Attachment[] = [];
  try {
    for (const [index, file] of files.entries())
      kept.push({
        id: `${prefix}-${index}`,
        name: file.name,
        mediaType: file.mediaType,
        ...(await metadataChoice(call, file)),
        ...(await copies.keep(file.source, { signal: call.signal })),
      });
    return kept;
  } catch (error) {
    for (const copy of kept) await copies.discard(copy).catch(() => undefined);
    return Promise.reject(error);
  }
}
