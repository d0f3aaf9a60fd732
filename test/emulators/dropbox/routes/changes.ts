import type { CursorState } from '../cursors.ts';
import { badRequest, rateLimited, routeError, tagged } from '../errors.ts';
import { folderAt, isError } from '../lookup.ts';
import { anyMetadata } from '../metadata.ts';
import { keyOf } from '../paths.ts';
import type { Call } from '../service.ts';
import { anything, type Checked, flag, folderPath, integer, optional, struct, text } from '../stone.ts';
import type { Entry } from '../tree.ts';
import { type Routes, route } from './route.ts';

const scope = 'files.metadata.read';

const listFolder = struct({
  path: folderPath,
  recursive: optional(flag, false),
  include_media_info: optional(flag, false),
  include_deleted: optional(flag, false),
  include_has_explicit_shared_members: optional(flag, false),
  include_mounted_folders: optional(flag, true),
  limit: optional<number | null>(integer(1, 2000), null),
  shared_link: optional(anything, null),
  include_property_groups: optional(anything, null),
  include_non_downloadable_files: optional(flag, true),
  include_restorable_info: optional(flag, false),
});

const cursorArgument = struct({ cursor: text(undefined, { min: 1 }) });

function begin(arg: Checked<typeof listFolder>, call: Call): CursorState {
  if (arg.path === '/') {
    throw badRequest(call.route, 'request body: path: Specify the root folder as an empty string rather than as "/".');
  }
  const found = folderAt(call, arg.path);
  if (isError(found)) throw routeError(tagged('path', found));
  const { place, id } = found;
  return {
    account: call.account.id,
    namespace: place.view.id,
    folder: place.key,
    folderId: id,
    recursive: arg.recursive,
    deleted: arg.include_deleted,
    nonDownloadable: arg.include_non_downloadable_files,
    limit: arg.limit ?? 500,
    after: '',
    seq: call.service.tree.lastSeq(),
  };
}

/** Finds out what a cursor still stands for, or throws what it ended in. */
export function resume(cursor: string, service: Call['service'], route: string): CursorState {
  const state = service.cursors.read(cursor);
  if (state === undefined) {
    throw badRequest(route, `request body: cursor: Invalid "cursor" parameter: u'${cursor.slice(0, 20)}'`);
  }
  const namespace = state !== 'reset' && service.accounts.namespace(state.namespace);
  if (state === 'reset' || !namespace) throw routeError(tagged('reset'));
  return state;
}

function step(state: CursorState, call: Call): unknown {
  const { accounts, cursors, tree } = call.service;
  const view = accounts.namespace(state.namespace)!;
  const { folder, recursive, limit } = state;
  const isRoot = folder === keyOf(view.root);
  const seen = (entry: Entry): boolean =>
    accounts.maySee(call.account, entry.path) && (state.nonDownloadable || entry.content !== 'export');

  let rows: Entry[];
  let next: CursorState;
  let more: boolean;
  if (state.after === null) {
    const changes = tree.changes({ tree: view.tree, folder, recursive, after: state.seq, limit: limit + 1 });
    more = changes.length > limit;
    const page = changes.slice(0, limit);
    rows = isRoot ? page.filter((entry) => entry.path !== folder) : page;
    next = { ...state, seq: more ? page.at(-1)!.seq : tree.lastSeq() };
  } else {
    const { after, deleted } = state;
    // A recursive listing of a folder begins with the folder itself.
    const own = recursive && !isRoot && after === '' ? tree.get(view.tree, folder) : undefined;
    const listed = tree.list({ tree: view.tree, folder, recursive, deleted, after, limit: limit + 1 });
    more = listed.length > limit;
    const page = listed.slice(0, limit);
    rows = own ? [own, ...page] : page;
    next = { ...state, after: more ? page.at(-1)!.path : null };
  }
  const namespaces = accounts.namespaces();
  return {
    entries: rows.filter(seen).map((entry) => anyMetadata(entry, view, namespaces)),
    cursor: cursors.write(next),
    has_more: more,
  };
}

/** Two equal calls at the same time by one account are one too many. */
const alone = (arg: unknown, { service, route: name, account }: Call, list: () => unknown): Promise<unknown> =>
  service.listings.hold(`${account.id} ${name} ${JSON.stringify(arg)}`, list, () => {
    throw rateLimited('too_many_requests', { retryAfter: 1, body: 'json' });
  });

export const changeRoutes: Routes = {
  'files/list_folder': route({ style: 'rpc', scope, argument: listFolder }, (arg, call) =>
    alone(arg, call, () => step(begin(arg, call), call)),
  ),

  'files/list_folder/get_latest_cursor': route({ style: 'rpc', scope, argument: listFolder }, (arg, call) => ({
    cursor: call.service.cursors.write({ ...begin(arg, call), after: null }),
  })),

  'files/list_folder/continue': route(
    {
      style: 'rpc',
      scope,
      argument: cursorArgument,
    },
    (arg, call) => {
      const { accounts, tree } = call.service;
      const state = resume(arg.cursor, call.service, call.route);
      if (state.account !== call.account.id) throw badRequest(call.route, 'request body: cursor: wrong account');
      const view = accounts.namespace(state.namespace)!;
      if (state.folderId !== '') {
        const folder = tree.get(view.tree, state.folder);
        if (folder?.kind !== 'folder') throw routeError(tagged('path', tagged('not_found')));
        // Another folder under the same name: nothing that was listed still holds.
        if (folder.id !== state.folderId) throw routeError(tagged('reset'));
      }
      return alone(arg, call, () => step(state, call));
    },
  ),
};
