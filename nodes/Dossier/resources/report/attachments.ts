import { type Attachment, type AttachmentSources, DossierError, say } from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import { type BinaryFile, binaryFiles } from '../../../host/binary.ts';
import { metadataChoice } from './withoutMetadata.ts';

export type BroughtFiles = Promise<readonly BinaryFile[]>;

/** The files that the form asks for, of all items that make the report, each under a field name of its own. */
export async function broughtFiles({ context, items, parameter }: Call): Promise<BinaryFile[]> {
  const used = new Set<string>();
  const files: BinaryFile[] = [];
  for (const item of items)
    for (const file of await binaryFiles(context, item, parameter('attachments', item))) {
      const field = freeField(file.field, used);
      used.add(field);
      files.push({ ...file, field });
    }
  return files;
}

/** The files of an item that left Submit by Outbox: whatever it brings. */
export async function carriedFiles({ context, itemIndex }: Call): Promise<BinaryFile[]> {
  return binaryFiles(context, itemIndex, '');
}

/** As n8n itself names what it gathers: data, data_1, data_2. */
function freeField(field: string, used: ReadonlySet<string>): string {
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? field : `${field}_${number}`;
    if (!used.has(candidate)) return candidate;
  }
}

/** Files as attachments of a report. They are kept by reference: n8n's own store holds the bytes. */
export async function attachmentsOf(call: Call, files: readonly BinaryFile[]): Promise<Attachment[]> {
  return Promise.all(
    files.map(async (file) => {
      const { field, name, mediaType, source } = file;
      return {
        id: field,
        name,
        mediaType,
        size: source.size,
        source: { kind: 'n8n', field },
        fingerprint: await source.fingerprint(),
        ...(await metadataChoice(call, file)),
      };
    }),
  );
}

/** Opens attachments from the files that came with the report, in whatever execution that is. */
export function sourcesIn(files: BroughtFiles): AttachmentSources {
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
