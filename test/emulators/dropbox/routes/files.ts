import { receive } from '../body.ts';
import { commitFields, commitFile } from '../commit.ts';
import { plainRefusal, type Refusal, routeError, type TaggedError, tagged, tagPath } from '../errors.ts';
import { isError, lookUp, placeOf } from '../lookup.ts';
import { anyMetadata, fileMetadata, timeText } from '../metadata.ts';
import type { Call, Download } from '../service.ts';
import {
  anything,
  contentHash,
  flag,
  integer,
  optional,
  readPath,
  revision,
  struct,
  text,
  union,
  writePathOrId,
} from '../stone.ts';
import type { Entry } from '../tree.ts';
import { type Routes, route } from './route.ts';

/** The refusal of a body above the limit, which was reported in two shapes. */
export function payloadTooLarge(call: Call): Refusal {
  return call.service.behaviour.payloadTooLarge === 'status413'
    ? plainRefusal(413, 'Request Entity Too Large')
    : routeError(tagged('payload_too_large'));
}

export function downloadOf(entry: Entry, view: Call['view']): Download {
  return {
    download: true,
    result: fileMetadata(entry, view),
    content: entry.content,
    size: entry.size,
    etag: entry.rev,
  };
}

function fileFor(call: Call, path: string): { entry: Entry; view: Call['view'] } {
  const found = lookUp(call, path);
  if (isError(found)) throw routeError(tagged('path', found));
  if (found.entry.kind !== 'file') throw routeError(tagPath('path', 'not_file'));
  if (found.entry.content === 'export') throw routeError(tagged('unsupported_file'));
  return found;
}

export const fileRoutes: Routes = {
  'files/upload': route(
    {
      style: 'upload',
      scope: 'files.content.write',
      argument: struct({ ...commitFields, content_hash: optional<string | null>(contentHash, null) }),
    },
    async (arg, call) => {
      const { contents, limits, sessions, accounts, locks } = call.service;
      if ((call.declaredBytes ?? 0) > limits.requestBytes) throw payloadTooLarge(call);
      const session = sessions.start(call.account.id, 'sequential');
      const received = await receive(contents, session.content, 0, call.body, limits.requestBytes);
      if (received.broken) throw received.broken;
      if (received.tooLarge) throw payloadTooLarge(call);
      if (arg.content_hash !== null && arg.content_hash !== received.hash) {
        await contents.remove(session.content);
        throw routeError(tagged('content_hash_mismatch'));
      }
      sessions.accept(session, { offset: 0, length: received.bytes, close: true }, received);
      sessions.save(session);
      const failed = (reason: TaggedError): TaggedError => tagged('path', { reason, upload_session_id: session.id });
      const place = placeOf(call, arg.path);
      if (isError(place)) throw routeError(failed(tagPath('conflict', 'other')));
      const commit = (): unknown => {
        const { hash, bytes: size } = received;
        const done = commitFile(call, arg, { content: session.content, size, hash });
        if (isError(done)) throw routeError(failed(done));
        sessions.save({ ...session, finished: true });
        return fileMetadata(done.entry, done.view);
      };
      return locks.hold(accounts.owner(place.tree, place.key), commit, () => {
        throw locks.refusal(failed(tagged('too_many_write_operations')));
      });
    },
  ),

  'files/download': route(
    {
      style: 'download',
      scope: 'files.content.read',
      argument: struct({ path: readPath, rev: optional<string | null>(revision, null) }),
    },
    (arg, call) => {
      const { entry, view } = fileFor(call, arg.rev === null ? arg.path : `rev:${arg.rev}`);
      return downloadOf(entry, view);
    },
  ),

  'files/get_temporary_link': route(
    {
      style: 'rpc',
      scope: 'files.content.read',
      argument: struct({ path: readPath }),
    },
    (arg, call) => {
      const { entry, view } = fileFor(call, arg.path);
      return { metadata: fileMetadata(entry, view), link: `${call.base}/__emulator/content/${entry.rev}` };
    },
  ),

  'files/get_metadata': route(
    {
      style: 'rpc',
      scope: 'files.metadata.read',
      argument: struct({
        path: readPath,
        include_media_info: optional(flag, false),
        include_deleted: optional(flag, false),
        include_has_explicit_shared_members: optional(flag, false),
        include_property_groups: optional(anything, null),
      }),
    },
    (arg, call) => {
      const found = lookUp(call, arg.path, arg.include_deleted);
      if (isError(found)) throw routeError(tagged('path', found));
      return anyMetadata(found.entry, found.view, call.service.accounts.namespaces());
    },
  ),

  'files/list_revisions': route(
    {
      style: 'rpc',
      scope: 'files.metadata.read',
      argument: struct({
        path: writePathOrId,
        mode: optional(union({ path: null, id: null }), { tag: 'path', value: undefined }),
        limit: optional(integer(1, 100), 10),
        before_rev: optional<string | null>(text(/[0-9a-f]+/, { min: 9 }), null),
      }),
    },
    (arg, call) => {
      const { tree } = call.service;
      if (arg.before_rev !== null && arg.mode.tag === 'id') throw routeError(tagged('before_rev_not_supported'));
      const found = lookUp(call, arg.path, true);
      if (isError(found)) throw routeError(tagged('path', found));
      if (found.entry.kind === 'folder') throw routeError(tagPath('path', 'not_file'));
      const { entry, view } = found;
      const all = tree.revisions(arg.mode.tag === 'id' ? { id: entry.id } : { tree: entry.tree, path: entry.path });
      if (all.length === 0) throw routeError(tagPath('path', 'not_found'));
      const begin = arg.before_rev === null ? 0 : all.findIndex((each) => each.rev === arg.before_rev) + 1;
      if (arg.before_rev !== null && begin === 0) throw routeError(tagged('invalid_before_rev'));
      const page = all.slice(begin, begin + arg.limit);
      const isDeleted = entry.kind === 'deleted';
      return {
        is_deleted: isDeleted,
        ...(isDeleted ? { server_deleted: timeText(entry.serverModified) } : {}),
        entries: page.map((each) => fileMetadata(each, view)),
        has_more: begin + page.length < all.length,
      };
    },
  ),
};
