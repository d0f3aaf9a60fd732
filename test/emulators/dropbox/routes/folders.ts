import { freeName, obstacle } from '../commit.ts';
import { routeError, type TaggedError, tagged, tagPath } from '../errors.ts';
import { isError, lookUp, type Place, placeOf } from '../lookup.ts';
import { anyMetadata, folderMetadata } from '../metadata.ts';
import { isWithin, keyOf } from '../paths.ts';
import type { Call } from '../service.ts';
import { flag, optional, revision, struct, writePath, writePathOrId } from '../stone.ts';
import type { Entry } from '../tree.ts';
import { type Routes, route } from './route.ts';

const scope = 'files.content.write';

/** Runs a single write under the lock of its namespace; `change` throws the route's error. */
async function underLock<T>(call: Call, place: Place, busy: TaggedError, change: () => T): Promise<T> {
  const { accounts, locks } = call.service;
  return locks.hold(accounts.owner(place.tree, place.key), change, () => {
    throw locks.refusal(busy);
  });
}

const relocation = struct({
  from_path: writePathOrId,
  to_path: writePathOrId,
  allow_shared_folder: optional(flag, false),
  autorename: optional(flag, false),
  allow_ownership_transfer: optional(flag, false),
});

/** Shared folders and members' homes stay where they are, and so does what holds them. */
function holdsNamespace({ service }: Call, { tree, path }: Entry): boolean {
  return service.accounts.namespaces().some((each) => each.tree === tree && isWithin(keyOf(each.root), path));
}

async function relocate(
  arg: { from_path: string; to_path: string; autorename: boolean },
  call: Call,
  act: (entry: Entry, display: string, now: number) => Entry,
): Promise<unknown> {
  const { tree, accounts, clock, watch, limits } = call.service;
  const isMove = act === tree.move;
  const place = placeOf(call, arg.to_path);
  if (isError(place)) throw routeError(tagged('to', tagPath('conflict', 'other')));
  return underLock(call, place, tagPath('to', 'too_many_write_operations'), () => {
    const found = lookUp(call, arg.from_path);
    if (isError(found)) throw routeError(tagged('from_lookup', found));
    const { entry } = found;
    const done = (result: Entry, view = place.view): unknown => ({
      metadata: anyMetadata(result, view, accounts.namespaces()),
    });
    // A rename of case only is answered with success and does nothing.
    if (place.key === entry.path && isMove) {
      if (place.display === entry.display) throw routeError(tagPath('duplicated_or_nested_paths'));
      return done(entry, found.view);
    }
    if (isWithin(place.key, entry.path) && entry.kind === 'folder') {
      throw routeError(tagPath('duplicated_or_nested_paths'));
    }
    if (holdsNamespace(call, entry)) {
      throw routeError(tagPath(isMove ? 'cant_move_shared_folder' : 'cant_copy_shared_folder'));
    }
    const inTheWay = obstacle(call, place);
    if (inTheWay) throw routeError(tagged('to', inTheWay));
    const there = tree.get(place.tree, place.key);
    let display = place.display;
    if (there && there.kind !== 'deleted') {
      if (!arg.autorename) throw routeError(tagPath('to', 'conflict', there.kind));
      display = freeName(call, place, 'number');
    }
    if (!isMove && tree.used(place.tree) + entry.size > limits.quotaBytes) {
      throw routeError(tagPath('insufficient_quota'));
    }
    const result = act(entry, display, Math.floor(clock.now() / 1000) * 1000);
    watch.changed(entry.tree, entry.path);
    watch.changed(entry.tree, result.path);
    return done(result);
  });
}

export const folderRoutes: Routes = {
  'files/create_folder_v2': route(
    {
      style: 'rpc',
      scope,
      argument: struct({ path: writePath, autorename: optional(flag, false) }),
    },
    async (arg, call) => {
      const { tree, accounts, watch } = call.service;
      const place = placeOf(call, arg.path);
      if (isError(place)) throw routeError(tagPath('path', 'no_write_permission'));
      return underLock(call, place, tagPath('path', 'too_many_write_operations'), () => {
        const inTheWay = obstacle(call, place);
        if (inTheWay) throw routeError(tagged('path', inTheWay));
        const there = tree.get(place.tree, place.key);
        let display = place.display;
        if (there && there.kind !== 'deleted') {
          if (!arg.autorename) throw routeError(tagPath('path', 'conflict', there.kind));
          display = freeName(call, place, 'number');
        }
        const folder = tree.putFolder(place.tree, display);
        watch.changed(folder.tree, folder.path);
        return { metadata: folderMetadata(folder, place.view, accounts.namespaces()) };
      });
    },
  ),

  'files/delete_v2': route(
    {
      style: 'rpc',
      scope,
      argument: struct({ path: writePathOrId, parent_rev: optional<string | null>(revision, null) }),
    },
    async (arg, call) => {
      const { tree, accounts, watch } = call.service;
      const place = placeOf(call, arg.path);
      if (isError(place)) throw routeError(tagPath('path_lookup', 'not_found'));
      return underLock(call, place, tagged('too_many_write_operations'), () => {
        const found = lookUp(call, arg.path);
        if (isError(found)) throw routeError(tagged('path_lookup', found));
        if (arg.parent_rev !== null && arg.parent_rev !== found.entry.rev) {
          throw routeError(tagPath('path_write', 'conflict', found.entry.kind === 'folder' ? 'folder' : 'file'));
        }
        if (holdsNamespace(call, found.entry)) throw routeError(tagPath('path_write', 'no_write_permission'));
        tree.remove(found.entry);
        watch.changed(found.entry.tree, found.entry.path);
        return { metadata: anyMetadata(found.entry, found.view, accounts.namespaces()) };
      });
    },
  ),

  'files/move_v2': route({ style: 'rpc', scope, argument: relocation }, (arg, call) =>
    relocate(arg, call, call.service.tree.move),
  ),
  'files/copy_v2': route({ style: 'rpc', scope, argument: relocation }, (arg, call) =>
    relocate(arg, call, call.service.tree.copy),
  ),
};
