import ignore from 'ignore';
import { DossierError } from '../core/errors.ts';
import { namesOf } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import { isInStore } from '../core/storeFolder.ts';
import type { Entry } from '../drive/entry.ts';
import type { MirrorRules, Place } from './mirror.ts';

export interface Filter {
  /** A folder that is left out is left out with all that is in it, as Git does it. */
  leavesOut(place: Place, entry: Pick<Entry, 'type'> & { readonly size?: number }): boolean;
}

/** @throws `invalid-input` for a pattern that cannot be read. */
export function createFilter({ ignore: lines, largest = Number.POSITIVE_INFINITY }: MirrorRules): Filter {
  const patterns = readPatterns(lines);
  return {
    leavesOut(place, { type, size = 0 }) {
      if (isInStore(place)) return true;
      if (type === 'file' && size > largest) return true;
      return patterns.ignores(`${namesOf(place).join('/')}${type === 'folder' ? '/' : ''}`);
    },
  };
}

function readPatterns(lines: readonly string[]): ReturnType<typeof ignore> {
  try {
    // Servers and disks differ in whether they tell case apart; a pattern means what it says.
    return ignore({ ignorecase: false, allowRelativePaths: true }).add([...lines]);
  } catch (error) {
    throw new DossierError('invalid-input', say`The ignore patterns cannot be read: ${String(error)}`, {
      advice: null,
      cause: error,
    });
  }
}
