import { DossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import type { Clock, HttpPort } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Account } from '../../drive/entry.ts';
import { refuseUnreadable } from '../../drive/unreadable.ts';
import { createDropboxApi, type DropboxEndpoints, dropboxEndpoints } from './api.ts';
import { createAppend } from './append.ts';
import { capabilities } from './capabilities.ts';
import { createChanges } from './changes.ts';
import { createCommit } from './commit.ts';
import { createFileOperations, createLookup } from './files.ts';
import { createListing, outermostFirst } from './listing.ts';
import { unknown } from './metadata.ts';
import { createPathRoot } from './pathRoot.ts';
import { createProving } from './prove.ts';
import { createRead } from './read.ts';
import { kind } from './sessionRecord.ts';
import { createSessions } from './sessions.ts';
import { createTurns } from './turns.ts';
import { createUpload } from './upload.ts';

export { type DropboxEndpoints, dropboxEndpoints } from './api.ts';

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
  const askAccount = async (context?: Context): Promise<Account> => {
    const answer = await api.rpc('users/get_current_account', null, { operation: 'account' }, context);
    if (!isRecord(answer)) throw unknown(say`no account`);
    pathRoot.learn(answer['root_info']);
    return parseAccount(answer);
  };
  const pathRoot = createPathRoot(async (context) => void (await askAccount(context)));
  const api = createDropboxApi(http, clock, endpoints, pathRoot);
  const turns = createTurns();
  const lookup = createLookup(api);
  const listing = createListing(api, lookup, turns);
  const read = createRead(api);
  const proving = createProving(api, lookup, read);

  return {
    kind,
    capabilities,
    account: askAccount,
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

function parseAccount({ account_id: id, email, name }: Record<string, unknown>): Account {
  if (typeof id !== 'string' || id === '') throw unknown(say`no account`);
  const shown = isRecord(name) && typeof name['display_name'] === 'string' ? name['display_name'] : '';
  const label = [shown, typeof email === 'string' ? `(${email})` : ''].filter(Boolean).join(' ');
  return { id, label: label || id };
}
