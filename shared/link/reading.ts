import { DossierError, isDossierError, throwIfCancelled } from '../core/errors.ts';
import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin, parentOf } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import type { Change } from '../drive/changes.ts';
import type { FileEntry } from '../drive/entry.ts';
import { ofEntry } from '../drive/unreadable.ts';
import { type Content, contentOf, listedContent } from './content.ts';
import type { KnownFile } from './knownFile.ts';
import type { Link } from './link.ts';
import type { LinkWork } from './linkWork.ts';
import { mostUnread, type UnreadList } from './unread.ts';
import { isSameContent } from './verdict.ts';

/** Contents of files for one walk, of which some cannot be had. */
export interface Reading {
  /**
   * What is to be recorded of a file's content. `unread` when it cannot be had, and is left to the next walk. What could
   * not be read then either is recorded: there was a version, of unknown bytes.
   */
  contentOf(known: KnownFile | undefined, asset: string, entry: FileEntry): Promise<Content | 'unread' | undefined>;
  /** Files that could not be read before, or a moment ago, and are there. */
  tryAgain(): Promise<Change[]>;
  /** Ends the walk when it is not a few entries that cannot be read. */
  demandFew(): void;
}

/** Files that may fail one after the other before the folder is asked whether the server is well at all. */
const failuresInARow = 8;

export function createReading({ drive, signal }: LinkWork, link: Link, unread: UnreadList): Reading {
  let failures = 0;
  const placeOf = (path: DrivePath) => (drive.capabilities.caseSensitive ? path : foldedName(path)) as DrivePath;
  const isInLink = ({ path }: FileEntry) => isWithin(placeOf(path), placeOf(link.folder.path));

  /** Whether the folder still names a file that cannot be found. */
  const isListed = async (file: FileEntry): Promise<boolean> => {
    const options = { onUnreadable: () => undefined };
    try {
      for await (const page of drive.list({ path: parentOf(file.path) }, options, { signal }))
        if (page.some(({ path }) => path === file.path)) return true;
      return false;
    } catch (error) {
      if (isDossierError(error, 'not-found')) return false;
      throw error;
    }
  };

  const demandFew = () => {
    const all = unread.all();
    if (all.length <= mostUnread) return;
    const { code, path } = all[all.length - 1] as (typeof all)[number];
    throw new DossierError(code, say`More than ${mostUnread} files and folders cannot be read here`, {
      retry: 'afterUser',
      path,
    });
  };

  return {
    demandFew,
    async contentOf(known, asset, entry) {
      try {
        const content = await contentOf(drive, link.hashPolicy, known, asset, entry, signal);
        failures = 0;
        unread.settle(entry.path);
        return content;
      } catch (thrown) {
        const error = ofEntry(thrown);
        // Is it these files, or the whole server?
        if (++failures % failuresInARow === 0) await drive.stat(link.folder, { signal });
        const lasts = unread.lasts(entry.path);
        unread.noteFile(entry, error);
        demandFew();
        if (!lasts) return 'unread';
        const listed = listedContent(asset, entry, known);
        return known && isSameContent(known, { ...entry, digests: listed.digests }) ? known : listed;
      }
    },
    async tryAgain() {
      const changes: Change[] = [];
      const before = unread.left().flatMap(({ file }) => (file ? [file] : []));
      for (const file of [...before, ...unread.again()]) {
        throwIfCancelled(signal);
        try {
          const entry = await drive.stat(file, { signal });
          if (entry?.type === 'file' && isInLink(entry)) changes.push({ type: 'present', entry });
          else if (entry || !(await isListed(file))) unread.settle(file.path);
          else unread.noteFile(file, new DossierError('not-found', say`${file.path} is listed and cannot be found`));
        } catch (thrown) {
          unread.noteFile(file, ofEntry(thrown));
        }
      }
      return changes;
    },
  };
}
