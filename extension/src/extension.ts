import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { WorkspaceSettings } from '../../shared/index.ts';
import { registerConnectionCommands } from './connections/connectionCommands.ts';
import { createConnectionTree } from './connections/connectionTree.ts';
import { registerKeyCommands } from './ledger/keyCommands.ts';
import { registerLedgerCommands } from './ledger/ledgerCommands.ts';
import { registerLinkedFolders } from './links/linkedFoldersView.ts';
import { createScanning } from './links/scanning.ts';
import { registerMirrors } from './mirrors/mirrorsView.ts';
import { createConnectionStore } from './model/connections/connectionStore.ts';
import { createCredentialsReader } from './model/files/credentials.ts';
import { createFileSources } from './model/files/fileSources.ts';
import { createMetadataReader } from './model/files/metadata.ts';
import { uriKind, uriSources } from './model/files/uriSources.ts';
import { createLedgerSettings } from './model/ledger/ledgerSettings.ts';
import { createLedgers } from './model/ledger/ledgers.ts';
import { createPublishing } from './model/ledger/publishing.ts';
import { createLinkedFolders } from './model/links/linkedFolders.ts';
import { createLinkMarks } from './model/links/linkMarks.ts';
import { createMirrors } from './model/mirrors/mirrors.ts';
import { createProofStore } from './model/reports/proofStore.ts';
import { createReportStore } from './model/reports/reportStore.ts';
import { createReportFileSystem, reportScheme, reportViewType } from './model/reports/reportUri.ts';
import { createSending } from './model/reports/sending.ts';
import { submittedFiles } from './model/reports/submittedFiles.ts';
import { sweepLater } from './model/reports/sweeping.ts';
import { createDriveStores } from './model/storage/driveStore.ts';
import { createLocalWorkspace } from './model/storage/localWorkspace.ts';
import { createReportHomes } from './model/storage/reportHomes.ts';
import { createVaultKeeper } from './model/storage/vaultKeeper.ts';
import { nodeClock } from './node/nodeClock.ts';
import { nodeFiles } from './node/nodeFiles.ts';
import { createReportCommands, type ReportCommands } from './reports/commands/reportCommands.ts';
import { registerReportsView } from './reports/commands/reportsView.ts';
import { registerSelected } from './reports/commands/selected.ts';
import { createReportEditor, type ReportEditor } from './reports/editor/reportEditor.ts';
import { createReportTree } from './reports/presentation/reportTree.ts';
import { createSendingIndicator } from './reports/presentation/sendingIndicator.ts';
import type { Services } from './services.ts';
import { createLog } from './ui/log.ts';
import { createProblems } from './ui/problems.ts';

/** Wiring only. */
export function activate(context: vscode.ExtensionContext): void {
  const channel = vscode.window.createOutputChannel('Dossier', { log: true });
  const log = createLog(channel);
  const problems = createProblems(log);

  const vault = createVaultKeeper(context.globalStorageUri.fsPath, context.secrets);
  const { state } = vault;
  const connections = createConnectionStore(state);
  const ledgerSettings = createLedgerSettings({ memory: context.globalState, secrets: context.secrets, log });
  const settings: WorkspaceSettings = {
    ...ledgerSettings,
    clock: nodeClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    log,
    otherSources: { file: createFileSources(nodeFiles), [uriKind]: uriSources },
  };
  const local = createLocalWorkspace({ ...settings, vault, files: nodeFiles, root: context.globalStorageUri.fsPath });
  const driveStores = createDriveStores({ connections, vault, settings });
  const homes = createReportHomes({ local, connections, driveStores, settings });
  const reports = createReportStore({ homes, connections, clock: nodeClock, log });
  const ledgers = createLedgers({ here: local, connections, driveStores, settings: ledgerSettings, log });
  const publishing = createPublishing({
    ledgers,
    connections,
    files: nodeFiles,
    clock: nodeClock,
    log,
    pageFile: vscode.Uri.joinPath(context.extensionUri, 'dist', 'verify.html').fsPath,
  });
  const marks = createLinkMarks(state);
  const linkedFolders = createLinkedFolders({ connections, ledgers, marks });
  const mirrors = createMirrors({ state, connections, ledgers, files: nodeFiles, clock: nodeClock, log });
  const proofs = createProofStore(state);
  const sending = createSending({
    homes,
    reports,
    connections,
    ledgers,
    proofs,
    publishing,
    log,
  });
  const scanning = createScanning({ publishing, folders: linkedFolders, marks, problems, clock: nodeClock, log });
  const life = new AbortController();
  const preferred = 'preferredConnection';

  const services: Services = {
    extensionUri: context.extensionUri,
    connections,
    linkedFolders,
    driveStores,
    homes,
    reports,
    sending,
    metadata: createMetadataReader(homes.here.sources, log),
    credentials: createCredentialsReader({
      sources: homes.here.sources,
      files: nodeFiles,
      log,
      worker: vscode.Uri.joinPath(context.extensionUri, 'dist', 'credentialsWorker.js').fsPath,
    }),
    vault,
    problems,
    files: nodeFiles,
    clock: nodeClock,
    log,
    async attempt(act) {
      try {
        return await act();
      } catch (thrown) {
        problems.report(thrown);
        return undefined;
      }
    },
    isOnThisComputer: ({ scheme, authority }) =>
      scheme === 'file' ||
      (scheme === 'vscode-remote' &&
        context.extension.extensionKind === vscode.ExtensionKind.Workspace &&
        // Dragged over from a window that is connected elsewhere.
        [undefined, authority.split('+')[0]].includes(vscode.env.remoteName)),
    isFirst(occasion) {
      const isFirst = context.globalState.get(occasion) === undefined;
      void context.globalState.update(occasion, true);
      return isFirst;
    },
    submitted: (path) => submittedFiles(reports, proofs, path),
    preferredConnection: () => context.globalState.get<string>(preferred),
    preferConnection: (id) => void context.globalState.update(preferred, id),
  };

  const commands: ReportCommands = createReportCommands(services, () => editor);
  const editor: ReportEditor = createReportEditor(services, commands.answer);
  const tree = createReportTree(services);
  const reportsView = registerReportsView(services, tree, editor, commands);
  const connectionsView = vscode.window.createTreeView('dossier.connections', {
    treeDataProvider: createConnectionTree(services),
    showCollapseAll: true,
  });

  context.subscriptions.push(
    channel,
    new vscode.Disposable(() => life.abort()),
    sending,
    reports,
    linkedFolders,
    connections,
    mirrors,
    vscode.workspace.registerFileSystemProvider(reportScheme, createReportFileSystem(), { isCaseSensitive: true }),
    vscode.window.registerCustomEditorProvider(reportViewType, editor, { supportsMultipleEditorsPerDocument: false }),
    connectionsView,
    ...reportsView.registered,
    ...registerSelected({ reports: reportsView.view, connections: connectionsView }),
    vscode.commands.registerCommand('dossier.showLog', () => channel.show()),
    ...commands.registered,
    ...registerKeyCommands(services),
    ...registerLedgerCommands(services, ledgers, publishing),
    ...registerLinkedFolders(services, marks, scanning),
    ...registerMirrors(services, mirrors),
    ...registerConnectionCommands(services),
    createSendingIndicator(sending),
  );

  leave = async () => {
    await Promise.all([sending.leave(), scanning.leave()]);
    await driveStores.close();
    vault.dispose();
  };

  vault.onDidChangeLock(({ locked }) => {
    if (!locked) {
      sending.start();
      void sweepLater(homes, nodeClock, log, life.signal);
    }
    reports.changed();
    connections.changed();
  });
  vault.onDidChangeElsewhere(() => {
    reports.changed();
    connections.changed();
  });
  // Reports may wait to be sent on. Where nothing was ever kept, the start of the editor costs no more than this look.
  if (vault.exists) void services.attempt(() => vault.isLocked());
}

let leave = async (): Promise<void> => undefined;

/**
 * What this window holds is given to the next one at once. The editor waits some seconds for it; what it does not wait
 * for runs out by itself.
 */
export function deactivate(): Promise<void> {
  return leave();
}
