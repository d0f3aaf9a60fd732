import * as vscode from 'vscode';
import { toDossierError } from '../../../shared/index.ts';
import type { Services } from '../services.ts';
import { sentenceOf } from '../ui/problems.ts';
import { askText } from '../ui/steps.ts';

/** The key leaves and enters this machine only by hand. */
export function registerKeyCommands({ vault, attempt }: Services): vscode.Disposable[] {
  const copy = async (): Promise<void> => {
    const key = await vault.exportKey();
    const confirm = vscode.l10n.t('Copy Key');
    const detail = vscode.l10n.t(
      'Whoever has this key and the files of this computer can read your drafts. Keep it in a password manager: without it, nobody can, you included.',
    );
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Copy the Dossier key to the clipboard?'),
      { modal: true, detail },
      confirm,
    );
    if (answer !== confirm) return;
    await vscode.env.clipboard.writeText(key);
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The key is in the clipboard. Paste it into your password manager now.'),
    );
  };

  const enter = async (): Promise<void> => {
    const position = { title: vscode.l10n.t('Enter Dossier Key'), step: 1, totalSteps: 1 };
    await askText(position, {
      prompt: vscode.l10n.t('The key that the drafts on this computer were made with. It begins with dossier-key-1.'),
      secret: true,
      tryOut: (key) =>
        vault.unlock(key.trim()).then(
          () => undefined,
          (error) => sentenceOf(toDossierError(error)),
        ),
    });
  };

  return [
    vscode.commands.registerCommand('dossier.copyKey', () => attempt(copy)),
    vscode.commands.registerCommand('dossier.enterKey', () => attempt(enter)),
  ];
}
