import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  type Connection,
  createLocalFolderDrive,
  type Drive,
  distinctNames,
  type EntryRef,
  folderFiles,
  inFolder,
  joinPath,
  type Ledger,
  type Link,
  nameOf,
  parseStoredPath,
  type Report,
  receiptName,
  receiptsOfFiles,
  rootPath,
} from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import { nodeClock } from '../node/nodeClock.ts';
import { nodeFiles } from '../node/nodeFiles.ts';
import type { ReportNode } from '../reports/presentation/reportTree.ts';
import type { Services } from '../services.ts';
import { editorError } from '../ui/editorError.ts';
import { withProgress } from '../ui/progress.ts';
import { type BagContent, bagForms, type Outgoing } from './exportPlace.ts';

/** A row of the linked folders: a connection, or a folder of it. */
interface RemoteFolder {
  readonly type: 'connection' | 'folder';
  readonly connection: Connection;
  readonly folder: EntryRef;
  readonly link?: Link | undefined;
}

/** A report, a remote folder, a folder of this computer; from the palette nothing. */
export type BagTarget = ReportNode | RemoteFolder | vscode.Uri | undefined;

/** One folder that goes into the bag; at `within` where there are several. */
interface Source {
  readonly drive: Drive;
  readonly folder: EntryRef;
  readonly within?: string;
}

interface Chosen {
  readonly name: string;
  readonly sources: readonly Source[];
  /** Runs `act` with what the ledger of these folders adds, where there is one. */
  withLedger<T>(act: (added: Partial<BagContent>) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Makes a bag of delivered reports or of a folder, which archives take and check without Dossier. */
export async function exportBag(services: Services, ledgers: Ledgers, target: BagTarget): Promise<void> {
  const chosen = await chosenOf(services, ledgers, target);
  if (!chosen) return;
  const title = vscode.l10n.t('Export as BagIt');
  const near = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const wanted = { title, name: chosen.name, near: near ?? vscode.Uri.file(homedir()) };
  const form = await vscode.window.showQuickPick(bagForms(wanted), { title, ignoreFocusOut: true });
  const write = await form?.choose();
  if (!write) return;
  const where = await withProgress(vscode.l10n.t('Exporting "{0}" as a bag', chosen.name), (signal, tell) =>
    chosen.withLedger(
      (added) => write({ name: chosen.name, payload: filesOf(chosen.sources, signal, tell), ...added }, signal),
      signal,
    ),
  );
  const show = vscode.l10n.t('Show in Folder');
  if ((await vscode.window.showInformationMessage(vscode.l10n.t('The bag is in {0}', where), show)) === show)
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(where));
}

async function* filesOf(sources: readonly Source[], signal: AbortSignal, tell: (message: string) => void): Outgoing {
  for (const { drive, folder, within } of sources) {
    const onFile = (_entry: unknown, path: string) => tell(path);
    const files = folderFiles({ drive, folder, clock: nodeClock, signal, onFile });
    yield* within === undefined ? files : inFolder(within, files);
  }
}

async function chosenOf(services: Services, ledgers: Ledgers, target: BagTarget): Promise<Chosen | undefined> {
  if (target instanceof vscode.Uri) return onDisk(target);
  if (target && 'report' in target) return ofReports(services, ledgers, [target.report]);
  if (target && 'folder' in target) return ofRemote(services, target);
  const reports = await chooseReports(services);
  return reports && ofReports(services, ledgers, reports);
}

function onDisk({ fsPath }: vscode.Uri): Chosen {
  const drive = createLocalFolderDrive({ files: nodeFiles, root: fsPath, randomBytes });
  const sources = [{ drive, folder: { path: rootPath } }];
  return { name: basename(fsPath), sources, withLedger: (act) => act({}) };
}

async function ofRemote({ connections, linkedFolders }: Services, target: RemoteFolder): Promise<Chosen> {
  const { connection, folder, link } = target;
  const name = folder.path === rootPath ? connection.name : nameOf(folder.path);
  return {
    name,
    sources: [{ drive: await connections.open(connection.id), folder }],
    withLedger: (act, signal) =>
      link
        ? linkedFolders.within(connection.id, ({ ledger }) => act(receiptsOfFiles(ledger, signal)), signal)
        : act({}),
  };
}

async function ofReports({ connections }: Services, ledgers: Ledgers, reports: readonly Report[]): Promise<Chosen> {
  const folders = reports.map(({ destination }) => {
    if (!destination) throw editorError('not-found', 'This report was not submitted yet');
    const { path, id } = destination;
    return { path: parseStoredPath(path), ...(id === undefined ? {} : { id }) };
  });
  // Reports of two connections may lie in folders of the same name.
  const names = distinctNames(folders.map(({ path }) => nameOf(path)));
  const sources: Source[] = [];
  for (const [at, folder] of folders.entries()) {
    const drive = await connections.open(reports[at]!.connection);
    sources.push({ drive, folder, ...(reports.length > 1 && { within: names[at]! }) });
  }
  const [first] = reports;
  const isOne = reports.every(({ connection }) => connection === first?.connection);
  return {
    name: reports.length === 1 ? first!.title : vscode.l10n.t('{0} reports', reports.length),
    sources,
    async withLedger(act, signal) {
      // Whoever checks the receipts in the bag needs the keys of their ledger.
      const hasReceipt = isOne && (await isReceiptIn(sources, signal));
      if (!hasReceipt) return act({});
      const keys = (ledger: Ledger) => act({ beside: receiptsOfFiles(ledger, signal).beside });
      return ledgers.within(first!.connection, keys, signal);
    },
  };
}

async function isReceiptIn(sources: readonly Source[], signal: AbortSignal): Promise<boolean> {
  for (const { drive, folder } of sources)
    if (await drive.stat({ path: joinPath(folder.path, receiptName) }, { signal })) return true;
  return false;
}

async function chooseReports({ reports }: Services): Promise<readonly Report[] | undefined> {
  const { reports: stored } = await reports.list();
  const items = stored
    .filter(({ report }) => report.state === 'submitted' && report.destination)
    .map(({ report }) => ({ label: report.title, description: report.destination?.path ?? '', report }));
  if (items.length === 0) throw editorError('not-found', 'There is no submitted report yet');
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Export as BagIt'),
    placeHolder: vscode.l10n.t('Which reports? Each has a folder of its own in the bag.'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen && chosen.length > 0 ? chosen.map(({ report }) => report) : undefined;
}
