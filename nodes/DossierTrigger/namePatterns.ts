import { foldedName } from '../../shared/index.ts';

/** Whether a path is one of those that somebody means. */
export type NamePattern = (path: string) => boolean;

/**
 * Patterns as people write them, separated by commas: `*` stands for anything, `?` for one character, and upper and
 * lower case are the same. A pattern with a slash is compared with the path, any other with the name.
 */
export function namePatterns(text: string): NamePattern[] {
  return text
    .split(',')
    .map((pattern) => foldedName(pattern.trim()))
    .filter((pattern) => pattern !== '')
    .map((pattern) => (path: string) => {
      const folded = foldedName(path);
      return matches(pattern, pattern.includes('/') ? folded : folded.slice(folded.lastIndexOf('/') + 1));
    });
}

/** Without regular expressions, whose time a pattern of many stars could make endless. */
function matches(pattern: string, text: string): boolean {
  let [at, read, star, resume] = [0, 0, -1, 0];
  while (read < text.length) {
    if (pattern[at] === '*') [star, resume, at] = [at, read, at + 1];
    else if (pattern[at] === '?' || pattern[at] === text[read]) [at, read] = [at + 1, read + 1];
    else if (star === -1) return false;
    else [at, resume, read] = [star + 1, resume + 1, resume + 1];
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
