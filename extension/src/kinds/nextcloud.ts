import * as vscode from 'vscode';
import { openPage } from '../ui/browser.ts';
import { folderStep, hostName, userStep } from './connectionEntry.ts';
import type { HostKind } from './hostKind.ts';
import { appPasswordStep, loginStep, serverStep } from './nextcloudSteps.ts';

export const nextcloudKind: HostKind<'nextcloud'> = {
  label: 'Nextcloud',
  description: vscode.l10n.t('your own or your organisation’s server'),
  icon: 'server-environment',
  account: true,
  ways: [
    {
      label: vscode.l10n.t('Sign in with the browser'),
      description: vscode.l10n.t('Dossier gets a password of its own, which you can revoke'),
      steps: [serverStep, loginStep, folderStep('/Dossier')],
    },
    {
      label: vscode.l10n.t('User name and app password'),
      description: vscode.l10n.t('from the security settings of your Nextcloud'),
      steps: [serverStep, userStep, appPasswordStep, folderStep('/Dossier')],
    },
  ],
  name: hostName,
  place: ({ url }) => new URL(url).host,
  /** The page of the files app, which takes the folder by its id. */
  async show({ connections }, { id }, place) {
    const drive = await connections.open(id);
    await openPage(await drive.link(place));
  },
};
