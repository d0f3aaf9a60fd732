import { asciiName, numberedName, portableName } from '../../core/names.ts';

/** Longest folder name, UTF-16 code units; leaves room for the number. */
const longestFolder = 100;

/**
 * The folder that a report of this title is put in; `attempt` counts the names that were taken, `plain` is for
 * destinations that refuse more than ASCII. The title as typed is kept in the manifest.
 */
export function folderName(title: string, attempt: number, plain = false): string {
  const suffix = numberedName('', attempt).length;
  const usual = portableName(title, { maxLength: longestFolder - suffix, fallback: 'Report' });
  return numberedName(plain ? asciiName(usual, 'Report') : usual, attempt);
}
