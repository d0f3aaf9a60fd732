import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { encodeTrustedRoot, joinTrusts, type Ledger } from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Services } from '../services.ts';

/** In the folder that an owner hands out, and that somebody else is handed. */
export const publicFiles = { statementKey: 'statement-key.pem', trustedRoot: 'trusted_root.json' } as const;

/** The user's own key by its fingerprint, and its public part. */
export function registerPublicKeyCommands({ attempt }: Services, ledgers: Ledgers): vscode.Disposable[] {
  const fingerprint = async (): Promise<void> => {
    const { log } = await ledgers.local();
    const copy = vscode.l10n.t('Copy Fingerprint');
    const detail = vscode.l10n.t(
      'Tell it to whoever is to verify your receipts, by a way that nobody else can change. It is no secret.',
    );
    const chosen = await vscode.window.showInformationMessage(log.statementFingerprint, { modal: true, detail }, copy);
    if (chosen === copy) await vscode.env.clipboard.writeText(log.statementFingerprint);
  };

  /** The key is made with its first use, which may be this. */
  const createKey = async (): Promise<void> => {
    await ledgers.local();
    const [copy, show] = [vscode.l10n.t('Copy Key'), vscode.l10n.t('Show Fingerprint')];
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t('This computer has its Dossier key. Keep a copy of it in a safe place.'),
      copy,
      show,
    );
    if (chosen === copy) await vscode.commands.executeCommand('dossier.copyKey');
    if (chosen === show) await fingerprint();
  };

  const exportPublicPart = async (): Promise<void> => {
    const found: Ledger[] = [];
    await ledgers.visit(async (ledger) => void found.push(ledger));
    if (found.length === 0) found.push(await ledgers.local());
    const owned = await ofOneKey(found);
    if (!owned) return;
    const chosen = await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Export Here'),
      title: vscode.l10n.t('Export the Public Part of the Key'),
    });
    const folder = chosen?.[0]?.fsPath;
    if (folder === undefined) return;
    await writeFile(join(folder, publicFiles.statementKey), owned[0]!.statementKeyPem);
    await writeFile(
      join(folder, publicFiles.trustedRoot),
      encodeTrustedRoot(joinTrusts(owned.map(({ trust }) => trust)), Math.min(...owned.map(({ since }) => since))),
    );
    void vscode.window.showInformationMessage(
      vscode.l10n.t('statement-key.pem and trusted_root.json are in {0}', folder),
    );
  };

  return [
    vscode.commands.registerCommand('dossier.createKey', () => attempt(createKey)),
    vscode.commands.registerCommand('dossier.showKeyFingerprint', () => attempt(fingerprint)),
    vscode.commands.registerCommand('dossier.exportPublicPart', () => attempt(exportPublicPart)),
  ];
}

/**
 * Ledgers with one statement key: the file holds one key, and receipts of another would be refused with it. Asks which,
 * where there are several; undefined when the person left.
 */
async function ofOneKey(ledgers: readonly Ledger[]): Promise<Ledger[] | undefined> {
  const keys = [...new Set(ledgers.map(({ log }) => log.statementFingerprint))];
  const chosen =
    keys.length === 1
      ? keys[0]
      : await vscode.window.showQuickPick(keys, {
          title: vscode.l10n.t('Export the Public Part of the Key'),
          placeHolder: vscode.l10n.t('Your ledgers have different keys. Which one, by its fingerprint?'),
          ignoreFocusOut: true,
        });
  return chosen === undefined ? undefined : ledgers.filter(({ log }) => log.statementFingerprint === chosen);
}
