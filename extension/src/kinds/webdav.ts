import * as vscode from 'vscode';
import { accepted } from './accepted.ts';
import { trusting } from './certificate.ts';
import {
  type EntryStep,
  folderStep,
  hostName,
  refuseAddress,
  refuseEmpty,
  textStep,
  userStep,
  withField,
  withSecrets,
} from './connectionEntry.ts';
import type { HostKind } from './hostKind.ts';

const addressStep = textStep(
  ({ fields }) => ({
    prompt: vscode.l10n.t('Address of the WebDAV folder'),
    value: String(fields['url'] ?? ''),
    placeholder: 'https://dav.example.org/files',
    refuse: refuseAddress,
  }),
  (entry, url) => withField(entry, 'url', url),
);

/** Tried out at once: a wrong password is said where it is typed. */
const passwordStep = (signIn: 'basic' | 'digest'): EntryStep =>
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

export const webdavKind: HostKind<'webdav'> = {
  label: 'WebDAV',
  description: vscode.l10n.t('any server that speaks WebDAV'),
  icon: 'globe',
  account: true,
  ways: [
    {
      label: vscode.l10n.t('User name and password'),
      description: vscode.l10n.t('what nearly all servers want'),
      steps: [addressStep, userStep, passwordStep('basic'), folderStep('/Dossier')],
    },
    {
      label: vscode.l10n.t('User name and password (Digest)'),
      description: vscode.l10n.t('for servers that insist on it'),
      steps: [addressStep, userStep, passwordStep('digest'), folderStep('/Dossier')],
    },
  ],
  name: hostName,
  place: ({ url }) => new URL(url).host,
  /** Hardly any server shows a folder in a browser: it is opened here. */
  async show(_services, { id }, { path }) {
    await vscode.commands.executeCommand('dossier.revealRemoteFolder', { connection: id, path });
  },
};
