import { type DossierError, isDossierError, toDossierError } from '../core/errors.ts';
import type { Drive } from '../drive/drive.ts';
import { createEmbeddedLedger } from '../ledger/backends/embedded.ts';
import type { Ledger } from '../ledger/openLedger.ts';
import { assetId } from '../ledger/statement/asset.ts';
import { createPublications, type Publication, type PublicationPlace } from './publication.ts';
import { makeEntryPublic } from './publicEntries.ts';
import { publishTo } from './publishTo.ts';

export interface PublishByItself {
  readonly ledger: Ledger;
  /** The drive of a place; undefined where it is out of this host's reach: another one publishes there. */
  readonly open: (place: PublicationPlace) => Promise<Drive | undefined>;
  /** Content of `verify.html`. */
  readonly page?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a publication. */
export interface PublishOutcome {
  readonly publication: Publication;
  readonly failure?: DossierError;
}

/**
 * After something was recorded: publishes into the folders that the user chose for that. One that fails costs the
 * others nothing, and what was recorded even less: the next call makes up for it. Codes: `cancelled`, those of the
 * store. Safe to repeat.
 */
export async function publishByItself({ ledger, open, page, signal }: PublishByItself): Promise<PublishOutcome[]> {
  const outcomes: PublishOutcome[] = [];
  for (const publication of await createPublications(ledger.store).list(signal)) {
    if (!publication.automatic) continue;
    try {
      const drive = await open(publication.place);
      if (!drive) continue;
      await publishTo({ ledger, publication, drive, page, signal });
      outcomes.push({ publication });
    } catch (error) {
      if (isDossierError(error, 'cancelled')) throw error;
      outcomes.push({ publication, failure: toDossierError(error) });
    }
  }
  return outcomes;
}

/** Lets a submitted report be published; false where the ledger does not know it. Safe to repeat. */
export async function makeReportPublic({ log, store, assetKey }: Ledger, report: string, signal?: AbortSignal) {
  const newest = await createEmbeddedLedger(log).newest(
    assetId(assetKey, { kind: 'report', account: '', file: report }),
    signal,
  );
  if (!newest) return false;
  await makeEntryPublic(store, newest.index, signal);
  return true;
}
