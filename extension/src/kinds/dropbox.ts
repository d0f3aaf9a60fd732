import * as vscode from 'vscode';
import { namesOf, parsePath } from '../../../shared/index.ts';
import { openPage } from '../ui/browser.ts';
import { askChoice, askText } from '../ui/steps.ts';
import { folderStep, refusePath } from './connectionEntry.ts';
import { appKeyStep, appSecretStep, browserStep, codeStep, tokenStep } from './dropboxSteps.ts';
import type { HostKind } from './hostKind.ts';

export const dropboxKind: HostKind<'dropbox'> = {
  label: 'Dropbox',
  description: vscode.l10n.t('personal or business account'),
  icon: 'cloud',
  account: true,
  ways: [
    {
      label: vscode.l10n.t('Sign in with the browser'),
      description: vscode.l10n.t('no password passes through Dossier'),
      steps: [appKeyStep, appSecretStep, browserStep, folderStep('/Dossier')],
    },
    {
      label: vscode.l10n.t('Sign in and paste the code'),
      description: vscode.l10n.t('when the browser runs on another computer'),
      steps: [appKeyStep, appSecretStep, codeStep, folderStep('/Dossier')],
    },
    {
      label: vscode.l10n.t('Use an access token'),
      description: vscode.l10n.t('from the App Console of Dropbox'),
      steps: [tokenStep, folderStep('/Dossier')],
    },
  ],
  name: () => 'Dropbox',
  defaults() {
    // Where the service lives is a machine's setting, so that no workspace can lead a token elsewhere.
    const endpoint = vscode.workspace.getConfiguration('dossier').get<string>('dropbox.endpoint');
    return endpoint ? { endpoint } : {};
  },
  settings: [
    {
      label: vscode.l10n.t('Place on dropbox.com'),
      prompt: vscode.l10n.t(
        'Where your Dropbox shows the files of the app: / for a full Dropbox, or /Apps/ and its name',
      ),
      value: ({ webRoot }) => webRoot ?? '',
      refuse: refusePath,
      put: (connection, webRoot) => ({ ...connection, webRoot }),
    },
  ],
  place: () => 'Dropbox',
  async show({ connections }, connection, { path }) {
    const webRoot = connection.webRoot ?? (await askWebRoot(connection.name));
    if (webRoot === undefined) return;
    if (connection.webRoot === undefined) await connections.save({ ...connection, webRoot });
    const steps = [...namesOf(parsePath(webRoot)), ...namesOf(path)].map(encodeURIComponent);
    await openPage(['https://www.dropbox.com/home', ...steps].join('/'));
  },
  adviceToRead: vscode.l10n.t(
    'It was allowed to deliver, and not to read. Tick files.content.read under Permissions of your Dropbox app, then sign in again.',
  ),
};

/**
 * Dropbox tells an app nothing of where its folder lies in the account of the user. Asked once for each connection;
 * undefined when the person left.
 */
async function askWebRoot(name: string): Promise<string | undefined> {
  const title = vscode.l10n.t('Open Folder');
  const access = await askChoice(
    { title, step: 1, totalSteps: 2 },
    vscode.l10n.t('What may the Dropbox app of "{0}" reach? Asked only once.', name),
    [
      { value: 'appFolder', label: vscode.l10n.t('App folder'), description: vscode.l10n.t('its own folder in Apps') },
      { value: 'full', label: vscode.l10n.t('Full Dropbox'), description: vscode.l10n.t('all your folders') },
    ],
  );
  if (typeof access !== 'string') return undefined;
  if (access === 'full') return '/';
  const app = await askText(
    { title, step: 2, totalSteps: 2 },
    {
      prompt: vscode.l10n.t('Name of the app, which is the name of its folder in Apps'),
      refuse: (text) =>
        /^[^/]+$/.test(text.trim()) ? undefined : vscode.l10n.t('The name stands in the App Console of Dropbox'),
    },
  );
  return typeof app === 'string' ? `/Apps/${app.trim()}` : undefined;
}
