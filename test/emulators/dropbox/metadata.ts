import { keyOf, type Namespace } from './paths.ts';
import type { Entry } from './tree.ts';

export const timeText = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

export type Metadata = Record<string, unknown>;

/** A path of the tree as the request sees it, below the root of its view. */
export const shownPath = (view: Namespace, path: string): string => path.slice(view.root.length);

export function fileMetadata(entry: Entry, view: Namespace): Metadata {
  return {
    name: entry.name,
    path_lower: shownPath(view, entry.path),
    path_display: shownPath(view, entry.display),
    id: entry.id,
    client_modified: timeText(entry.clientModified),
    server_modified: timeText(entry.serverModified),
    rev: entry.rev,
    size: entry.size,
    // A file that can only be exported, such as a Paper document, has no bytes and so no hash.
    ...(entry.content === 'export'
      ? { is_downloadable: false, export_info: { export_as: 'html' } }
      : { is_downloadable: true, content_hash: entry.hash }),
  };
}

export function folderMetadata(entry: Entry, view: Namespace, namespaces: readonly Namespace[]): Metadata {
  const shared = namespaces.find(
    ({ kind, tree, root }) => kind !== 'app' && tree === entry.tree && keyOf(root) === entry.path,
  );
  return {
    name: entry.name,
    path_lower: shownPath(view, entry.path),
    path_display: shownPath(view, entry.display),
    id: entry.id,
    ...(shared ? { shared_folder_id: shared.id, sharing_info: { read_only: false, shared_folder_id: shared.id } } : {}),
  };
}

/** As a member of a union: with its tag. Tombstones say neither id nor hash. */
export function anyMetadata(entry: Entry, view: Namespace, namespaces: readonly Namespace[]): Metadata {
  if (entry.kind === 'file') return { '.tag': 'file', ...fileMetadata(entry, view) };
  if (entry.kind === 'folder') return { '.tag': 'folder', ...folderMetadata(entry, view, namespaces) };
  return {
    '.tag': 'deleted',
    name: entry.name,
    path_lower: shownPath(view, entry.path),
    path_display: shownPath(view, entry.display),
  };
}
