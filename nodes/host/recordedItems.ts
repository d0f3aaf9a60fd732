import type { IDataObject } from 'n8n-workflow';
import {
  custodyClaims,
  type Ledger,
  type Link,
  ledgerName,
  listDisclosures,
  parseStatement,
  verifyDisclosure,
} from '../../shared/index.ts';

/** What a linked folder as a whole is told by the ledger; everything else is about one file. */
const ofWholeLinks: ReadonlySet<string> = new Set(['Link', 'Unlink', 'GapStart', 'GapEnd']);

/** A stretch of the ledger, from the first index on and without the last. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** How many statements the ledger has: where the next one will be. */
export async function ledgerSize({ log }: Ledger, signal?: AbortSignal): Promise<number> {
  return (await log.head(signal))?.checkpoint.size ?? 0;
}

export function* indexesIn({ from, to }: Stretch): Generator<number> {
  for (let index = from; index < to; index++) yield index;
}

/** The recorded statements at these places that are about files of these links, as items carry them. */
export async function recordedStatements(
  ledger: Ledger,
  links: readonly Link[],
  indexes: Iterable<number>,
  signal?: AbortSignal,
): Promise<IDataObject[]> {
  const byId = new Map(links.map((link) => [link.id, link]));
  const statements: IDataObject[] = [];
  for (const index of indexes) statements.push(...(await statementJson(ledger, index, byId, signal)));
  return statements;
}

const mostLookedAt = 500;

/** The newest of them, oldest first. */
export async function newestStatements(ledger: Ledger, links: readonly Link[], count: number): Promise<IDataObject[]> {
  const found: IDataObject[] = [];
  const size = await ledgerSize(ledger);
  for (let index = size - 1; index >= Math.max(0, size - mostLookedAt) && found.length < count; index--)
    found.unshift(...(await recordedStatements(ledger, links, [index])));
  return found;
}

async function statementJson(
  ledger: Ledger,
  index: number,
  links: ReadonlyMap<string, Link>,
  signal: AbortSignal | undefined,
): Promise<IDataObject[]> {
  const entry = await ledger.log.entry(index, signal);
  if (!entry) return [];
  const { subjects, predicate } = parseStatement(entry.envelope.payload);
  const { event, asset, version, hashSource, observedAt, claimed, derivedFrom } = predicate;
  const link = links.get(predicate.link ?? '');
  if (!link || ofWholeLinks.has(event)) return [];
  // The statement itself hides them; whoever has the key may look. An erased name is not there any more.
  const shown = await listDisclosures({ store: ledger.store, ledger: ledgerName }, index, signal);
  const claims = Object.fromEntries(
    Object.values(shown)
      .map((disclosure) => verifyDisclosure(entry, disclosure))
      .map(({ claim, value }) => [claim, value]),
  ) as IDataObject;
  const { path, size } = claims;
  return [
    {
      event,
      asset,
      version,
      index,
      ...(typeof path === 'string' ? { path, name: path.slice(path.lastIndexOf('/') + 1) } : {}),
      ...(typeof size === 'number' ? { size } : {}),
      digests: { ...subjects[0] },
      ...(hashSource === undefined ? {} : { hashSource }),
      observedAt,
      ...custodyClaims.reduce((told, claim) => (claim in claims ? { ...told, [claim]: claims[claim] } : told), {}),
      ...(claimed?.serverModified === undefined ? {} : { serverModified: claimed.serverModified }),
      ...(derivedFrom === undefined ? {} : { derivedFrom }),
      folder: link.folder.path,
      link: link.id,
    },
  ];
}
