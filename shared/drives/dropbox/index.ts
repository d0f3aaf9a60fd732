import { DossierError } from '../../core/errors.ts';
import type { Clock, HttpPort } from '../../core/ports.ts';
import type { Drive } from '../../drive/drive.ts';
import { refuseUnreadable } from '../../drive/unreadable.ts';
import { createAccount } from './account.ts';
import { createDropboxApi, type DropboxEndpoints, dropboxEndpoints } from './api.ts';
import { createAppend } from './append.ts';
import { capabilities } from './capabilities.ts';
import { createChanges } from './changes.ts';
import { createCommit } from './commit.ts';
import { createFileOperations, createLookup } from './files.ts';
import { createListing, outermostFirst } from './listing.ts';
import { createPathRoot } from './pathRoot.ts';
import { createProving } from './prove.ts';
import { createRead } from './read.ts';
import { kind } from './sessionRecord.ts';
import { createSessions } from './sessions.ts';
import { createTurns } from './turns.ts';
import { createUpload } from './upload.ts';

export type { DropboxEndpoints } from './api.ts';

export interface DropboxDriveOptions {
  /** Adds the access token itself, except to `anonymous` requests. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** Where Dropbox is; for tests against another server. */
  readonly endpoints?: DropboxEndpoints;
}

/**
 * A Dropbox account, personal or in a team. Without the scope `files.content.read` everything works but `read` and
 * `link`. The routes are called through our own HTTP port and not through the SDK, whose generated methods hold
 * downloads in memory whole, send streams without a length and no content hash, and whose sign-in puts refresh
 * credentials into addresses; its types describe the arguments.
 */
export function createDropboxDrive({ http, clock, endpoints = dropboxEndpoints }: DropboxDriveOptions): Drive {
  const pathRoot = createPathRoot(async (context) => void (await account(context)));
  const api = createDropboxApi(http, clock, endpoints, pathRoot);
  const account = createAccount(api, pathRoot);
  const turns = createTurns();
  const lookup = createLookup(api);
  const listing = createListing(api, lookup, turns);
  const read = createRead(api);
  const proving = createProving(api, lookup, read);

  return {
    kind,
    capabilities,
    account,
    stat: (ref, context) => lookup.stat(ref, context),
    async *list(folder, { recursive = false, onUnreadable = refuseUnreadable } = {}, context) {
      for await (const { listed } of listing.pages(folder, recursive, 'list', context)) {
        for (const each of listed) if ('unreadable' in each) onUnreadable(each.unreadable);
        yield outermostFirst(listed.flatMap((each) => ('entry' in each ? [each.entry] : [])));
      }
    },
    read,
    ...createFileOperations(api, lookup),
    upload: createUpload(api, lookup, proving),
    uploadStreamed: async () => {
      throw new DossierError('unsupported', 'Dropbox takes large files in chunks', {
        operation: 'uploadStreamed',
        where: kind,
      });
    },
    ...createSessions(api),
    append: createAppend(api),
    commit: createCommit(api, lookup, proving, turns),
    prove: proving.prove,
    ...createChanges(api, listing, clock),
  };
}
