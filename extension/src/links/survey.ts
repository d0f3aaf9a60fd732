import { type Clock, type Drive, type EntryRef, retry } from '../../../shared/index.ts';
import { brief } from './patience.ts';

export interface Survey {
  readonly files: number;
  /** So short that whoever sees the hash can find the content by trying. */
  readonly guessable: number;
}

/** Bytes. A number, a date, a yes or no: all that fits in here can be tried out. */
export const guessableBelow = 64;

/** Counts what a link of these folders would take in. Reads listings only. */
export async function surveyFolders(drive: Drive, folders: readonly EntryRef[], clock: Clock, signal: AbortSignal, tell: (files: number) => void): Promise<Survey> {
  const total = { files: 0, guessable: 0 };
  for (const folder of folders) {
    const { files, guessable } = await retry(() => surveyFolder(drive, folder, signal, (counted) => tell(total.files + counted)), { clock, signal, policy: brief });
    total.files += files;
    total.guessable += guessable;
  }
  return total;
}

async function surveyFolder(drive: Drive, folder: EntryRef, signal: AbortSignal, tell: (files: number) => void): Promise<Survey> {
  let files = 0;
  let guessable = 0;
  for await (const page of drive.list(folder, { recursive: true }, { signal })) {
    for (const entry of page) {
      if (entry.type !== 'file') continue;
      files++;
      if (entry.size < guessableBelow) guessable++;
    }
    tell(files);
  }
  return { files, guessable };
}
