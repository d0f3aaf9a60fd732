import { createBudget } from '../core/budget.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { numberedName } from '../core/names.ts';
import { joinPath, nameOf, namesOf, parentOf, rootPath } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import type { Context } from '../drive/drive.ts';
import { ensureFolder } from '../drive/ensureFolder.ts';
import type { Entry, FileEntry } from '../drive/entry.ts';
import type { MirrorRules, MirrorSide, Place } from './mirror.ts';
import { archivedName, dayOf, keptName } from './names.ts';
import { pathIn, placeIn } from './places.ts';

/** Names that are tried for what is moved out of the way. */
const mostNames = 100;

export interface ChangePorts {
  readonly destination: MirrorSide;
  readonly rules: MirrorRules;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Repeats what failed for a while. */
  readonly again: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * What the mirror does at the destination beside sending. Each looks once more at what it is about to move or remove:
 * what was changed since the listing is left for the next look.
 */
export interface Changes {
  /** @throws `revision-conflict` when it is not what was listed. */
  remove(there: Entry): Promise<void>;
  /** Gives the place that the archived file has. */
  archive(there: Entry, place: Place): Promise<Place>;
  /** Out of the way of the mirror; gives the place that it has now. */
  setAside(there: Entry, place: Place): Promise<Place>;
  /** @throws `already-exists` when something is there. */
  move(there: Entry, to: Place): Promise<FileEntry>;
  /** True when it was empty and is gone. */
  removeFolder(place: Place): Promise<boolean>;
}

export function createChanges({ destination, rules, now, signal, again }: ChangePorts): Changes {
  const { drive, folder } = destination;
  const context = { signal };
  const moveTo = createMoving(destination, context);
  /** A file that was archived today may have the name of a folder that is needed: then the day gets another folder. */
  const archive = async (there: Entry, place: Place): Promise<Place> => {
    const days = createBudget(mostNames, () => new DossierError('type-mismatch', undefined, { path: there.path }));
    for (let attempt = 0; ; attempt++) {
      days.spend();
      const into = joinPath(archivePlace(rules.archive), numberedName(dayOf(now()), attempt));
      try {
        return await moveTo(there, joinPath(into, ...namesOf(parentOf(place))), (other) => archivedName(place, other));
      } catch (error) {
        if (!isDossierError(error, 'type-mismatch')) throw error;
      }
    }
  };

  return {
    remove: (there) =>
      again(async () => {
        if (!(await drive.stat({ path: there.path }, context))) return;
        await demandUnchanged(destination, there, context);
        await drive.remove({ path: there.path }, context);
      }),
    archive: (there, place) => again(() => archive(there, place)),
    setAside: (there, place) =>
      again(() => moveTo(there, parentOf(place), (attempt) => keptName(place, now(), attempt))),
    move: (there, to) =>
      again(async () => {
        await demandUnchanged(destination, there, context);
        const target = await ensureFolder(drive, pathIn(folder, parentOf(to)), context);
        return (await drive.move({ path: there.path }, target, nameOf(to), context)) as FileEntry;
      }),
    removeFolder: (place) =>
      again(async () => {
        const path = pathIn(folder, place);
        const found = await drive.stat({ path }, context);
        if (found === undefined) return true;
        if (found.type !== 'folder') return false;
        for await (const page of drive.list({ path }, {}, context)) if (page.length > 0) return false;
        try {
          await drive.remove({ path }, { ...context, ifEmpty: true });
          return true;
        } catch (error) {
          if (!isDossierError(error, 'already-exists')) throw error;
          return false;
        }
      }),
  };
}

async function demandUnchanged({ drive }: MirrorSide, there: Entry, context: Context): Promise<void> {
  const found = await drive.stat({ path: there.path }, context);
  const isSame =
    found?.type === there.type &&
    (found.type === 'folder' || there.type === 'folder' || found.revision === there.revision);
  if (!isSame)
    throw new DossierError('revision-conflict', say`${there.path} has changed meanwhile`, { path: there.path });
}

/** Moves what has not changed to the first name in a folder that is free. */
function createMoving(destination: MirrorSide, context: Context) {
  const { drive, folder } = destination;
  return async (there: Entry, into: Place, nameFor: (attempt: number) => string): Promise<Place> => {
    await demandUnchanged(destination, there, context);
    const target = await ensureFolder(drive, pathIn(folder, into), context);
    const names = createBudget(
      mostNames,
      () => new DossierError('already-exists', say`There are too many files called ${nameFor(0)} already`),
    );
    for (let attempt = 0; ; attempt++) {
      names.spend();
      try {
        const moved = await drive.move({ path: there.path }, target, nameFor(attempt), context);
        return placeIn(folder, moved.path);
      } catch (error) {
        if (!isDossierError(error, 'already-exists')) throw error;
      }
    }
  };
}

function archivePlace(archive: string): Place {
  return joinPath(rootPath, ...archive.split('/').filter((name) => name.trim() !== ''));
}
