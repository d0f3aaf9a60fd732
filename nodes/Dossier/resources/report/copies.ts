import type { Attachment } from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';

/**
 * Copies the binary files of the item into the vault, because n8n forgets its files with the execution. Either all are
 * copied or none is kept.
 */
export async function keepCopies(call: Call, wanted: unknown, prefix: string): Promise<Attachment[]> {
  const { copies } = await call.store();
  const files = await binaryFiles(call.context, call.itemIndex, wanted);
  const kept: Attachment[] = [];
  try {
    for (const [index, { name, mediaType, source }] of files.entries())
      kept.push({
        id: `${prefix}-${index}`,
        name,
        mediaType,
        ...(await copies.keep(source, { signal: call.signal })),
      });
    return kept;
  } catch (error) {
    for (const copy of kept) await copies.discard(copy).catch(() => undefined);
    return Promise.reject(error);
  }
}
