/**
 * The file tree of an account: names, identities and ETags in memory, contents as blobs on disk.
 * Every change gives all ancestors a new ETag, as the server does, and nobody else.
 */
import { randomBytes } from 'node:crypto';
import type { Blob } from './blobs.ts';

interface Common {
  readonly id: number;
  name: string;
  parent: FolderNode | undefined;
  etag: string;
  /** The ETag before the last change: what a lagging cache would still tell. */
  staleEtag: string;
  /** Seconds. */
  mtime: number;
  readonly uploadTime: number;
  creationTime: number;
  /** Dead properties: Clark name to XML content. */
  readonly properties: Map<string, string>;
}

export interface FolderNode extends Common {
  readonly kind: 'folder';
  readonly children: Map<string, TreeNode>;
}

export interface FileNode extends Common {
  readonly kind: 'file';
  blob: Blob;
  /** What the file cache says. It can differ from the blob's size: see the chunked overwrite on object storage. */
  size: number;
  checksum: string | undefined;
}

export type TreeNode = FolderNode | FileNode;

export const now = (): number => Math.floor(Date.now() / 1000);
export const freshEtag = (): string => randomBytes(16).toString('hex');

export function createIds(first = 1000): { next(): number; readonly upcoming: number } {
  let upcoming = first;
  return {
    next: () => upcoming++,
    get upcoming() {
      return upcoming;
    },
  };
}
export type Ids = ReturnType<typeof createIds>;

function common(id: number, name: string, mtime: number): Common {
  const etag = freshEtag();
  return {
    id,
    name,
    parent: undefined,
    etag,
    staleEtag: etag,
    mtime,
    uploadTime: now(),
    creationTime: 0,
    properties: new Map(),
  };
}

export function createFolderNode(id: number, name: string): FolderNode {
  return { ...common(id, name, now()), kind: 'folder', children: new Map() };
}

export function createFileNode(id: number, name: string, blob: Blob, mtime = now()): FileNode {
  return { ...common(id, name, mtime), kind: 'file', blob, size: blob.size, checksum: undefined };
}

export function lookUp(root: FolderNode, segments: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const segment of segments) node = node?.kind === 'folder' ? node.children.get(segment) : undefined;
  return node;
}

export function pathOf(node: TreeNode): string[] {
  const segments: string[] = [];
  for (let at: TreeNode = node; at.parent !== undefined; at = at.parent) segments.unshift(at.name);
  return segments;
}

/** A new ETag for the node and for every folder above it. */
export function touch(node: TreeNode, mtime = now()): void {
  renew(node);
  for (let at = node.parent; at !== undefined; at = at.parent) {
    renew(at);
    at.mtime = Math.max(at.mtime, mtime);
  }
}

function renew(node: TreeNode): void {
  node.staleEtag = node.etag;
  node.etag = freshEtag();
}

function touchFolders(folder: FolderNode): void {
  touch(folder);
  folder.mtime = now();
}

export function attach(parent: FolderNode, node: TreeNode): void {
  parent.children.set(node.name, node);
  node.parent = parent;
  touchFolders(parent);
}

export function detach(node: TreeNode): void {
  const parent = node.parent;
  if (parent === undefined) return;
  parent.children.delete(node.name);
  node.parent = undefined;
  touchFolders(parent);
}

/** Gives a node another place. Its identity and its own ETag stay. */
export function moveNode(node: TreeNode, parent: FolderNode, name: string): void {
  detach(node);
  node.name = name;
  attach(parent, node);
}

export function sizeOf(node: TreeNode): number {
  if (node.kind === 'file') return node.size;
  let total = 0;
  for (const child of node.children.values()) total += sizeOf(child);
  return total;
}

export function* walk(node: TreeNode): Generator<TreeNode> {
  yield node;
  if (node.kind === 'folder') for (const child of node.children.values()) yield* walk(child);
}

export function isInside(node: TreeNode, folder: TreeNode): boolean {
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) if (at === folder) return true;
  return false;
}
