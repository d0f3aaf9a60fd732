import * as vscode from 'vscode';
import { namesOf } from '../../../shared/index.ts';
import { type EntryStep, withField } from './connectionEntry.ts';
import type { HostKind } from './hostKind.ts';

const folderStep: EntryStep = async (entry) => {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Folder that receives all reports'),
    openLabel: vscode.l10n.t('Use This Folder'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  const [folder] = chosen ?? [];
  return folder && withField(entry, 'root', folder.fsPath);
};

export const localFolderKind: HostKind<'localFolder'> = {
  label: vscode.l10n.t('Folder on this computer'),
  description: vscode.l10n.t('needs no account'),
  icon: 'folder',
  account: false,
  ways: [{ label: '', description: '', steps: [folderStep] }],
  name: ({ fields }) =>
    String(fields['root'])
      .split(/[\\/]/)
      .findLast((name) => name !== '') ?? '',
  place: ({ root }) => root,
  async show({ files }, { root }, { path }) {
    const folder = vscode.Uri.file(files.join(root, ...namesOf(path)));
    // A browser has no file manager: there the folder opens as a window of its own.
    if (vscode.env.uiKind === vscode.UIKind.Web)
      await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true });
    else await vscode.commands.executeCommand('revealFileInOS', folder);
  },
};
