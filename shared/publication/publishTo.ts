import { DossierError } from '../core/errors.ts';
import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import type { Drive } from '../drive/drive.ts';
import { createTurns } from '../ledger/backends/lock.ts';
import { type Published, publishLedger } from '../ledger/export/publish.ts';
import type { Ledger } from '../ledger/openLedger.ts';
import { createLinks } from '../link/links.ts';
import { createPublications, type Publication } from './publication.ts';
import { linkAround, publicEntries, publicPart } from './publicEntries.ts';
import { verifyPage } from './verifyPage.ts';

export interface PublishWork {
  readonly ledger: Ledger;
  readonly publication: Publication;
  /** Opened to the place of the publication. */
  readonly drive: Drive;
  /** Content of `verify.html`; the one of this build where it is not given. */
  readonly page?: string | undefined;
  /** Writes everything anew, also what seems to be there. */
  readonly whole?: boolean;
  readonly onProgress?: (progress: { readonly entries: number; readonly of: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Publishes a ledger into its folder, one process at a time, and remembers what was published. Codes: those of
 * `publishLedger`, of the drive and of the store; `invalid-input` for a folder whose files are recorded themselves. Safe
 * to repeat.
 */
export async function publishTo(work: PublishWork): Promise<Published> {
  const { ledger, publication, signal } = work;
  const { store, clock, assetKey } = ledger;
  const links = await createLinks({ store, clock, assetKey }).list({ all: true }, signal);
  demandApart(publication, links);
  const part = publicPart(links, await publicEntries(store, signal));
  const publications = createPublications(store);
  const turns = createTurns(store, `publication-turn/${publication.id}`, clock);
  return turns.take(async (renew) => {
    const { memory } = (await publications.get(publication.id, signal)) ?? publication;
    return publishLedger({
      ledger,
      drive: work.drive,
      folder: publication.place.folder,
      isPublic: part.isPublic,
      policy: part.policy,
      memory,
      page: work.page ?? verifyPage,
      ...(work.whole === undefined ? {} : { whole: work.whole }),
      ...(work.onProgress ? { onProgress: work.onProgress } : {}),
      remember: async (next) => {
        await renew();
        await publications.remember(publication.id, next, clock.now(), signal);
      },
      signal,
    });
  }, signal);
}

function demandApart({ place }: Publication, links: Parameters<typeof linkAround>[0]): void {
  const folded = (path: DrivePath) => foldedName(path) as DrivePath;
  const around = linkAround(links, place, ({ folder }) => isWithin(folded(place.folder.path), folded(folder.path)));
  if (around)
    throw new DossierError(
      'invalid-input',
      say`${place.folder.path} lies in ${around.folder.path}, whose files are recorded: what is published would be recorded, and published again. Choose a folder outside`,
      { path: place.folder.path },
    );
}
