import * as vscode from 'vscode';
import type { ConnectionKind } from '../../../shared/index.ts';
import { type ConnectionEntry, type EntryStep, folderStep, refuseAddress, refuseEmpty, textStep, withField, withSecrets } from './connectionEntry.ts';

const localFolder: EntryStep = async (entry) => {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Folder that receives all reports'),
    openLabel: vscode.l10n.t('Use This Folder'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  const [folder] = chosen ?? [];
  return folder && withField(entry, 'root', folder.fsPath);
};

const accessToken = textStep(
  () => ({
    prompt: vscode.l10n.t('Access token of your Dropbox app (App Console, Settings, Generated access token)'),
    secret: true,
    refuse: refuseEmpty(vscode.l10n.t('Paste the token here')),
  }),
  (entry, token) => withSecrets(entry, { accessToken: token }),
);

const address = (prompt: string) =>
  textStep(
    ({ fields }) => ({ prompt, value: String(fields['url'] ?? ''), placeholder: 'https://cloud.example.org', refuse: refuseAddress }),
    (entry, url) => withField(entry, 'url', url),
  );

const user = textStep(
  ({ secrets }) => ({ prompt: vscode.l10n.t('User name'), value: secrets.user ?? '', refuse: refuseEmpty(vscode.l10n.t('A user name is needed')) }),
  (entry, name) => withSecrets(entry, { user: name }),
);

const password = textStep(
  () => ({ prompt: vscode.l10n.t('Password'), secret: true, refuse: refuseEmpty(vscode.l10n.t('A password is needed')) }),
  (entry, text) => withSecrets(entry, { password: text }),
);

export interface Guide {
  readonly steps: readonly EntryStep[];
  /** Suggested for the name. */
  readonly name: (entry: ConnectionEntry) => string;
}

/** How each kind of connection is entered. */
export const guides: Readonly<Partial<Record<ConnectionKind, Guide>>> = {
  localFolder: { steps: [localFolder], name: ({ fields }) => String(fields['root']).split(/[\\/]/).findLast((name) => name !== '') ?? '' },
  dropbox: { steps: [accessToken, folderStep('/Dossier')], name: () => 'Dropbox' },
  webdav: {
    steps: [address(vscode.l10n.t('Address of the WebDAV folder')), user, password, folderStep('/Dossier')],
    name: ({ fields }) => new URL(String(fields['url'])).host,
  },
};
