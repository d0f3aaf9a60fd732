import { type DrivePath, joinPath, namesOf, rootPath } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Hrefs } from './href.ts';

/**
 * Paths hold names in NFC; a server that compares bytes may have them decomposed, as macOS writes them. Gives a function
 * that tries both forms of each name on the way to a path where nothing was found, and is true when the path has another
 * address now than before.
 */
export function createRespell(
  hrefs: Hrefs,
  exists: (path: DrivePath, context?: Context) => Promise<boolean>,
): (path: DrivePath, context?: Context) => Promise<boolean> {
  return async (path, context) => {
    const before = hrefs.urlOf(path);
    let at = rootPath;
    for (const name of namesOf(path)) {
      at = joinPath(at, name);
      const spellings = [...new Set([hrefs.spellingOf(at) ?? name, name, name.normalize('NFD')])];
      if (spellings.length === 1) continue;
      let found = false;
      for (const spelling of spellings) {
        hrefs.spell(at, spelling);
        // There was nothing at this address just now.
        if (at === path && hrefs.urlOf(path) === before) continue;
        found = await exists(at, context);
        if (found) break;
      }
      if (found) continue;
      hrefs.spell(at, undefined);
      break;
    }
    return hrefs.urlOf(path) !== before;
  };
}
