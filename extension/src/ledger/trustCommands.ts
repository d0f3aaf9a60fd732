import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { say, toDossierError } from '../../../shared/index.ts';
import { type Introduction, type TrustedOwners, trustIn } from '../model/ledger/trustedOwners.ts';
import type { Services } from '../services.ts';
import { editorError } from '../ui/editorError.ts';
import { sentenceOf } from '../ui/problems.ts';
import { ask, askChoice, askText } from '../ui/steps.ts';
import { publicFiles } from './publicKeyCommands.ts';

/** Whose receipts are believed besides one's own. */
export function registerTrustCommands({ attempt }: Services, owners: TrustedOwners): vscode.Disposable[] {
  const trust = async (): Promise<void> => {
    const handedOut = await readPublicPart();
    if (!handedOut) return;
    const introduction = await ask<Introduction>(
      vscode.l10n.t('Trust Somebody’s Key'),
      { name: '', fingerprint: '', ...handedOut },
      [
        async (known, position) => {
          const prompt = vscode.l10n.t(
            'Fingerprint of the key: all 64 digits, as its owner told you by a way that nobody else could change',
          );
          const refuse = (fingerprint: string) => refusal(() => trustIn({ ...known, fingerprint }, []));
          const fingerprint = await askText(position, { prompt, value: known.fingerprint, refuse });
          return typeof fingerprint === 'string' ? { ...known, fingerprint } : fingerprint;
        },
        async (known, position) => {
          const refuse = (name: string) =>
            name.trim() === ''
              ? vscode.l10n.t('Without a name you could not tell whose receipts these are')
              : undefined;
          const name = await askText(position, {
            prompt: vscode.l10n.t('Whose key is it?'),
            value: known.name,
            refuse,
          });
          return typeof name === 'string' ? { ...known, name: name.trim() } : name;
        },
      ],
    );
    if (!introduction) return;
    await owners.add(introduction);
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Receipts of {0} are believed from now on.', introduction.name),
    );
  };

  const distrust = async (): Promise<void> => {
    const known = await owners.list();
    if (known.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('You trust no key but your own.'));
      return;
    }
    const choices = known.map((owner) => ({ label: owner.name, description: owner.fingerprint, value: owner }));
    const position = { title: vscode.l10n.t('Stop Trusting Somebody’s Key'), step: 1, totalSteps: 1 };
    const chosen = await askChoice(position, vscode.l10n.t('Whose receipts are no longer to be believed?'), choices);
    if (typeof chosen === 'object') await owners.remove(chosen.fingerprint);
  };

  return [
    vscode.commands.registerCommand('dossier.trustKey', () => attempt(trust)),
    vscode.commands.registerCommand('dossier.distrustKey', () => attempt(distrust)),
  ];
}

/** The folder that the owner handed out. */
async function readPublicPart(): Promise<Pick<Introduction, 'statementKey' | 'trustedRoot'> | undefined> {
  const title = vscode.l10n.t(
    'Folder with {0} and {1} of the owner',
    publicFiles.statementKey,
    publicFiles.trustedRoot,
  );
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: vscode.l10n.t('Choose'),
    title,
  });
  const folder = chosen?.[0]?.fsPath;
  if (folder === undefined) return undefined;
  const read = (name: string) =>
    readFile(join(folder, name), 'utf8').catch(() => {
      throw editorError('not-found', say`${name} is not in this folder`, folder);
    });
  return { statementKey: await read(publicFiles.statementKey), trustedRoot: await read(publicFiles.trustedRoot) };
}

function refusal(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return sentenceOf(toDossierError(error));
  }
}
