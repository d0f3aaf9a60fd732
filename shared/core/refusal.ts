import type { ErrorCode } from './errors.ts';
import { type Sentence, say } from './sentence.ts';

/**
 * What happened to the entry that a service refused to touch, by its name: what the service itself says ("409",
 * "path/conflict/folder") is for programmers. Undefined for a code that is not about an entry, and without a path.
 */
export function refusalOf(code: ErrorCode, path: string | undefined): Sentence | undefined {
  return path?.startsWith('/') === true && path !== '/' ? words[code]?.(path) : undefined;
}

const words: Readonly<Partial<Record<ErrorCode, (path: string) => Sentence>>> = {
  'not-found': (path) => say`There is nothing at "${path}"`,
  'already-exists': (path) => say`Something else is at "${path}" already`,
  'type-mismatch': (path) => say`At "${path}" a file stands where a folder is needed, or the reverse`,
  'parent-missing': (path) => say`The folder that "${path}" shall lie in is not there`,
  'invalid-path': (path) => say`The service does not accept "${path}" as a path`,
  'forbidden': (path) => say`The service does not allow this at "${path}"`,
  'quota-exceeded': (path) => say`There is no space left for "${path}"`,
  'too-large': (path) => say`"${path}" is too large for the service`,
  'locked': (path) => say`"${path}" is locked at the moment`,
};
