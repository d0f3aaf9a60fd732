import { badRequest, type TaggedError, tagged } from './errors.ts';
import type { Behaviour } from './options.ts';

/** A part of a tree that an account may see as a whole: its home, a team's root, a shared folder, an app's folder. */
export interface Namespace {
  readonly id: string;
  readonly tree: string;
  readonly kind: 'home' | 'team' | 'app' | 'shared';
  /** Where it lies in its tree, as display and as key: empty, or `/Ada Lovelace` and `/ada lovelace`. */
  readonly root: string;
}

export const keyOf = (path: string): string => path.toLowerCase();

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Whether `key` is `folder` itself or lies in it. */
export const isWithin = (key: string, folder: string): boolean =>
  folder === '' || key === folder || key.startsWith(`${folder}/`);

const ignoredNames = new Set([
  'desktop.ini',
  'thumbs.db',
  '.ds_store',
  'icon\r',
  '.dropbox',
  '.dropbox.attr',
  '.dropbox.cache',
]);
const ignoredShapes = [/^~\$/, /^\.~/, /^~.*\.tmp$/i];
const unusable = /[\u0000\u007f\\]/;
const astral = /[\u{10000}-\u{10ffff}]/u;
const loneSurrogate = /\p{Surrogate}/u;

type Problem = 'malformed_path' | 'disallowed_name';

/**
 * Reads a path as the server does: its own normalisation, empty components refused. `problem` says what a write to
 * it would be told.
 */
export function parsePath(
  given: string,
  behaviour: Behaviour,
  route: string,
): { readonly path: string; readonly problem?: Problem } {
  if (given === '' || given === '/') return { path: '' };
  if (behaviour.astralCharacters === 'badRequest' && astral.test(given)) {
    throw badRequest(route, `request body: path: '${given}' is not part of the Unicode Basic Multilingual Plane`);
  }
  const parts = given
    .slice(1)
    .split('/')
    .map((part) => normalised(part, behaviour));
  const path = parts.map((part) => `/${part}`).join('');
  const problem = parts.map((part) => problemWith(part, behaviour)).find((found) => found !== undefined);
  return problem === undefined ? { path } : { path, problem };
}

function normalised(part: string, behaviour: Behaviour): string {
  const composed = behaviour.unicodeForm === 'nfc' ? part.normalize('NFC') : part;
  return behaviour.trailingSpaces === 'strip' ? composed.replace(/ +$/, '') : composed;
}

function problemWith(part: string, behaviour: Behaviour): Problem | undefined {
  if (part === '' || part === '.' || part === '..' || part.endsWith(' ')) return 'malformed_path';
  if (unusable.test(part) || [...part].length > 255 || loneSurrogate.test(part)) return 'malformed_path';
  if (behaviour.astralCharacters === 'malformedPath' && astral.test(part)) return 'malformed_path';
  if (ignoredNames.has(part.toLowerCase()) || ignoredShapes.some((shape) => shape.test(part))) {
    return 'disallowed_name';
  }
  return undefined;
}

/** `document.txt` -> `document (2).txt`, or `document (conflicted copy).txt`. */
export function alternativeName(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${mark})${name.slice(dot)}` : `${name} (${mark})`;
}

/** What a lookup of such a path is told. A name that cannot exist is simply not found, except for a malformed one. */
export function lookupProblem(problem: Problem): TaggedError {
  return problem === 'malformed_path' ? tagged('malformed_path') : tagged('not_found');
}
