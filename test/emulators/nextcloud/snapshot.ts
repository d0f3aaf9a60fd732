/** What a server knows, kept beside its blobs from one run to the next. */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './accounts.ts';
import { walk } from './tree.ts';
import type { Multipart, UploadFolder } from './uploadFolder.ts';

export interface Snapshot {
  readonly nextId: number;
  readonly accounts: readonly Account[];
  readonly uploads: Map<string, Map<string, UploadFolder>>;
  readonly cache: Map<string, Multipart>;
}

const fileIn = (folder: string): string => join(folder, 'state.json');

/** Maps become lists of pairs; the way up in the tree is left out, since it is known from the way down. */
function replacer(key: string, value: unknown): unknown {
  if (key === 'parent') return undefined;
  return value instanceof Map ? { pairs: [...value] } : value;
}

function reviver(_key: string, value: unknown): unknown {
  const pairs = value !== null && typeof value === 'object' && 'pairs' in value ? value.pairs : undefined;
  return Array.isArray(pairs) ? new Map(pairs as [unknown, unknown][]) : value;
}

export async function saveSnapshot(folder: string, snapshot: Snapshot): Promise<void> {
  const unfinished = `${fileIn(folder)}.new`;
  await writeFile(unfinished, JSON.stringify(snapshot, replacer));
  await rename(unfinished, fileIn(folder));
}

export async function loadSnapshot(folder: string): Promise<Snapshot | undefined> {
  if (!existsSync(fileIn(folder))) return undefined;
  const snapshot = JSON.parse(await readFile(fileIn(folder), 'utf8'), reviver) as Snapshot;
  for (const { files, trash } of snapshot.accounts) {
    for (const root of [files, ...[...trash.values()].map(({ node }) => node)]) {
      for (const node of walk(root))
        if (node.kind === 'folder') for (const child of node.children.values()) child.parent = node;
    }
  }
  return snapshot;
}
