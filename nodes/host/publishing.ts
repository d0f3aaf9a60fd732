import {
  type DossierError,
  type Drive,
  type Ledger,
  type PublicationPlace,
  publishByItself,
  retry,
  toDossierError,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';
import type { NodeContext } from './context.ts';

/** Opens the places that lie in the account of a connection; others are for whoever is signed in there. */
export function placesOf(
  { drive }: OpenedConnection,
  signal?: AbortSignal,
): (place: PublicationPlace) => Promise<Drive | undefined> {
  let account: Promise<string> | undefined;
  return async (place) => {
    if (place.kind !== drive.kind || place.machine !== undefined) return undefined;
    account ??= retry(() => drive.account({ signal }), { clock, signal }).then(({ id }) => id);
    return place.account === (await account) ? drive : undefined;
  };
}

/** Publishes what was recorded, where the user wants that by itself; says why when it failed. */
export async function publishRecorded(
  opened: OpenedConnection,
  ledger: Ledger,
  signal?: AbortSignal,
): Promise<DossierError | undefined> {
  const outcomes = await publishByItself({ ledger, open: placesOf(opened, signal), signal });
  return outcomes.find(({ failure }) => failure !== undefined)?.failure;
}

export function unpublishedWords(unpublished: DossierError | undefined): string {
  return unpublished ? `. It was not published: ${unpublished.message}` : '';
}

/** For a trigger, whose user sees no hint, and whose items come whether or not it can be published. */
export async function publishOrWarn(opened: OpenedConnection, ledger: Ledger, { logger }: NodeContext): Promise<void> {
  const unpublished = await publishRecorded(opened, ledger).catch(toDossierError);
  if (unpublished) logger.warn(`What was recorded was not published: ${unpublished.message} (${unpublished.code})`);
}
