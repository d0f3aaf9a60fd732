import type { Json } from '../../core/json.ts';
import {
  encodeLookupNode,
  type LookupChild,
  type LookupNode,
  type LookupRecord,
  lastUpTo,
  loadLookupNode,
  type NodeSource,
} from './lookupNode.ts';

/** Bytes of records that one file holds at most, unless it is a single record. */
const largestLeaf = 32_768;
/** What a leaf that was split is filled with, so that the next records do not split it again. */
const usualLeaf = 20_000;
const mostChildren = 400;

/**
 * The index of a published ledger while it grows: a B-tree whose nodes are files named by their SHA-256. Files never
 * change: what has changed is written anew, up to the root, and whoever still has the former root finds the former tree
 * whole.
 */
export interface GrowingLookup {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): void;
  /** Takes in what was set. `written`: files that are new; `superseded`: files that the new root does not need. */
  grow(): Promise<GrownLookup>;
}

export interface GrownLookup {
  readonly root: string;
  readonly written: ReadonlyMap<string, Uint8Array>;
  readonly superseded: ReadonlySet<string>;
}

/** `root` undefined: an empty index. */
export function growLookup(source: NodeSource, root: string | undefined): GrowingLookup {
  const pending = new Map<string, Json>();
  const loaded = new Map<string, Promise<LookupNode>>();
  const written = new Map<string, Uint8Array>();
  const superseded = new Set<string>();
  const load = (hash: string): Promise<LookupNode> => {
    const node = loaded.get(hash) ?? loadLookupNode(source, hash);
    loaded.set(hash, node);
    return node;
  };
  const store = (first: string, node: LookupNode): LookupChild => {
    const { bytes, hash } = encodeLookupNode(node);
    written.set(hash, bytes);
    return [first, hash];
  };
  const storeLeaves = (records: readonly LookupRecord[]): LookupChild[] =>
    inLeaves(records).map((leaf) => store(leaf[0]![0], { records: leaf }));
  const storeInner = (children: readonly LookupChild[]): LookupChild[] =>
    inGroups(children, mostChildren).map((group) => store(group[0]![0], { children: group }));

  const applyTo = async (hash: string, changes: readonly LookupRecord[]): Promise<LookupChild[]> => {
    const node = await load(hash);
    superseded.add(hash);
    if ('records' in node) return storeLeaves(merged(node.records, changes));
    const groups = new Map<number, LookupRecord[]>();
    for (const change of changes) {
      const at = Math.max(0, lastUpTo(node.children, change[0]));
      groups.set(at, [...(groups.get(at) ?? []), change]);
    }
    const children: LookupChild[] = [];
    for (const [at, child] of node.children.entries()) {
      const own = groups.get(at);
      children.push(...(own ? await applyTo(child[1], own) : [child]));
    }
    return storeInner(children);
  };

  const get = async (hash: string, key: string): Promise<Json | undefined> => {
    const node = await load(hash);
    if ('children' in node) return get(node.children[Math.max(0, lastUpTo(node.children, key))]![1], key);
    const record = node.records[lastUpTo(node.records, key)];
    return record?.[0] === key ? record[1] : undefined;
  };

  return {
    get: async (key) => pending.get(key) ?? (root === undefined ? undefined : get(root, key)),
    set: (key, value) => void pending.set(key, value),
    async grow() {
      const changes = [...pending].sort(([a], [b]) => (a < b ? -1 : 1));
      let top: LookupChild[] =
        root === undefined
          ? changes.length === 0
            ? [store('', { records: [] })]
            : storeLeaves(changes)
          : changes.length === 0
            ? [['', root]]
            : await applyTo(root, changes);
      while (top.length > 1) top = storeInner(top);
      const [[, grown]] = top as [LookupChild];
      // A node may come out as it was before.
      for (const hash of [...superseded]) if (written.delete(hash)) superseded.delete(hash);
      return { root: grown, written, superseded };
    },
  };
}

/** The hashes of all nodes below `root`, itself included; leaves are named and not read. */
export async function nodesOfLookup(source: NodeSource, root: string): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (hash: string): Promise<void> => {
    found.add(hash);
    const node = await loadLookupNode(source, hash);
    if ('records' in node) return;
    const [first] = node.children;
    const areLeaves = first === undefined || 'records' in (await loadLookupNode(source, first[1]));
    for (const [, child] of node.children) {
      found.add(child);
      if (!areLeaves) await visit(child);
    }
  };
  await visit(root);
  return found;
}

/** Both in order; of two with one key the newer counts. */
function merged(before: readonly LookupRecord[], changes: readonly LookupRecord[]): LookupRecord[] {
  const records = new Map([...before, ...changes]);
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1));
}

function inLeaves(records: readonly LookupRecord[]): LookupRecord[][] {
  const sizes = records.map((record) => JSON.stringify(record).length + 1);
  if (sizes.reduce((sum, size) => sum + size, 0) <= largestLeaf) return [[...records]];
  const leaves: LookupRecord[][] = [];
  let filled = Infinity;
  for (const [at, record] of records.entries()) {
    const size = sizes[at] as number;
    if (filled + size > usualLeaf) {
      leaves.push([]);
      filled = 0;
    }
    leaves.at(-1)!.push(record);
    filled += size;
  }
  return leaves;
}

function inGroups<T>(items: readonly T[], most: number): T[][] {
  if (items.length <= most) return [[...items]];
  const groups = Math.ceil(items.length / (most / 2));
  const width = Math.ceil(items.length / groups);
  return Array.from({ length: Math.ceil(items.length / width) }, (_, at) => items.slice(at * width, (at + 1) * width));
}
