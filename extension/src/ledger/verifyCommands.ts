import * as vscode from 'vscode';
import { bestReceiptOf, DossierError, type Receipt, type receiptOf } from '../../../shared/index.ts';
import { createPages } from '../host/pages.ts';
import { sentenceOf } from '../host/problems.ts';
import { withProgress } from '../host/progress.ts';
import type { Services } from '../services.ts';
import type { Ledgers } from './ledgers.ts';
import { receiptNameFor } from './receiptBeside.ts';
import type { TrustedOwners } from './trustedOwners.ts';
import { pageOf, summaryOf } from './verdictPage.ts';
import { type FileVerdict, verifyFile } from './verifyFile.ts';

/** What is known of files, and their receipts. */
export function registerVerifyCommands({ attempt, files }: Services, ledgers: Ledgers, owners: TrustedOwners): vscode.Disposable[] {
  const pages = createPages('dossier-verdict');

  const judge = (path: string, receiptFor?: typeof receiptOf): Promise<FileVerdict> =>
    withProgress(vscode.l10n.t('Verifying {0}', path), (signal) => verifyFile({ ledgers, owners, files }, path, signal, receiptFor));

  const verify = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    const details = vscode.l10n.t('What Was Checked');
    const show = result.verdict.answer === 'known' ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if ((await show(summaryOf(result), details)) === details) await pages.preview(result.name, pageOf(result));
  };

  const exportReceipt = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    let unstamped: DossierError | undefined;
    const stamped = async (...given: Parameters<typeof bestReceiptOf>): Promise<Receipt> => {
      const made = await bestReceiptOf(...given);
      unstamped = made.unstamped;
      return made.receipt;
    };
    const result = await judge(path, stamped);
    if (!result.receipt) throw new DossierError('not-found', summaryOf(result));
    const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(receiptNameFor(path)), saveLabel: vscode.l10n.t('Export'), title: vscode.l10n.t('Export Receipt') });
    if (!target) return;
    await vscode.workspace.fs.writeFile(target, result.receipt);
    if (unstamped) void vscode.window.showWarningMessage(vscode.l10n.t('The receipt is in {0}, without a time stamp: {1}', target.fsPath, sentenceOf(unstamped)));
    else void vscode.window.showInformationMessage(vscode.l10n.t('The receipt is in {0}', target.fsPath));
  };

  return [
    pages,
    vscode.commands.registerCommand('dossier.verifyFile', (uri?: vscode.Uri) => attempt(() => verify(uri))),
    vscode.commands.registerCommand('dossier.exportReceipt', (uri?: vscode.Uri) => attempt(() => exportReceipt(uri))),
  ];
}

/** The file that was clicked, or is open, or is chosen now. */
async function pathOf(given: vscode.Uri | undefined): Promise<string | undefined> {
  const known = given ?? activeFile();
  if (known?.scheme === 'file') return known.fsPath;
  const chosen = await vscode.window.showOpenDialog({ canSelectFiles: true, openLabel: vscode.l10n.t('Verify'), title: vscode.l10n.t('Verify a File') });
  return chosen?.[0]?.fsPath;
}

function activeFile(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
}
