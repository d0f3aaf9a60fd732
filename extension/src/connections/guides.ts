import * as vscode from 'vscode';
import type { ConnectionKind } from '../../../shared/index.ts';
import { accepted } from './accepted.ts';
import { trusting } from './certificate.ts';
import {
  type ConnectionEntry,
  type EntryStep,
  folderStep,
  refuseAddress,
  refuseEmpty,
  textStep,
  withField,
  withSecrets,
} from './connectionEntry.ts';
import { appKeyStep, appSecretStep, browserStep, codeStep, tokenStep } from './dropboxSteps.ts';
import { appPasswordStep, loginStep, serverStep } from './nextcloudSteps.ts';

/** One way to come to a connection of a kind. */
export interface Way {
  readonly label: string;
  readonly description: string;
  readonly steps: readonly EntryStep[];
}

export interface Guide {
  readonly ways: readonly Way[];
  /** Suggested for the name. */
  readonly name: (entry: ConnectionEntry) => string;
}

const localFolderStep: EntryStep = async (entry) => {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Folder that receives all reports'),
    openLabel: vscode.l10n.t('Use This Folder'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  const [folder] = chosen ?? [];
  return folder && withField(entry, 'root', folder.fsPath);
};

const addressStep = textStep(
  ({ fields }) => ({
    prompt: vscode.l10n.t('Address of the WebDAV folder'),
    value: String(fields['url'] ?? ''),
    placeholder: 'https://dav.example.org/files',
    refuse: refuseAddress,
  }),
  (entry, url) => withField(entry, 'url', url),
);

const userStep = textStep(
  ({ secrets }) => ({
    prompt: vscode.l10n.t('User name'),
    value: secrets.user ?? '',
    refuse: refuseEmpty(vscode.l10n.t('A user name is needed')),
  }),
  (entry, name) => withSecrets(entry, { user: name }),
);

/** Tried out at once: a wrong password is said where it is typed. */
const webdavPasswordStep = (signIn: 'basic' | 'digest'): EntryStep =>
  textStep(
    ({ secrets }) => ({
      prompt: vscode.l10n.t('Password'),
      secret: true,
      value: secrets.password ?? '',
      refuse: refuseEmpty(vscode.l10n.t('A password is needed')),
    }),
    (entry, password) =>
      trusting(withSecrets(withField(entry, 'signIn', signIn), { password }), String(entry.fields['url']), accepted),
  );

const hostName = ({ fields }: ConnectionEntry) => new URL(String(fields['url'])).host;

/** How each kind of connection is entered. The first way is the one most people want. */
export const guides: Readonly<Record<ConnectionKind, Guide>> = {
  localFolder: {
    ways: [{ label: '', description: '', steps: [localFolderStep] }],
    name: ({ fields }) =>
      String(fields['root'])
        .split(/[\\/]/)
        .findLast((name) => name !== '') ?? '',
  },
  dropbox: {
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
  },
  nextcloud: {
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
  },
  webdav: {
    ways: [
      {
        label: vscode.l10n.t('User name and password'),
        description: vscode.l10n.t('what nearly all servers want'),
        steps: [addressStep, userStep, webdavPasswordStep('basic'), folderStep('/Dossier')],
      },
      {
        label: vscode.l10n.t('User name and password (Digest)'),
        description: vscode.l10n.t('for servers that insist on it'),
        steps: [addressStep, userStep, webdavPasswordStep('digest'), folderStep('/Dossier')],
      },
    ],
    name: hostName,
  },
};
