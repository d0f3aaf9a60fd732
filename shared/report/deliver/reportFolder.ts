import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { foldedName } from '../../core/names.ts';
import { joinPath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import { createFolderIn } from '../../drive/ensureFolder.ts';
import type { Entry, FolderEntry } from '../../drive/entry.ts';
import { refuseUnlessNameless } from '../../drive/unreadable.ts';
import type { Delivery } from '../content/delivery.ts';
import { folderName } from '../content/folderName.ts';
import type { SubmitOrder } from './submitOrder.ts';

const claimPrefix = '.dossier-';

/** Names that one call tries: where an earlier run may have made any of them, none is passed over. */
const mostNames = 40;
const mostNamesAgain = 1_000;
/** Names that are found taken before it is looked which are free. */
const namesPerListing = 4;

/** A folder in a report folder that says whose it is. Only a sender whose answer was lost needs one. */
export const claimName = (report: string): string => `${claimPrefix}${report}`;

/**
 * A folder of the report's own, by exclusive creation; the next name when one is taken.
 *
 * When the answer to a creation was lost (an error, or a kill), a folder of that name may be ours or somebody else's.
 * It is taken for ours only when it is empty, and only after a claim was put into it: whoever made it in truth looks
 * for claims before writing the manifest (`foreignClaim`), and we looked for its files after claiming. Of two writes
 * followed by two looks at least one look sees the other's write, so two reports never end in one folder; at worst both
 * leave it, and an empty folder stays.
 */
export async function openReportFolder(order: SubmitOrder, begun: Delivery): Promise<Delivery> {
  const { clock, journal, signal, report, turn } = order;
  // An earlier run may have made any of these folders, and died before it told anybody.
  const again = turn?.again === true;
  let delivery = begun;
  const names = createBudget(
    again ? mostNamesAgain : mostNames,
    () =>
      new DossierError('already-exists', 'Every name that was tried for the folder of this report is taken', {
        operation: 'createFolder',
        path: order.root.path,
      }),
  );
  for (let answerLost = again || delivery.creating === true; ; answerLost = again) {
    names.spend();
    if (!delivery.creating) await journal.save((delivery = { ...delivery, creating: true }));
    const name = folderName(report.title, delivery.attempt, delivery.plain);
    const make = async (): Promise<FolderEntry | undefined> => {
      const there = answerLost ? await find(order, name) : undefined;
      if (there) return adopt(order, there);
      try {
        return await createFolderIn(order.drive, order.root, name, { signal });
      } catch (error) {
        if (isDossierError(error, 'already-exists')) {
          // After a lost answer it may be our own request, landing late.
          const late = answerLost ? await find(order, name) : undefined;
          return late && (await adopt(order, late));
        }
        answerLost = true;
        throw error;
      }
    };
    const folder = await retry(make, { clock, signal }).catch((error: unknown) => {
      // Some services take fewer characters than they say, and tell only when they meet one.
      if (delivery.plain || !isDossierError(error, 'invalid-path')) throw error;
      return 'refused' as const;
    });
    const { creating: _creating, ...settled } = delivery;
    if (folder === 'refused') {
      delivery = { ...settled, plain: true };
      continue;
    }
    if (folder) {
      const { path, id } = folder;
      delivery = {
        ...settled,
        folder: { path, ...(id === undefined ? {} : { id }) },
        ...(answerLost ? { claimed: true } : {}),
      };
      await journal.save(delivery);
      return delivery;
    }
    await turn?.check();
    delivery = { ...settled, attempt: await nextAttempt(order, settled) };
  }
}

/** The next number; after some in a row that were taken, the next that no name in the listing has. */
async function nextAttempt(order: SubmitOrder, { attempt, plain }: Delivery): Promise<number> {
  const { drive, clock, signal, report, root, turn } = order;
  const next = attempt + 1;
  if (turn?.again || next % namesPerListing !== 0) return next;
  const folded = new Set<string>();
  const look = async () => {
    // What cannot be read may be taken, which is found out by trying.
    for await (const page of drive.list(root, { onUnreadable: () => undefined }, { signal }))
      for (const { name } of page) folded.add(foldedName(name));
  };
  await retry(look, { clock, signal });
  let free = next;
  while (folded.has(foldedName(folderName(report.title, free, plain)))) free++;
  return free;
}

function find({ drive, root, signal }: SubmitOrder, name: string): Promise<Entry | undefined> {
  return drive.stat({ path: joinPath(root.path, name) }, { signal });
}

async function adopt(order: SubmitOrder, found: Entry): Promise<FolderEntry | undefined> {
  const { drive, report, signal } = order;
  if (found.type !== 'folder') return undefined;
  const claim = claimName(report.id);
  const isOurs = (names: ReadonlySet<string>) => [...names].every((name) => name === claim);
  // A claim in a folder that is plainly somebody else's would only be one more thing to take away again.
  let names = await namesIn(order, found);
  if (names.size === 0) {
    await makeClaim(order, found, claim);
    names = await namesIn(order, found);
  }
  if (isOurs(names)) return found;
  if (names.has(claim)) await drive.remove({ path: joinPath(found.path, claim) }, { signal, permanently: true });
  return undefined;
}

async function makeClaim({ drive, signal }: SubmitOrder, folder: FolderEntry, claim: string): Promise<void> {
  try {
    await drive.createFolder(folder, claim, { signal });
  } catch (error) {
    if (!isDossierError(error, 'already-exists')) throw error;
  }
}

async function namesIn({ drive, signal }: SubmitOrder, folder: FolderEntry): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const page of drive.list(folder, { onUnreadable: refuseUnlessNameless }, { signal }))
    for (const { name } of page) names.add(name);
  return names;
}

/** True when another report has claimed the folder: then it is not ours any more. */
export function isForeignClaim(entry: Entry, report: string): boolean {
  return entry.type === 'folder' && entry.name.startsWith(claimPrefix) && entry.name !== claimName(report);
}
