import * as vscode from 'vscode';
import {
  type DrivePath,
  type FileEntry,
  type FolderEntry,
  foldedName,
  type Link,
  nameOf,
  namesOf,
  rootPath,
  toDossierError,
  type Unreadable,
} from '../../../shared/index.ts';
import { type FileState, isFolderOf } from '../model/links/linkedFolders.ts';
import type { Services } from '../services.ts';
import type { Choosing } from './choosing.ts';
import { type FolderListing, listFolder } from './folderListing.ts';
import { KeptRows } from './keptRows.ts';
import {
  connectionItem,
  emptyItem,
  type FolderLook,
  fileItem,
  folderItem,
  moreItem,
  problemItem,
} from './remoteItems.ts';
import { type FileNode, type FolderNode, folderOf, idOf, keyOf, type RemoteNode, rowKey } from './remoteNodes.ts';
import type { Scanning } from './scanning.ts';

export interface RemoteTree extends vscode.TreeDataProvider<RemoteNode> {
  /** Fetches anew what is open. */
  refresh(): void;
  /** Fetches one folder anew. */
  reload(node: FolderNode): void;
  /** The rows from a connection down to one of its folders, as far as they exist; lists them anew. */
  rowsTo(connection: string, path: DrivePath): Promise<FolderNode[]>;
  /** What was found out about a file. */
  mark(node: FileNode, state: FileState): void;
  showMore(node: FolderNode): Promise<void>;
  /** Its rows are not shown any more. */
  closed(node: RemoteNode): void;
  /** No row is shown any more. */
  hidden(): void;
}

export interface RemoteTreeOptions {
  readonly services: Services;
  readonly choosing: Choosing;
  readonly scanning: Scanning;
}

export const viewId = 'dossier.linkedFolders';
/** Rows of one folder for what cannot be read in it. */
const mostProblems = 50;

/** Connections, their remote folders and files; each opened folder is listed once. */
export function createRemoteTree({ services, choosing, scanning }: RemoteTreeOptions): RemoteTree {
  const { connections, linkedFolders: folders, problems, vault } = services;
  const changed = new vscode.EventEmitter<RemoteNode | undefined>();
  const listings = new Map<string, Promise<FolderListing>>();
  const states = new WeakMap<FileEntry, FileState>();
  /** Where each link is drawn: at its place, and at the top of its connection. */
  const linkedNodes = new Map<string, readonly FolderNode[]>();
  /** Roots are drawn before their links are known. */
  const rootLinks = new Map<string, Link>();
  /** By connection: rows that are kept name them as their parent, and the editor knows only what it was given. */
  const rootNodes = new Map<string, FolderNode>();
  /** By row: what the editor was given last, and knows. Rows that are kept may name an earlier one as their parent. */
  const given = new Map<string, FolderNode>();
  const asGiven = (node: FolderNode): FolderNode => given.get(rowKey(node)) ?? node;

  const draw = () => changed.fire(undefined);
  const redraw = () => void withProgress(kept.renew());
  const refresh = () => {
    listings.clear();
    folders.refresh();
  };
  folders.onDidChange(redraw);
  choosing.onDidChange(redraw);
  connections.onDidChange(() => {
    draw();
    redraw();
  });
  scanning.onDidProgress(({ id }) => {
    for (const node of linkedNodes.get(id) ?? []) changed.fire(asGiven(node));
  });
  scanning.onDidRecord(() => {
    listings.clear();
    redraw();
  });

  const listingOf = (node: FolderNode): Promise<FolderListing> => {
    const key = keyOf(node);
    const before = listings.get(key);
    if (before) return before;
    const listing = connections
      .open(node.connection.id)
      .then((drive) => listFolder(drive, node.folder, services.clock));
    listings.set(key, listing);
    listing.catch(() => listings.delete(key));
    return listing;
  };

  const roots = async (): Promise<RemoteNode[]> => {
    if (await vault.isLocked()) return [];
    return (await connections.list()).map((connection): FolderNode => {
      const link = rootLinks.get(connection.id);
      const node: FolderNode = {
        type: 'connection',
        connection,
        scope: 'remote',
        folder: { path: rootPath },
        link,
        isLinked: link !== undefined,
      };
      const before = rootNodes.get(connection.id);
      const drawn = before && JSON.stringify(before) === JSON.stringify(node) ? before : node;
      rootNodes.set(connection.id, drawn);
      if (link) linkedNodes.set(link.id, [drawn]);
      return drawn;
    });
  };

  const inFolder = async (parent: FolderNode): Promise<RemoteNode[]> => {
    const { connection } = parent;
    const links = await folders.list(connection.id);
    if (parent.type === 'connection') drawRoot(parent, links);
    const link = links.find((each) => isFolderOf(each, parent.folder)) ?? parent.link;
    const { entries, hasMore, unreadable } = await listingOf(parent);
    const inner = entries.flatMap((entry) => (entry.type === 'folder' ? [entry] : []));
    const shown: RemoteNode[] = [
      ...(parent.type === 'connection' ? shortcuts(parent, links, inner) : []),
      ...inner.map((folder) => folderNode(parent, folder, link, links)),
    ];
    // Only folders can be ticked.
    const isChoosing = choosing.connection === connection.id;
    if (!isChoosing)
      shown.push(
        ...(await fileNodes(
          parent,
          entries.flatMap((entry) => (entry.type === 'file' ? [entry] : [])),
          link,
        )),
      );
    shown.push(...unreadable.slice(0, mostProblems).map((each) => unreadableNode(parent, each)));
    if (hasMore) shown.push({ type: 'more', parent, shown: entries.length });
    return shown.length > 0 ? shown : [{ type: 'empty', isChoosing }];
  };

  const rowsIn = async (parent: FolderNode): Promise<RemoteNode[]> => {
    try {
      return await inFolder(parent);
    } catch (thrown) {
      const sentence = problems.describe(thrown) ?? '';
      return [{ type: 'problem', parent, sentence, code: toDossierError(thrown).code }];
    }
  };

  const kept = new KeptRows<FolderNode, RemoteNode>({ roots, rowsIn, folderOf, keyOf: rowKey, draw });

  const unreadableNode = (parent: FolderNode, { path, spelling, error }: Unreadable): RemoteNode => ({
    type: 'problem',
    parent,
    sentence: vscode.l10n.t('"{0}" cannot be read: {1}', spelling ?? nameOf(path), problems.describe(error) ?? ''),
    code: error.code,
  });

  const folderNode = (
    parent: FolderNode,
    folder: FolderEntry,
    around: Link | undefined,
    links: readonly Link[],
  ): FolderNode => {
    const own = links.find((link) => isFolderOf(link, folder));
    const { connection, scope } = parent;
    const node: FolderNode = {
      type: 'folder',
      connection,
      scope,
      parent,
      folder,
      link: own ?? around,
      isLinked: own !== undefined,
      isShortcut: false,
    };
    if (own)
      linkedNodes.set(own.id, [
        ...(linkedNodes.get(own.id) ?? []).filter((each) => each.type === 'folder' && each.isShortcut),
        node,
      ]);
    return node;
  };

  /** Linked folders that lie deeper, or are gone: whoever wants to unlink one need not look for it. */
  const shortcuts = (parent: FolderNode, links: readonly Link[], inner: readonly FolderEntry[]): FolderNode[] =>
    links
      .filter((link) => link.folder.path !== rootPath && !inner.some((folder) => isFolderOf(link, folder)))
      .map((link) => {
        const folder: FolderEntry = { ...link.folder, type: 'folder', name: nameOf(link.folder.path) };
        const node: FolderNode = {
          type: 'folder',
          connection: parent.connection,
          parent,
          scope: `link ${link.id}`,
          folder,
          link,
          isLinked: true,
          isShortcut: true,
        };
        linkedNodes.set(link.id, [node]);
        return node;
      });

  const fileNodes = async (
    parent: FolderNode,
    files: readonly FileEntry[],
    link: Link | undefined,
  ): Promise<FileNode[]> => {
    const { connection, scope } = parent;
    const unknown = link ? files.filter((file) => !states.has(file)) : [];
    if (link && unknown.length > 0)
      (await folders.states(connection.id, link, unknown)).forEach((state, at) =>
        states.set(unknown[at] as FileEntry, state),
      );
    return files.map((file) => ({
      type: 'file',
      connection,
      scope,
      parent,
      file,
      link,
      state: link && states.get(file),
    }));
  };

  const drawRoot = (node: FolderNode, links: readonly Link[]) => {
    const own = links.find((link) => isFolderOf(link, node.folder));
    if (own?.id === rootLinks.get(node.connection.id)?.id) return;
    if (own) rootLinks.set(node.connection.id, own);
    else rootLinks.delete(node.connection.id);
    draw();
  };

  const lookOf = (node: FolderNode): FolderLook => {
    const own = node.isLinked ? node.link : undefined;
    const isChoosing = choosing.connection === node.connection.id;
    const isCovered = isChoosing && choosing.isCovered(node.folder);
    return {
      link: own,
      isCovered,
      progress: own && scanning.progress(own),
      problem: own && scanning.problem(own),
      unread: own ? scanning.unread(own) : [],
      tick: isChoosing && !isCovered ? choosing.isTicked(node.folder) : undefined,
    };
  };

  return {
    onDidChangeTreeData: changed.event,
    refresh,
    reload(node) {
      listings.delete(keyOf(node));
      void withProgress(kept.renewIn(asGiven(node))).then(() => changed.fire(asGiven(node)));
    },
    getParent: (node) => ('parent' in node ? node.parent : undefined),
    async rowsTo(id, path) {
      const top = (await roots()).find((node) => node.type === 'connection' && node.connection.id === id);
      const rows: FolderNode[] = top?.type === 'connection' ? [top] : [];
      for (const name of namesOf(path)) {
        const at = rows.at(-1);
        if (!at) break;
        // A report that was just delivered is not in a listing of before.
        listings.delete(keyOf(at));
        await kept.renewIn(at);
        const next = (await kept.of(at)).find(
          (node) => node.type === 'folder' && !node.isShortcut && foldedName(node.folder.name) === foldedName(name),
        );
        if (next?.type !== 'folder') break;
        rows.push(next);
      }
      return rows;
    },
    mark(node, state) {
      states.set(node.file, state);
      void kept.renewIn(asGiven(node.parent)).then(() => changed.fire(asGiven(node.parent)));
    },
    async showMore(node) {
      try {
        await (await listingOf(node)).more();
      } catch (error) {
        listings.delete(keyOf(node));
        throw error;
      } finally {
        await kept.renewIn(asGiven(node));
        changed.fire(asGiven(node));
      }
    },
    closed(node) {
      const folder = folderOf(node);
      if (folder) kept.forget(folder);
    },
    hidden: () => kept.forgetAll(),
    async getChildren(node) {
      if (!node) {
        given.clear();
        return (await services.attempt(roots)) ?? [];
      }
      const folder = folderOf(node);
      if (!folder) return [];
      const shown = kept.of(folder);
      return [...(await withProgress(shown))];
    },
    getTreeItem(node) {
      const shown = folderOf(node);
      if (shown) given.set(rowKey(shown), shown);
      switch (node.type) {
        case 'connection':
          return connectionItem(node.connection, lookOf(node));
        case 'folder':
          return folderItem(idOf(node, node.folder), node.folder, lookOf(node), node.isShortcut);
        case 'file':
          return fileItem(idOf(node, node.file), node.connection.id, node.file, node.state);
        case 'empty':
          return emptyItem(node.isChoosing);
        case 'more':
          return withCommand(moreItem(node.shown), 'dossier.showMoreEntries', node);
        case 'problem':
          return node.code === 'unauthorized'
            ? withCommand(problemItem(node.sentence, vscode.l10n.t('Press to sign in again')), 'dossier.signIn', {
                connection: node.parent.connection,
              })
            : withCommand(problemItem(node.sentence, vscode.l10n.t('Press to try again')), 'dossier.listAgain', node);
      }
    },
  };
}

/** Shows in the view that something is on its way. */
function withProgress<T>(work: Promise<T>): Promise<T> {
  void vscode.window.withProgress({ location: { viewId } }, () => work.catch(() => undefined));
  return work;
}

function withCommand(item: vscode.TreeItem, command: string, argument: unknown): vscode.TreeItem {
  item.command = { command, title: '', arguments: [argument] };
  return item;
}
