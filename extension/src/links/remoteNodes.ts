import type { Connection, EntryRef, ErrorCode, FileEntry, FolderEntry, Link } from '../../../shared/index.ts';
import type { FileState } from '../model/links/linkedFolders.ts';

/** Where in the tree the same entry is shown: at its place, or below the shortcut of a link. */
type Scope = 'remote' | `link ${string}`;

interface FolderBase {
  readonly connection: Connection;
  readonly scope: Scope;
  readonly folder: EntryRef;
  /** The link that takes it in: its own, or that of a folder around it. */
  readonly link?: Link | undefined;
  readonly isLinked: boolean;
  /** In the tree; absent at its top. */
  readonly parent?: FolderNode | undefined;
}

export type FolderNode =
  | (FolderBase & { readonly type: 'connection' })
  | (FolderBase & { readonly type: 'folder'; readonly folder: FolderEntry; readonly isShortcut: boolean });

export interface FileNode {
  readonly type: 'file';
  readonly connection: Connection;
  readonly scope: Scope;
  readonly file: FileEntry;
  readonly parent: FolderNode;
  readonly link?: Link | undefined;
  readonly state?: FileState | undefined;
}

export type RemoteNode =
  | FolderNode
  | FileNode
  | { readonly type: 'empty'; readonly isChoosing: boolean }
  | { readonly type: 'more'; readonly parent: FolderNode; readonly shown: number }
  | { readonly type: 'problem'; readonly parent: FolderNode; readonly sentence: string; readonly code: ErrorCode };

/** The row as a folder that can be opened. */
export const folderOf = (node: RemoteNode): FolderNode | undefined =>
  node.type === 'connection' || node.type === 'folder' ? node : undefined;

/** By what the listing of a folder is known. */
export function keyOf({ connection, folder }: FolderNode): string {
  return `${connection.id}:${folder.id ?? folder.path}`;
}

/** The same folder can be open at its place and below the shortcut of its link. */
export function rowKey(node: FolderNode): string {
  return `${node.scope}:${keyOf(node)}`;
}

/** By what the editor knows a row. */
export function idOf({ scope, connection }: FolderNode | FileNode, entry: EntryRef): string {
  return `${scope}:${connection.id}:${entry.id ?? entry.path}`;
}
