import * as vscode from 'vscode';
import type { SubjectDigests } from '../../../shared/index.ts';
import { type JudgedFile, mayBeUsed, pageOf, summaryOf } from '../ledger/verdictPage.ts';
import type { Services } from '../services.ts';
import { formatDay, formatTime } from '../ui/format.ts';
import type { Pages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';
import { registerRowCommand } from '../ui/rowCommands.ts';
import { eventWithHolder } from '../ui/words.ts';
import type { FileNode } from './remoteNodes.ts';
import type { RemoteTree } from './remoteTree.ts';
import { type HistoryEntry, historyOf, receiptText, verifyRemote } from './remoteVerify.ts';
import { saveRemoteCopy } from './saveRemoteCopy.ts';

/** What can be asked about a remote file. */
export function registerFileCommands(services: Services, tree: RemoteTree, pages: Pages): vscode.Disposable[] {
  const { attempt, linkedFolders: folders } = services;
  const verify = async (node: FileNode): Promise<void> => {
    const { connection, file } = node;
    const result = await withProgress(vscode.l10n.t('Verifying {0}', file.name), (signal) =>
      verifyRemote(folders, connection.id, file, signal),
    );
    if (result.verdict.answer === 'changed')
      tree.mark(node, { state: 'changed', version: result.verdict.last.predicate.version });
    const details = vscode.l10n.t('What Was Checked');
    const show = mayBeUsed(result.verdict) ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if ((await show(sentenceOf(result), details)) === details)
      await pages.preview(vscode.l10n.t('Verdict'), pageOf(result));
  };

  const history = async ({ connection, file, link }: FileNode): Promise<void> => {
    if (!link) return;
    const entries = await historyOf(folders, connection.id, link, file);
    const items = entries.map((entry) => ({
      entry,
      label: entryWords(entry),
      description: formatTime(entry.observedAt),
      detail: digestWords(entry.digests),
    }));
    const placeHolder =
      entries.length === 0
        ? vscode.l10n.t('Nothing is recorded of this file yet')
        : vscode.l10n.t('Choose an entry to open its receipt');
    const chosen = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('History of "{0}"', file.name),
      placeHolder,
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (chosen) await openReceipt(connection.id, chosen.entry);
  };

  /** The newest one. */
  const receipt = async ({ connection, file, link }: FileNode): Promise<void> => {
    const [newest] = link ? await historyOf(folders, connection.id, link, file) : [];
    if (newest) await openReceipt(connection.id, newest);
  };

  const openReceipt = async (connection: string, { index }: HistoryEntry): Promise<void> => {
    const text = await withProgress(vscode.l10n.t('Making the receipt'), (signal) =>
      receiptText(folders, connection, index, signal),
    );
    await pages.show(`entry-${index}.sigstore.json`, JSON.stringify(JSON.parse(text), undefined, 2));
  };

  return [
    registerRowCommand('dossier.verifyRemoteFile', (node: FileNode) => attempt(() => verify(node))),
    registerRowCommand('dossier.saveRemoteCopy', (node: FileNode) => attempt(() => saveRemoteCopy(services, node))),
    registerRowCommand('dossier.showAssetHistory', (node: FileNode) => attempt(() => history(node))),
    registerRowCommand('dossier.openAssetReceipt', (node: FileNode) => attempt(() => receipt(node))),
  ];
}

function sentenceOf(result: JudgedFile): string {
  const { name, verdict } = result;
  if (verdict.answer !== 'changed') return summaryOf(result);
  const { version, observedAt } = verdict.last.predicate;
  return vscode.l10n.t(
    'Changed: "{0}" is not what is recorded of it. Its last good version is {1}, recorded on {2}.',
    name,
    version,
    formatDay(Date.parse(observedAt)),
  );
}

function entryWords({ version, event, index, holder }: HistoryEntry): string {
  return vscode.l10n.t('Version {0}: {1} (entry {2})', version, eventWithHolder(event, holder), index);
}

function digestWords({ sha256, dropboxContentHash }: SubjectDigests): string {
  if (sha256 !== undefined) return `SHA-256 ${sha256}`;
  return dropboxContentHash === undefined ? vscode.l10n.t('no hash of the content') : `Dropbox ${dropboxContentHash}`;
}
