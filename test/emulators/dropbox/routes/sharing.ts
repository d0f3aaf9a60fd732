import { createHash } from 'node:crypto';
import { routeError, tagged } from '../errors.ts';
import { isError, lookUp } from '../lookup.ts';
import { anyMetadata, type Metadata } from '../metadata.ts';
import type { Call } from '../service.ts';
import { anything, flag, nothing, optional, readPath, struct, text } from '../stone.ts';
import type { Entry } from '../tree.ts';
import { type Routes, route } from './route.ts';

interface SharedLink {
  readonly url: string;
  readonly id: string;
  readonly account: string;
}

function linkMetadata(link: SharedLink, entry: Entry, view: Call['view']): Metadata {
  const { '.tag': tag, id, name, path_lower, ...rest } = anyMetadata(entry, view, []);
  const file =
    entry.kind === 'file'
      ? {
          client_modified: rest['client_modified'],
          server_modified: rest['server_modified'],
          rev: entry.rev,
          size: entry.size,
        }
      : {};
  return {
    '.tag': tag,
    url: link.url,
    id,
    name,
    path_lower,
    ...file,
    link_permissions: {
      can_revoke: true,
      resolved_visibility: { '.tag': 'public' },
      visibility_policies: [],
      can_set_expiry: false,
      can_remove_expiry: false,
      allow_download: true,
      can_allow_download: true,
      can_disallow_download: false,
      allow_comments: true,
      team_restricts_comments: false,
    },
  };
}

export const sharingRoutes: Routes = {
  'sharing/create_shared_link_with_settings': route(
    {
      style: 'rpc',
      scope: 'sharing.write',
      argument: struct({ path: readPath, settings: optional(anything, null) }),
    },
    ({ path }, call) => {
      const { records } = call.service.database;
      const found = lookUp(call, path);
      if (isError(found)) throw routeError(tagged('path', found));
      const { entry, view } = found;
      const known = records.get<SharedLink>('sharedLink', entry.id);
      if (known) {
        const metadata = linkMetadata(known, entry, view);
        throw routeError(tagged('shared_link_already_exists', tagged('metadata', { metadata })));
      }
      const key = createHash('sha256').update(entry.id).digest('base64url').slice(0, 15);
      const kind = entry.kind === 'folder' ? 'fo' : 'fi';
      const url = `https://www.dropbox.com/scl/${kind}/${key}/${encodeURIComponent(entry.name)}?rlkey=${key}&dl=0`;
      const link: SharedLink = { url, id: entry.id, account: call.account.id };
      records.put('sharedLink', entry.id, link);
      return linkMetadata(link, entry, view);
    },
  ),

  'sharing/list_shared_links': route(
    {
      style: 'rpc',
      scope: 'sharing.read',
      argument: struct({
        path: optional<string | null>(readPath, null),
        cursor: optional<string | null>(text(), null),
        direct_only: optional<boolean>(flag, false),
      }),
    },
    ({ path }, call) => {
      const { database, tree } = call.service;
      const found = path === null ? undefined : lookUp(call, path);
      if (found && isError(found)) throw routeError(tagged('path', found));
      const links = database.records.all<SharedLink>('sharedLink').flatMap((link) => {
        const entry = tree.byId(link.id);
        const wanted = entry && link.account === call.account.id && (!found || found.entry.id === link.id);
        return wanted ? [linkMetadata(link, entry, call.view)] : [];
      });
      return { links, has_more: false };
    },
  ),
};

/** Ends the whole grant: the access token, its siblings and the refresh token. */
export const tokenRoutes: Routes = {
  'auth/token/revoke': route({ style: 'rpc', scope: null, argument: nothing }, (_, call) => {
    call.service.grants.revoke(call.token);
    return null;
  }),
};
