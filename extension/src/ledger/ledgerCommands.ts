import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { DossierError, encodeTrustedRoot, type Ledger, receiptName } from '../../../shared/index.ts';
import { withProgress } from '../host/progress.ts';
import type { Services } from '../services.ts';
import type { Ledgers } from './ledgers.ts';
import { pageOf, summaryOf } from './verdictPage.ts';
import { type FileVerdict, unionOf, verifyFile } from './verifyFile.ts';

const scheme = 'dossier-verdict';

/** Keys by their fingerprint, files and their receipts. */
export function registerLedgerCommands({ attempt, files }: Services, ledgers: Ledgers): vscode.Disposable[] {
  const pages = new Map<string, string>();

  const showPage = async (result: FileVerdict): Promise<void> => {
    const uri = vscode.Uri.from({ scheme, path: `/${result.name}.md`, query: String(pages.size) });
    pages.set(uri.toString(), pageOf(result));
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  };

  const judge = (path: string): Promise<FileVerdict> => withProgress(vscode.l10n.t('Verifying {0}', path), (signal) => verifyFile(ledgers, files, path, signal));

  const verify = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    const details = vscode.l10n.t('What Was Checked');
    const show = result.verdict.answer === 'known' ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if ((await show(summaryOf(result), details)) === details) await showPage(result);
  };

  const exportReceipt = async (given: vscode.Uri | undefined): Promise<void> => {
    const path = await pathOf(given);
    if (path === undefined) return;
    const result = await judge(path);
    if (!result.receipt) throw new DossierError('not-found', summaryOf(result));
    const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(`${path}.${receiptName.split('.').slice(1).join('.')}`), title: vscode.l10n.t('Export Receipt') });
    if (target) await vscode.workspace.fs.writeFile(target, result.receipt);
  };

  const fingerprint = async (): Promise<void> => {
    const { log } = await ledgers.local();
    const copy = vscode.l10n.t('Copy Fingerprint');
    const detail = vscode.l10n.t('Tell it to whoever is to verify your receipts, by a way that nobody else can change. It is no secret.');
    const chosen = await vscode.window.showInformationMessage(log.statementFingerprint, { modal: true, detail }, copy);
    if (chosen === copy) await vscode.env.clipboard.writeText(log.statementFingerprint);
  };

  /** The key is made with its first use, which may be this. */
  const createKey = async (): Promise<void> => {
    await ledgers.local();
    const [copy, show] = [vscode.l10n.t('Copy Key'), vscode.l10n.t('Show Fingerprint')];
    const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('This computer has its Dossier key. Keep a copy of it in a safe place.'), copy, show);
    if (chosen === copy) await vscode.commands.executeCommand('dossier.copyKey');
    if (chosen === show) await fingerprint();
  };

  const exportPublicPart = async (): Promise<void> => {
    const found: Ledger[] = [];
    await ledgers.visit(async (ledger) => void found.push(ledger));
    if (found.length === 0) found.push(await ledgers.local());
    const chosen = await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, openLabel: vscode.l10n.t('Export Here'), title: vscode.l10n.t('Export the Public Part of the Key') });
    const folder = chosen?.[0]?.fsPath;
    if (folder === undefined) return;
    await writeFile(join(folder, 'statement-key.pem'), found[0]!.statementKeyPem);
    await writeFile(join(folder, 'trusted_root.json'), encodeTrustedRoot(unionOf(found.map(({ trust }) => trust)), Math.min(...found.map(({ since }) => since))));
    void vscode.window.showInformationMessage(vscode.l10n.t('statement-key.pem and trusted_root.json are in {0}', folder));
  };

  return [
    vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: (uri) => pages.get(uri.toString()) }),
    vscode.commands.registerCommand('dossier.createKey', () => attempt(createKey)),
    vscode.commands.registerCommand('dossier.showKeyFingerprint', () => attempt(fingerprint)),
    vscode.commands.registerCommand('dossier.exportPublicPart', () => attempt(exportPublicPart)),
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
