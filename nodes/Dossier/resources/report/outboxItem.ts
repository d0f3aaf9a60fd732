import type { IDataObject } from 'n8n-workflow';
import {
  type Delivery,
  DossierError,
  type Drive,
  type DrivePath,
  type EntryRef,
  foldedName,
  isRecord,
  isReportId,
  isWithin,
  parseReport,
  parseStoredPath,
  type Report,
  type UploadRecord,
} from '../../../../shared/index.ts';
import type { Journaled } from '../../itemJournal.ts';

/** Index of the output by which Submit hands on what could not be delivered. */
export const outboxOutput = 1;

/** What Submit says of a report that waits in the Outbox. */
export function waitingJson({ id, title, interruption }: Report, files: readonly IDataObject[]): IDataObject {
  const { code, reason, mend, at } = interruption ?? { code: 'locked', reason: 'Another worker sends this report' };
  return {
    state: 'interrupted',
    report: id,
    title,
    code,
    reason,
    mend: mend ?? 'resume',
    ...(at === undefined ? {} : { time: new Date(at).toISOString() }),
    files: [...files],
  };
}

/**
 * A report on its way, as the item that leaves by Outbox carries it: all that Submit needs to go on, but for the files.
 */
export interface OutboxItem extends Journaled {
  readonly schema: 1;
  readonly report: Report;
}

/** The report in an item that left Submit by Outbox; undefined for every other item. */
export function parseOutboxItem(json: IDataObject | undefined): OutboxItem | undefined {
  const given = json?.['outbox'];
  if (!isRecord(given) || !('report' in given)) return undefined;
  const { schema, report, delivery, uploads } = given;
  if (schema !== 1)
    throw new DossierError('invalid-input', 'This report was put in the Outbox by a newer version of Dossier');
  if (!Array.isArray(uploads) || !uploads.every(isRecord) || (delivery !== undefined && !isRecord(delivery))) {
    throw new DossierError(
      'invalid-input',
      'The field "outbox" of the item is not what Report: Submit writes. Pass the item on unchanged',
    );
  }
  return {
    schema,
    report: parseReport(report),
    uploads: uploads as unknown as UploadRecord[],
    ...(delivery === undefined ? {} : { delivery: delivery as unknown as Delivery }),
  };
}

/** The id of a report that waits in the store, in an item that left Submit by Outbox. */
export function storedInItem(json: IDataObject | undefined): string | undefined {
  const given = json?.['outbox'];
  return isRecord(given) && isReportId(given['stored']) ? given['stored'] : undefined;
}

/**
 * Items come from anywhere, also from strangers' webhooks: what a report from the Outbox says of its folder must lie in
 * the folder that the node names, all its unfinished uploads must end there, and none may replace a file.
 */
export async function confineOutboxItem(
  { delivery, uploads }: OutboxItem,
  drive: Drive,
  root: EntryRef,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = delivery?.folder;
  const targets = uploads.flatMap(({ session }) => (session === undefined ? [] : [session.target]));
  const strays = targets.some(
    (target) => target.replace !== undefined || target.folder.path !== folder?.path || target.folder.id !== folder.id,
  );
  const found =
    folder?.id === undefined
      ? undefined
      : await drive.stat({ path: parseStoredPath(folder.path), id: folder.id }, { signal });
  const sameCase = (path: string): DrivePath =>
    parseStoredPath(drive.capabilities.caseSensitive ? path : foldedName(path));
  const places = [folder, found].flatMap((place) => (place === undefined ? [] : [sameCase(place.path)]));
  if (strays || places.some((path) => !isWithin(path, sameCase(root.path)))) {
    throw new DossierError(
      'invalid-path',
      'The report in this item was begun in a folder outside the destination folder of this node',
    );
  }
}
