import * as vscode from 'vscode';
import type { DrivePath } from '../../../shared/index.ts';
import type { LinkMarks } from '../model/links/linkMarks.ts';
import type { Services } from '../services.ts';
import { createPages } from '../ui/pages.ts';
import { createChoosing } from './choosing.ts';
import { registerFileCommands } from './fileCommands.ts';
import { registerLinkCommands } from './linkCommands.ts';
import { registerRemoteFiles } from './remoteFiles.ts';
import { createRemoteTree, viewId } from './remoteTree.ts';
import { registerDecorations } from './remoteUri.ts';
import type { Scanning } from './scanning.ts';

/** A folder of a connected drive. */
interface RemotePlace {
  readonly connection: string;
  readonly path: DrivePath;
}

/** The Linked Folders view, its commands, and the scans in the background. */
export function registerLinkedFolders(services: Services, marks: LinkMarks, scanning: Scanning): vscode.Disposable[] {
  const { connections, vault } = services;
  const choosing = createChoosing();
  const tree = createRemoteTree({ services, choosing, scanning });
  const view = vscode.window.createTreeView(viewId, {
    treeDataProvider: tree,
    showCollapseAll: true,
    manageCheckboxStateManually: true,
  });
  const pages = createPages('dossier-linked');

  const guide = async () => {
    const name = choosing.connection === undefined ? undefined : (await connections.get(choosing.connection)).name;
    view.message =
      name === undefined
        ? ''
        : vscode.l10n.t(
            'Tick the folders of {0} that are to be recorded, each with all its subfolders. Nothing changes until you apply.',
            name,
          );
  };

  /** Opens the rows down to a folder, one after the other: the editor knows only rows that it has asked for. */
  const reveal = async ({ connection, path }: RemotePlace) => {
    await vscode.commands.executeCommand(`${viewId}.focus`);
    const rows = await tree.rowsTo(connection, path);
    for (const [at, row] of rows.entries())
      await view.reveal(row, { expand: true, select: true, focus: at === rows.length - 1 });
  };

  let seenMarks = '';
  /** Another window has scanned or linked. */
  const follow = async () => {
    const now = JSON.stringify(await marks.list());
    if (now === seenMarks) return;
    seenMarks = now;
    tree.refresh();
  };

  return [
    view,
    pages,
    scanning,
    choosing,
    registerDecorations(),
    choosing.onDidChange(() => void services.attempt(guide)),
    view.onDidCollapseElement(({ element }) => tree.closed(element)),
    view.onDidChangeVisibility(({ visible }) => visible || tree.hidden()),
    view.onDidChangeCheckboxState(({ items }) => {
      for (const [node, state] of items)
        if (node.type === 'connection' || node.type === 'folder')
          choosing.tick(node.folder, state === vscode.TreeItemCheckboxState.Checked);
    }),
    vault.onDidChangeLock(({ locked }) => {
      tree.refresh();
      if (!locked) scanning.start();
    }),
    vault.onDidChangeElsewhere(() => void services.attempt(follow)),
    ...registerLinkCommands({ services, choosing, scanning, tree }),
    ...registerFileCommands(services, tree, pages),
    registerRemoteFiles(services),
    vscode.commands.registerCommand('dossier.revealRemoteFolder', (place: RemotePlace) =>
      services.attempt(() => reveal(place)),
    ),
  ];
}
