import { fromBase64, toBase64 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { digestsIn } from '../log/records.ts';
import type { Envelope } from '../signing/envelope.ts';
import { isCustody, parseStatement } from '../statement/statement.ts';
import type { GrowingLookup } from './growLookup.ts';

/** Keys of the index. `stamp` sorts by the number of entries that the stamped checkpoint covers. */
export const lookupKeys = {
  digest: (digest: string) => `digest ${digest}`,
  /** The newest statements of an asset. */
  asset: (asset: string) => `asset ${asset}`,
  /** Older ones, in full pages. */
  page: (asset: string, page: number) => `asset ${asset} ${String(page).padStart(9, '0')}`,
  stamp: (size: number) => `stamp ${String(size).padStart(16, '0')}`,
};

/** A signed statement as it is published. */
export interface PublishedStatement {
  readonly index: number;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** One page of an asset's public statements, oldest first. */
export interface AssetPage {
  /** Full pages before this one. */
  readonly pages: number;
  readonly statements: readonly PublishedStatement[];
}

/** Where a digest was recorded. */
export interface DigestPlace {
  readonly index: number;
  readonly asset: string;
  /** Of the asset's statements. */
  readonly page: number;
}

export interface DigestPlaces {
  /** All that there are; the places name the oldest and the newest of them. */
  readonly count: number;
  readonly places: readonly DigestPlace[];
}

/** So that no file grows without a bound: the same content may lie in any number of files, and change as often. */
const pageLength = 32;
const oldestPlaces = 8;
const newestPlaces = 32;

/** A checkpoint that a time-stamp authority has signed. */
export interface PublishedStamp {
  readonly note: string;
  readonly stamp: Uint8Array;
}

/** Adds one statement to the index. In the order of the ledger, each once. */
export async function addToLookup(
  lookup: GrowingLookup,
  index: number,
  { payload, signature }: Pick<Envelope, 'payload' | 'signature'>,
): Promise<void> {
  const { subjects, predicate } = parseStatement(payload);
  const { asset } = predicate;
  const known = await lookup.get(lookupKeys.asset(asset));
  let { pages, statements } = known === undefined ? { pages: 0, statements: [] } : parseAssetPage(known);
  if (statements.length >= pageLength) {
    lookup.set(lookupKeys.page(asset, pages), encodeAssetPage({ pages, statements }));
    [pages, statements] = [pages + 1, []];
  }
  statements = [...statements, { index, payload, signature }];
  lookup.set(lookupKeys.asset(asset), encodeAssetPage({ pages, statements }));
  // Who held a content is told with its history: it is no other place where the content was recorded.
  if (isCustody(predicate.event)) return;
  for (const digest of digestsIn(subjects)) {
    const key = lookupKeys.digest(digest);
    const before = await lookup.get(key);
    const { count, places } = before === undefined ? { count: 0, places: [] } : parseDigestPlaces(before);
    const kept = [...places.slice(0, oldestPlaces), ...places.slice(oldestPlaces).slice(-(newestPlaces - 1))];
    lookup.set(key, encodeDigestPlaces({ count: count + 1, places: [...kept, { index, asset, page: pages }] }));
  }
}

export function encodeStamp({ note, stamp }: PublishedStamp): Json {
  return { note, stamp: toBase64(stamp) };
}

export function parseStamp(value: Json): PublishedStamp {
  if (!isRecord(value) || typeof value['note'] !== 'string' || typeof value['stamp'] !== 'string') throw unknownForm();
  return { note: value['note'], stamp: fromBase64(value['stamp']) };
}

function encodeAssetPage({ pages, statements }: AssetPage): Json {
  return {
    pages,
    statements: statements.map(({ index, payload, signature }) => [index, toBase64(payload), toBase64(signature)]),
  };
}

export function parseAssetPage(value: Json): AssetPage {
  const rows: unknown = isRecord(value) ? value['statements'] : undefined;
  if (!isRecord(value) || typeof value['pages'] !== 'number' || !Array.isArray(rows)) throw unknownForm();
  const statements = rows.map((row: unknown) => {
    const [index, payload, signature] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof index !== 'number' || typeof payload !== 'string' || typeof signature !== 'string') throw unknownForm();
    return { index, payload: fromBase64(payload), signature: fromBase64(signature) };
  });
  return { pages: value['pages'], statements };
}

function encodeDigestPlaces({ count, places }: DigestPlaces): Json {
  return { count, places: places.map(({ index, asset, page }) => [index, asset, page]) };
}

export function parseDigestPlaces(value: Json): DigestPlaces {
  const rows: unknown = isRecord(value) ? value['places'] : undefined;
  if (!isRecord(value) || typeof value['count'] !== 'number' || !Array.isArray(rows)) throw unknownForm();
  const places = rows.map((row: unknown) => {
    const [index, asset, page] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof index !== 'number' || typeof asset !== 'string' || typeof page !== 'number') throw unknownForm();
    return { index, asset, page };
  });
  return { count: value['count'], places };
}

function unknownForm(): DossierError {
  return new DossierError('ledger-broken', 'The published index is of a form that is not known here');
}
