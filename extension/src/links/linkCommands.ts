import * as vscode from 'vscode';
import { type Connection, canRevoke, type Link, planLinks, type WalkProgress } from '../../../shared/index.ts';
import { hostKindOf } from '../kinds/index.ts';
import { endSignIn } from '../model/connections/disconnect.ts';
import type { Services } from '../services.ts';
import { withProgress } from '../ui/progress.ts';
import { registerRowCommand } from '../ui/rowCommands.ts';
import { askChoice } from '../ui/steps.ts';
import { countWords } from '../ui/words.ts';
import type { Choosing } from './choosing.ts';
import { askWay, confirmPlan, confirmWay, usualWay } from './linkSteps.ts';
import { titleOf } from './remoteItems.ts';
import type { FolderNode, RemoteNode } from './remoteNodes.ts';
import type { RemoteTree } from './remoteTree.ts';
import type { Scanning } from './scanning.ts';

export interface LinkCommandsOptions {
  readonly services: Services;
  readonly choosing: Choosing;
  readonly scanning: Scanning;
  readonly tree: RemoteTree;
}

/** Choosing, scanning and ending links. */
export function registerLinkCommands({ services, choosing, scanning, tree }: LinkCommandsOptions): vscode.Disposable[] {
  const { attempt, clock, connections, linkedFolders: folders } = services;

  const choose = async (connection: Connection): Promise<void> => {
    const links = await folders.list(connection.id);
    choosing.begin(connection.id, links);
    await vscode.commands.executeCommand('dossier.linkedFolders.focus');
  };

  const apply = async (): Promise<void> => {
    const { connection: id, ticked } = choosing;
    if (id === undefined) return;
    const connection = await connections.get(id);
    const plan = planLinks(await folders.list(id), ticked);
    if (plan.link.length === 0 && plan.unlink.length === 0) return choosing.end();
    const drive = await connections.open(id);
    const asked = plan.link.length > 0 ? await askWay(drive, vscode.l10n.t('Link Folders')) : usualWay;
    const way = asked && (await confirmPlan(drive, clock, plan, asked));
    if (!way) return;
    // First what ends: a folder may take in one that was linked by itself.
    await folders.unlink(id, plan.unlink);
    await scanning.leaveTo(id, async () => {
      const begun: Link[] = [];
      for (const folder of plan.link) begun.push(await folders.link(id, folder, way));
      choosing.end();
      for (const link of begun) await scan(connection, link);
    });
  };

  const scan = async (connection: Connection, link: Link, sweep = false): Promise<void> => {
    const title = titleOf(link, connection);
    const { recorded, files } = await withProgress(vscode.l10n.t('Looking through "{0}"', title), (signal, tell) =>
      scanning.scan(connection.id, link, { sweep, signal, onProgress: (progress) => tell(progressWords(progress)) }),
    );
    void vscode.window.showInformationMessage(
      recorded === 0
        ? vscode.l10n.t('"{0}": nothing has changed.', title)
        : `"${title}": ${countWords.looked(files)}, ${countWords.changes(recorded)}.`,
    );
  };

  const change = async ({ connection, link, isLinked }: FolderNode): Promise<void> => {
    if (!link || !isLinked) return;
    const title = titleOf(link, connection);
    const drive = await connections.open(connection.id);
    const asked = await askWay(drive, vscode.l10n.t('How "{0}" Is Recorded', title), link);
    if (!asked || (asked.hashPolicy === link.hashPolicy && asked.privacy === link.privacy)) return;
    const way = await confirmWay(drive, clock, link, title, asked);
    if (!way) return;
    await scanning.leaveTo(connection.id, async () =>
      scan(connection, await folders.link(connection.id, link.folder, way)),
    );
  };

  const unlink = async ({ connection, link, isLinked }: FolderNode): Promise<void> => {
    if (!link || !isLinked) return;
    const drive = await connections.open(connection.id);
    if (await confirmPlan(drive, clock, { link: [], unlink: [link] }, usualWay))
      await folders.unlink(connection.id, [link]);
  };

  const disconnect = async (connection: Connection): Promise<void> => {
    const mine = await folders.listOwn(connection.id);
    const lines = [
      mine.length === 0
        ? vscode.l10n.t('No folder is linked through this connection.')
        : vscode.l10n.t('These folders are unlinked, and changes in them are not recorded any more:'),
      ...mine.map(({ folder }) => `• ${folder.path}`),
      '',
      vscode.l10n.t(
        'What was recorded stays, with its receipts. Should you link a folder again, it is recorded that there was a gap, and what changed in it.',
      ),
      '',
      vscode.l10n.t(
        'Taking back the access at the service is a separate step: until you sign in again, no report can be sent there either.',
      ),
    ];
    const end = vscode.l10n.t('Unlink All');
    const both = vscode.l10n.t('Unlink All and Revoke Access');
    const only = vscode.l10n.t('Revoke Access');
    const choices = [
      ...(mine.length > 0 ? [end] : []),
      ...(canRevoke(connection) ? [mine.length > 0 ? both : only] : []),
    ];
    const question = vscode.l10n.t('Disconnect "{0}" from the ledger?', connection.name);
    const answer = await vscode.window.showWarningMessage(
      question,
      { modal: true, detail: lines.join('\n') },
      ...choices,
    );
    if (answer === undefined) return;
    if (mine.length > 0) await folders.unlink(connection.id, mine);
    if (choosing.connection === connection.id) choosing.end();
    if (answer !== end) await endSignIn(connection, await connections.secrets(connection.id));
    tree.refresh();
  };

  const chosen = async (node: RemoteNode | undefined): Promise<Connection | undefined> => {
    if (node && 'connection' in node) return node.connection;
    const [only, ...others] = await connections.list();
    if (only === undefined || others.length === 0) return only;
    const choices = [only, ...others].map((value) => ({
      value,
      label: value.name,
      description: hostKindOf(value).label,
    }));
    const answer = await askChoice(
      { title: 'Dossier', step: 1, totalSteps: 1 },
      vscode.l10n.t('Which connection?'),
      choices,
    );
    return typeof answer === 'object' ? answer : undefined;
  };
  const ofConnection = (act: (connection: Connection) => Promise<void>) => (node?: RemoteNode) =>
    attempt(async () => {
      const connection = await chosen(node);
      if (connection) await act(connection);
    });

  return [
    vscode.commands.registerCommand('dossier.linkFolders', ofConnection(choose)),
    vscode.commands.registerCommand('dossier.applyLinks', () => attempt(apply)),
    vscode.commands.registerCommand('dossier.discardLinks', () => choosing.end()),
    registerRowCommand('dossier.unlinkFolder', (node: FolderNode) => attempt(() => unlink(node))),
    registerRowCommand('dossier.changeLink', (node: FolderNode) => attempt(() => change(node))),
    registerRowCommand('dossier.scanFolder', (node: FolderNode) =>
      attempt(async () => void (node.link && (await scan(node.connection, node.link, true)))),
    ),
    vscode.commands.registerCommand('dossier.disconnect', ofConnection(disconnect)),
    vscode.commands.registerCommand('dossier.refreshLinkedFolders', () => tree.refresh()),
    registerRowCommand('dossier.showMoreEntries', (node: RemoteNode) =>
      attempt(async () => void (node.type === 'more' && (await tree.showMore(node.parent)))),
    ),
    registerRowCommand('dossier.listAgain', (node: RemoteNode) => {
      if (node.type === 'problem') tree.reload(node.parent);
    }),
  ];
}

function progressWords({ files, recorded }: WalkProgress): string {
  return vscode.l10n.t('{0} files, {1} recorded', files, recorded);
}
