import { type Clock, type Drive, type Entry, type EntryRef, retry, type Unreadable } from '../../../shared/index.ts';
import { brief } from '../model/links/patience.ts';

/** What lies in one remote folder, fetched once and shown in portions. */
export interface FolderListing {
  /** Folders before files, by name. */
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
  /** What lies there and could not be read. */
  readonly unreadable: readonly Unreadable[];
  /** One more portion. After a failure it fails for good: list anew. */
  more(): Promise<void>;
}

const portion = 500;

/** Begins a listing. Codes: those of `Drive.list`. */
export function listFolder(drive: Drive, folder: EntryRef, clock: Clock): Promise<FolderListing> {
  return retry(() => begin(drive, folder), { clock, policy: brief });
}

async function begin(drive: Drive, folder: EntryRef): Promise<FolderListing> {
  // Only services with a change feed give a listing by several requests. The rest is one answer, which must not be left
  // half read.
  const isPaged = drive.capabilities.changes === 'feed';
  const unreadable: Unreadable[] = [];
  const onUnreadable = (each: Unreadable) => void unreadable.push(each);
  const pages = drive.list(folder, { onUnreadable })[Symbol.asyncIterator]();
  const waiting: Entry[] = [];
  const entries: Entry[] = [];
  let ended = false;

  // A generator that has thrown only says that it is over, as if everything had been named.
  let broken: { readonly cause: unknown } | undefined;
  const next = async () => {
    if (broken) throw broken.cause;
    try {
      return await pages.next();
    } catch (cause) {
      broken = { cause };
      throw cause;
    }
  };

  const more = async (): Promise<void> => {
    while (!ended && (!isPaged || waiting.length < portion)) {
      const page = await next();
      if (page.done) ended = true;
      else waiting.push(...page.value);
    }
    if (!isPaged) waiting.sort(foldersFirst);
    entries.push(...waiting.splice(0, portion));
    entries.sort(foldersFirst);
  };

  await more();
  return {
    entries,
    unreadable,
    more,
    get hasMore() {
      return !ended || waiting.length > 0;
    },
  };
}

function foldersFirst(a: Entry, b: Entry): number {
  return a.type === b.type ? a.name.localeCompare(b.name, undefined, { numeric: true }) : a.type === 'folder' ? -1 : 1;
}
