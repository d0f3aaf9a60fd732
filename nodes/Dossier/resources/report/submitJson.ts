import type { IDataObject } from 'n8n-workflow';
import { type Attachment, type DeliveredFile, nameOf, parsePath, type Report } from '../../../../shared/index.ts';

/**
 * What Submit says of a report, in whatever way it was submitted: where it is, when its sending began, and each of its files.
 */
export function submittedJson(
  report: Pick<Report, 'id' | 'title'>,
  destination: { readonly path: string; readonly id?: string },
  files: readonly IDataObject[],
  time: string,
): IDataObject {
  const { path, id } = destination;
  return {
    state: 'submitted',
    report: report.id,
    title: report.title,
    name: nameOf(parsePath(path)),
    path,
    ...(id === undefined ? {} : { fileId: id }),
    size: files.reduce((sum, file) => sum + Number(file['size'] ?? 0), 0),
    time,
    files: [...files],
  };
}

/** One line for each file at the destination, with the proof that it is there. */
export function deliveredJson(files: readonly DeliveredFile[], attachments: readonly Attachment[]): IDataObject[] {
  return files.map(({ attachment, entry, digests, proof, derivedFrom }) => {
    const origin = attachments.find(({ id }) => id === attachment);
    return {
      ...(attachment === undefined ? {} : { field: attachment }),
      name: entry.name,
      path: entry.path,
      ...(entry.id === undefined ? {} : { fileId: entry.id }),
      size: entry.size,
      mediaType: origin?.mediaType ?? 'text/plain',
      state: 'delivered',
      sha256: digests.sha256,
      ...(derivedFrom ? { derivedFrom: { ...derivedFrom } } : {}),
      proof: { ...proof },
    };
  });
}

/** The sentence that is shown with a report that has arrived. */
export function arrived({ attachments, title }: Pick<Report, 'attachments' | 'title'>): string {
  const { length } = attachments;
  if (length === 0) return `"${title}" is at the destination, its text proved by its hash`;
  return `"${title}" is at the destination with ${length} attachment${length === 1 ? '' : 's'}, each proved by its hash`;
}
