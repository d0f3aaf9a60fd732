import {
  DossierError,
  type Drive,
  type DrivePath,
  type Entry,
  foldedName,
  isInStore,
  isRecord,
  parentOf,
  parseJson,
  parsePath,
  rootPath,
} from '../../shared/index.ts';

/** What a locator's list asks for. */
export interface Browsing {
  /** A part of a name; up to its last slash it names the folder to begin with. */
  readonly filter: string | undefined;
  /** Where the page before ended. */
  readonly paginationToken: string | undefined;
  readonly wanted: (entry: Entry) => boolean;
}

export interface Page {
  readonly found: readonly Entry[];
  /** Where the next page begins; undefined when there is none. */
  readonly next: string | undefined;
}

/** Folders that are still to be listed, and how many entries of the first one were shown. */
interface Place {
  readonly folders: readonly DrivePath[];
  readonly shown: number;
}

const pageSize = 100;
/** Requests that a person waits for at most. */
const mostFolders = 20;
/** What the editor carries from page to page stays small; folders beyond are found by typing their parent. */
const mostWaiting = 1_000;

/** The entries below a folder, those of each level by their names, a page at a time. Dossier's own folders are left out. */
export async function browse(drive: Drive, { filter, paginationToken, wanted }: Browsing): Promise<Page> {
  const typed = filter?.trim() ?? '';
  const slash = typed.lastIndexOf('/');
  const named = foldedName(typed.slice(slash + 1));
  let { folders, shown } = paginationToken ? placeIn(paginationToken) : beginning(typed, slash);
  const found: Entry[] = [];
  for (let listed = 0; folders.length > 0 && listed < mostFolders && found.length < pageSize; listed++) {
    const [folder = rootPath, ...waiting] = folders;
    // The folder that was typed has to be there; one that is gone since the page before is not missed.
    const entries = await entriesOf(drive, folder, paginationToken === undefined && listed === 0);
    const matching = entries.filter((entry) => wanted(entry) && foldedName(entry.name).includes(named));
    const taken = matching.slice(shown, shown + pageSize - found.length);
    found.push(...taken);
    if (shown + taken.length < matching.length)
      return { found, next: tokenOf({ folders, shown: shown + taken.length }) };
    const deeper = entries.filter(({ type }) => type === 'folder').map(({ path }) => path);
    [folders, shown] = [[...waiting, ...deeper].slice(0, mostWaiting), 0];
  }
  return { found, next: folders.length === 0 ? undefined : tokenOf({ folders, shown: 0 }) };
}

function beginning(typed: string, slash: number): Place {
  return { folders: [slash <= 0 ? rootPath : parentOf(parsePath(`${typed.slice(0, slash)}/x`))], shown: 0 };
}

async function entriesOf(drive: Drive, folder: DrivePath, mustBeThere: boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const page of drive.list({ path: folder }, { onUnreadable: () => undefined }))
      entries.push(...page.filter(({ path }) => !isInStore(path)));
  } catch (error) {
    if (mustBeThere) return Promise.reject(error as Error);
  }
  return entries.sort((a, b) => a.name.localeCompare(b.name));
}

const tokenOf = (place: Place): string => JSON.stringify(place);

function placeIn(token: string): Place {
  const place = parseJson(token);
  if (isRecord(place) && Array.isArray(place['folders']))
    return { folders: place['folders'].map((folder) => parsePath(String(folder))), shown: Number(place['shown'] ?? 0) };
  throw new DossierError('invalid-input', 'This page of the list is not known: open the list again');
}
