import * as vscode from 'vscode';
import { bestReceiptOf, DossierError, encodeReceipt, type MadeReceipt, say } from '../../../shared/index.ts';
import { credentialsWords } from '../model/credentials/words.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import { receiptNameFor } from '../model/ledger/receiptBeside.ts';
import type { TrustedOwners } from '../model/ledger/trustedOwners.ts';
import { type Asked, type FileVerdict, verifyFile } from '../model/ledger/verifyFile.ts';
import type { Services } from '../services.ts';
import { createPages, type Pages } from '../ui/pages.ts';
import { sentenceOf } from '../ui/problems.ts';
import { withProgress } from '../ui/progress.ts';
import { registerTargetCommand } from '../ui/rowCommands.ts';
import { chooseRecording } from './chooseRecording.ts';
import { type CustodyTarget, recordCustody } from './custodyCommands.ts';
import { type BagTarget, exportBag } from './exportBag.ts';
import { exportHistoryOf } from './exportHistory.ts';
import { type JudgedFile, mayBeUsed, pageOf, summaryOf } from './verdictPage.ts';
import { verifyAtAddress } from './verifyAtAddress.ts';
import { registerFolderCommands } from './verifyFolder.ts';

/** What is known of files, and their receipts. */
export function registerVerifyCommands(
  services: Services,
  ledgers: Ledgers,
  owners: TrustedOwners,
  publishing: Publishing,
): vscode.Disposable[] {
  const { attempt, files, submitted } = services;
  const pages = createPages('dossier-verdict');

  const judge = judging({ ledgers, owners, files, submitted });

  const verify = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    await showVerdict(pages, { ...result, credentials: await credentialsOf(services, path) });
  };

  const exportReceipt = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    const made = await receiptIn(result);
    if (made === 'left') return;
    if (!made) throw new DossierError('not-found', say`${summaryOf(result)}`);
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.file(receiptNameFor(path)),
      saveLabel: vscode.l10n.t('Export'),
      title: vscode.l10n.t('Export Receipt'),
    });
    if (!target) return;
    await vscode.workspace.fs.writeFile(target, encodeReceipt(made.receipt));
    if (made.unstamped)
      void vscode.window.showWarningMessage(
        vscode.l10n.t('The receipt is in {0}, without a time stamp: {1}', target.fsPath, sentenceOf(made.unstamped)),
      );
    else void vscode.window.showInformationMessage(vscode.l10n.t('The receipt is in {0}', target.fsPath));
  };

  const exportHistory = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    const { ledger, verdict } = result;
    if (!ledger || verdict.answer !== 'known') throw new DossierError('not-found', say`${summaryOf(result)}`);
    await exportHistoryOf(ledger, verdict.versions, vscode.Uri.file(path));
  };

  const verifyAddress = async (given: vscode.Uri | undefined): Promise<void> =>
    pathOf(given).then((path) => (path === undefined ? path : verifyAtAddress(services, ledgers, pages, path)));

  return [
    pages,
    registerFolderCommands(services, pages),
    vscode.commands.registerCommand('dossier.verifyAtAddress', (uri?: vscode.Uri) => attempt(() => verifyAddress(uri))),
    vscode.commands.registerCommand('dossier.verifyFile', (uri?: vscode.Uri) => attempt(() => verify(uri))),
    vscode.commands.registerCommand('dossier.exportHistory', (uri?: vscode.Uri) => attempt(() => exportHistory(uri))),
    registerTargetCommand('dossier.recordCustody', (target: CustodyTarget) =>
      attempt(() => recordCustody({ services, ledgers, publishing, pages, judge }, target)),
    ),
    registerTargetCommand('dossier.exportBag', (target: BagTarget) =>
      attempt(() => exportBag(services, ledgers, target)),
    ),
    vscode.commands.registerCommand('dossier.exportReceipt', (uri?: vscode.Uri) => attempt(() => exportReceipt(uri))),
  ];
}

async function showVerdict(pages: Pages, result: JudgedFile): Promise<void> {
  const { verdict, credentials, name } = result;
  const details = vscode.l10n.t('What Was Checked');
  const words = [summaryOf(result), ...(credentials ? [credentialsWords(credentials)] : [])].join(' ');
  const isGood = mayBeUsed(verdict) && credentials?.state !== 'altered';
  const show = isGood ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  if ((await show(words, details)) === details) await pages.preview(name, pageOf(result));
}

function judging(asked: Asked): (path: string) => Promise<FileVerdict> {
  return (path) => withProgress(vscode.l10n.t('Verifying {0}', path), (signal) => verifyFile(asked, path, signal));
}

/** Of the recording that is meant, or the receipt that lay beside the file; `left` when the person chose none. */
async function receiptIn({ verdict, ledger, by }: FileVerdict): Promise<MadeReceipt | 'left' | undefined> {
  if (verdict.answer !== 'known') return undefined;
  if (!ledger) return by?.receipt && { receipt: by.receipt };
  const recording = await chooseRecording(ledger, verdict.versions, vscode.l10n.t('Export Receipt'));
  return recording ? bestReceiptOf(ledger, recording.item.index) : 'left';
}

/** The file that was clicked, or is open, or is chosen now. */
async function pathOf(given: vscode.Uri | undefined): Promise<string | undefined> {
  const known = given ?? activeFile();
  if (known?.scheme === 'file') return known.fsPath;
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: true,
    openLabel: vscode.l10n.t('Verify'),
    title: vscode.l10n.t('Verify a File'),
  });
  return chosen?.[0]?.fsPath;
}

function activeFile(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
}

/** Where they cannot be judged, what the ledger knows is told all the same. */
function credentialsOf({ credentials, problems }: Services, path: string) {
  return credentials.ofFile(path).catch((error: unknown) => {
    problems.report(error);
    return undefined;
  });
}
