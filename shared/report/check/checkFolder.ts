import { bagDeclaration, checkBag } from './checkBag.ts';
import { checkReport } from './checkReport.ts';
import type { FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

/** Compares a folder with its own records, whether it is a bag or a delivered report. Codes: as both. */
export async function checkFolder(folder: FolderReader): Promise<FolderVerdict> {
  const isBag = (await folder.list()).some(({ path }) => path === bagDeclaration);
  return isBag ? checkBag(folder) : checkReport(folder);
}
