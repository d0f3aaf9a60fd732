import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { isRecord, type Json, parseJson } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';

/** A key and what is known of it. Keys are ASCII text and sort by their code units. */
export type LookupRecord = readonly [key: string, value: Json];

/** A node below another: the first key that it may hold, and the SHA-256 of its bytes, hexadecimal. */
export type LookupChild = readonly [first: string, hash: string];

/** One file of the index: records in order, or the nodes below in order. */
export type LookupNode = { readonly records: readonly LookupRecord[] } | { readonly children: readonly LookupChild[] };

/**
 * Gives the bytes of a node by its hash; undefined when the file is missing. Whether they are the right bytes is
 * checked by whoever asked.
 */
export type NodeSource = (hash: string) => Promise<Uint8Array | undefined>;

/** Where a node lies in a published folder: named by its content, so that it never changes. */
export function lookupPath(hash: string): string {
  return `lookup/${hash.slice(0, 1)}/${hash}.json`;
}

export function encodeLookupNode(node: LookupNode): { readonly bytes: Uint8Array; readonly hash: string } {
  const bytes = utf8(JSON.stringify(node));
  return { bytes, hash: sha256Hex(bytes) };
}

/** Loads a node that must have this hash; `ledger-broken` when it is missing or another. */
export async function loadLookupNode(source: NodeSource, hash: string): Promise<LookupNode> {
  const path = lookupPath(hash);
  const bytes = await source(hash);
  if (!bytes) throw new DossierError('ledger-broken', say`The published file ${path} is missing`, { path });
  if (sha256Hex(bytes) !== hash)
    throw new DossierError('ledger-broken', say`The published file ${path} was changed`, { path });
  return parseNode(bytes, path);
}

// Only what is signed gets here: a form that is not known means another version of Dossier, not an attack.
function parseNode(bytes: Uint8Array, path: string): LookupNode {
  const value = parseJson(fromUtf8(bytes), 'ledger-broken', say`The published file ${path}`);
  const rows = isRecord(value) ? (value['records'] ?? value['children']) : undefined;
  if (
    !isRecord(value) ||
    !Array.isArray(rows) ||
    !rows.every((row) => Array.isArray(row) && typeof row[0] === 'string')
  )
    throw new DossierError('ledger-broken', say`The published file ${path} is of a form that is not known here`, {
      path,
    });
  return value as unknown as LookupNode;
}

/** The place of the last row whose key is not greater; -1 when there is none. */
export function lastUpTo(rows: readonly (readonly [string, ...unknown[]])[], key: string): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as readonly [string])[0] <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The value of a key below `root`; undefined when the index does not have it. Reads one file a level. */
export async function findInLookup(source: NodeSource, root: string, key: string): Promise<Json | undefined> {
  const node = await loadLookupNode(source, root);
  if ('children' in node) {
    const child = node.children[Math.max(0, lastUpTo(node.children, key))];
    return child && findInLookup(source, child[1], key);
  }
  const record = node.records[lastUpTo(node.records, key)];
  return record?.[0] === key ? record[1] : undefined;
}

/** The first record at this key or after it. */
export async function firstFrom(source: NodeSource, root: string, key: string): Promise<LookupRecord | undefined> {
  const node = await loadLookupNode(source, root);
  if ('records' in node) return node.records.find(([known]) => known >= key);
  const begin = Math.max(0, lastUpTo(node.children, key));
  // The next one begins with a key that is greater, so no more than two are read.
  for (const [, hash] of node.children.slice(begin, begin + 2)) {
    const found = await firstFrom(source, hash, key);
    if (found) return found;
  }
  return undefined;
}
