import { badRequest, type TaggedError, tagged } from './errors.ts';
import { isWithin, keyOf, lookupProblem, type Namespace, parsePath } from './paths.ts';
import type { Call } from './service.ts';
import type { Entry } from './tree.ts';

/** A place that an argument names: below the root of `view`, whether or not something is there. */
export interface Place {
  readonly view: Namespace;
  readonly tree: string;
  readonly key: string;
  readonly display: string;
  /** What a write to this name is told, where it is not allowed. */
  readonly problem?: 'malformed_path' | 'disallowed_name';
}

export const isRootOfView = (place: Place): boolean => place.display === place.view.root;

/** Reads `/…`, `ns:N/…` and `id:…[/…]`. An id or namespace that the account does not see is an error of its own. */
export function placeOf(call: Call, argument: string): Place | TaggedError {
  const { accounts, behaviour, tree } = call.service;
  const spaced = /^ns:([0-9]+)(\/.*)?$/su.exec(argument);
  if (spaced) {
    const view = accounts.namespace(spaced[1]!);
    // An app with a folder of its own sees namespaces in there, other apps all of their account.
    const reach = call.service.app.access === 'appFolder' ? keyOf(call.view.root) : '';
    const seen = view && view.tree === call.view.tree && isWithin(keyOf(view.root), reach);
    return seen && accounts.maySee(call.account, keyOf(view.root))
      ? below(view, view.root, spaced[2] ?? '')
      : tagged('not_found');
  }
  const byId = /^(id:[^/]*)(\/.*)?$/su.exec(argument);
  if (byId) {
    const entry = tree.byId(byId[1]!);
    return entry && entry.tree === call.view.tree && isVisible(call, entry.path)
      ? below(call.view, entry.display, byId[2] ?? '')
      : tagged('not_found');
  }
  return below(call.view, call.view.root, argument);

  function below(view: Namespace, folder: string, rest: string): Place | TaggedError {
    const { path, problem } = parsePath(rest, behaviour, call.route);
    const display = folder + path;
    if (!accounts.maySee(call.account, keyOf(display))) return tagged('not_found');
    const place = { view, tree: view.tree, key: keyOf(display), display };
    return problem === undefined ? place : { ...place, problem };
  }
}

function isVisible(call: Call, key: string): boolean {
  return isWithin(key, keyOf(call.view.root)) && call.service.accounts.maySee(call.account, key);
}

export const isError = (found: object): found is TaggedError => '.tag' in found;

/** The file or folder that an argument names, or the `LookupError` that says why there is none. */
export function lookUp(call: Call, argument: string, deleted = false): { entry: Entry; view: Namespace } | TaggedError {
  const { tree } = call.service;
  if (argument.startsWith('rev:')) {
    const entry = tree.byRev(argument.slice('rev:'.length));
    return entry && entry.tree === call.view.tree && isVisible(call, entry.path)
      ? { entry, view: call.view }
      : tagged('not_found');
  }
  const place = placeOf(call, argument);
  if (isError(place)) return place;
  if (place.problem) return lookupProblem(place.problem);
  if (isRootOfView(place)) throw badRequest(call.route, 'request body: path: The root folder is unsupported.');
  const entry = tree.get(place.tree, place.key);
  return entry && (entry.kind !== 'deleted' || deleted) ? { entry, view: place.view } : tagged('not_found');
}

/** The folder of a listing; the root of the view counts as one. */
export function folderAt(call: Call, argument: string): { place: Place; id: string } | TaggedError {
  const place = placeOf(call, argument);
  if (isError(place)) return place;
  if (place.problem) return lookupProblem(place.problem);
  if (isRootOfView(place)) return { place, id: '' };
  const entry = call.service.tree.get(place.tree, place.key);
  if (!entry || entry.kind === 'deleted') return tagged('not_found');
  return entry.kind === 'folder' ? { place, id: entry.id } : tagged('not_folder');
}
