import * as vscode from 'vscode';
import { createKey, parseKey } from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import type { Services } from '../services.ts';
import { chooseLedger } from './chooseLedger.ts';

/** Another Dossier key for a ledger, and how another computer comes to it. */
export function registerChangeKeyCommands(
  { attempt, vault }: Services,
  ledgers: Ledgers,
  publishing: Publishing,
): vscode.Disposable[] {
  const change = async (): Promise<void> => {
    const title = vscode.l10n.t('Change the Key of a Ledger');
    const ledger = await chooseLedger(ledgers, title);
    if (!ledger) return;
    const confirm = vscode.l10n.t('Change Key');
    const detail = vscode.l10n.t(
      'From now on a new Dossier key signs the ledger {0}, by a statement that both keys sign. The former key can add nothing any more. What is recorded stays, and whoever trusts the former key is led to the next one; receipts that you give out from now on are made with the new key, and those for earlier entries are to be made anew. Drafts and copies stay encrypted with the present key: keep both.',
      ledger.log.identity.origin,
    );
    if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, confirm)) !== confirm) return;
    const next = createKey();
    const changed = await ledgers.changeKey(ledger, next);
    const copy = vscode.l10n.t('Copy the Key of the Ledger');
    const text = vscode.l10n.t(
      'The ledger is signed with a new key now. Keep a copy of it in a safe place; its fingerprint is {0}.',
      changed.log.statementFingerprint,
    );
    await publishing.recordedIn(changed);
    if ((await vscode.window.showInformationMessage(text, { modal: true }, copy)) === copy)
      await vscode.env.clipboard.writeText(next);
  };

  const enter = async (): Promise<void> => {
    const key = await vscode.window.showInputBox({
      title: vscode.l10n.t('Enter the Key of a Ledger'),
      prompt: vscode.l10n.t('The key that a ledger was changed to elsewhere. It begins with dossier-key-1.'),
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined) return;
    parseKey(key);
    await ledgers.keepKey(key.trim());
  };

  const copyIdentity = async (): Promise<void> => {
    const confirm = vscode.l10n.t('Copy Identity');
    const detail = vscode.l10n.t(
      'It opens every draft and copy that this key encrypts, with the command "age -d -i FILE" and without Dossier. It is a secret as good as the key.',
    );
    const question = vscode.l10n.t('Copy the age identity to the clipboard?');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, confirm)) === confirm)
      await vscode.env.clipboard.writeText(await vault.identity());
  };

  return [
    vscode.commands.registerCommand('dossier.changeLedgerKey', () => attempt(change)),
    vscode.commands.registerCommand('dossier.enterLedgerKey', () => attempt(enter)),
    vscode.commands.registerCommand('dossier.copyVaultIdentity', () => attempt(copyIdentity)),
  ];
}
