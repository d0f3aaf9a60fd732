import type { Drive, EntryRef } from '../../../shared/index.ts';

export interface Survey {
  readonly files: number;
  /** So short that whoever sees the hash can find the content by trying. */
  readonly guessable: number;
}

/** Bytes. A number, a date, a yes or no: all that fits in here can be tried out. */
export const guessableBelow = 64;

/** Counts what a link of these folders would take in. Reads listings only. */
export async function surveyFolders(drive: Drive, folders: readonly EntryRef[], signal: AbortSignal, tell: (files: number) => void): Promise<Survey> {
  let files = 0;
  let guessable = 0;
  for (const folder of folders) {
    for await (const page of drive.list(folder, { recursive: true }, { signal })) {
      for (const entry of page) {
        if (entry.type !== 'file') continue;
        files++;
        if (entry.size < guessableBelow) guessable++;
      }
      tell(files);
    }
  }
  return { files, guessable };
}
