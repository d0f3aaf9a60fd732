import {
  type Clock,
  type Drive,
  type EntryRef,
  type FileEntry,
  type GuessReason,
  guessable,
  retry,
} from '../../../../shared/index.ts';
import { brief } from './patience.ts';

export interface Survey {
  readonly files: number;
  /** What could not be read, and is not counted; absent where there is none. */
  readonly unreadable?: number;
  /** How many contents could be found by whoever sees their hashes, and why. */
  readonly guessable: Readonly<Record<GuessReason, number>>;
}

/** Looks at what a link of these folders would take in. Reads listings only. */
export async function surveyFolders(
  drive: Drive,
  folders: readonly EntryRef[],
  clock: Clock,
  signal: AbortSignal,
  tell: (files: number) => void,
): Promise<Survey> {
  const total: FileEntry[] = [];
  let unreadable = 0;
  for (const folder of folders) {
    const files = await retry(() => filesOf(drive, folder, signal, (counted) => tell(total.length + counted)), {
      clock,
      signal,
      policy: brief,
    });
    for (const file of files.found) total.push(file);
    unreadable += files.unreadable;
  }
  const counts = { short: 0, repeated: 0, series: 0 };
  for (const { reason } of guessable(total)) counts[reason]++;
  return { files: total.length, ...(unreadable > 0 && { unreadable }), guessable: counts };
}

async function filesOf(
  drive: Drive,
  folder: EntryRef,
  signal: AbortSignal,
  tell: (files: number) => void,
): Promise<{ readonly found: FileEntry[]; readonly unreadable: number }> {
  const found: FileEntry[] = [];
  let unreadable = 0;
  const onUnreadable = () => void unreadable++;
  for await (const page of drive.list(folder, { recursive: true, onUnreadable }, { signal })) {
    for (const entry of page) if (entry.type === 'file') found.push(entry);
    tell(found.length);
  }
  return { found, unreadable };
}
