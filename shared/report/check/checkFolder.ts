import { manifestName } from '../content/fileNames.ts';
import { bagDeclaration, checkBag } from './checkBag.ts';
import { checkReport } from './checkReport.ts';
import type { FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

/** Compares a folder with its own records, whether it is a bag or a delivered report. Codes: as both. */
export async function checkFolder(folder: FolderReader): Promise<FolderVerdict> {
  const names = new Set((await folder.list()).map(({ path }) => path));
  // Who lays a declaration beside a report must not choose what of it is looked at.
  return names.has(bagDeclaration) && !names.has(manifestName) ? checkBag(folder) : checkReport(folder);
}
