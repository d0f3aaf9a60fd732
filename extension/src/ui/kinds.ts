import * as vscode from 'vscode';
import type { ConnectionKind } from '../../../shared/index.ts';

export interface KindWords {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** Access is given by an account, which can be signed in to anew. */
  readonly account: boolean;
}

/** How each kind of connection is called and shown. */
export const kindWords: Readonly<Record<ConnectionKind, KindWords>> = {
  localFolder: {
    label: vscode.l10n.t('Folder on this computer'),
    description: vscode.l10n.t('needs no account'),
    icon: 'folder',
    account: false,
  },
  dropbox: {
    label: 'Dropbox',
    description: vscode.l10n.t('personal or business account'),
    icon: 'cloud',
    account: true,
  },
  nextcloud: {
    label: 'Nextcloud',
    description: vscode.l10n.t('your own or your organisation’s server'),
    icon: 'server-environment',
    account: true,
  },
  webdav: {
    label: 'WebDAV',
    description: vscode.l10n.t('any server that speaks WebDAV'),
    icon: 'globe',
    account: true,
  },
};
