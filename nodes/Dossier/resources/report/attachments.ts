import type { IExecuteFunctions } from 'n8n-workflow';
import { type Attachment, type AttachmentSources, DossierError, say } from '../../../../shared/index.ts';
import { binaryFiles } from '../../../host/binary.ts';

/** The files of an item as attachments of a report. They are kept by reference: n8n's own store holds the bytes. */
export async function attachmentsOf(
  context: IExecuteFunctions,
  itemIndex: number,
  wanted: unknown,
): Promise<Attachment[]> {
  const files = await binaryFiles(context, itemIndex, wanted);
  return Promise.all(
    files.map(async ({ field, name, mediaType, source }) => ({
      id: field,
      name,
      mediaType,
      size: source.size,
      source: { kind: 'n8n', field },
      fingerprint: await source.fingerprint(),
    })),
  );
}

/** Opens attachments from the item that came with the report, in whatever execution that is. */
export function itemSources(context: IExecuteFunctions, itemIndex: number, wanted: unknown): AttachmentSources {
  const files = binaryFiles(context, itemIndex, wanted);
  return {
    async open({ name, source }) {
      const found = (await files).find(({ field }) => field === source['field']);
      if (found === undefined)
        throw new DossierError(
          'source-missing',
          say`"${name}" did not come with the report: its binary field "${String(source['field'])}" has to reach this node too`,
        );
      return found.source;
    },
  };
}
