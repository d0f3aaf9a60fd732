import * as vscode from 'vscode';
import type { FileEntry } from '../../../shared/index.ts';
import type { FileState } from '../model/links/linkedFolders.ts';

export const remoteScheme = 'dossier-remote';

/**
 * Names a remote file for the editor's icons and decorations; what is shown of it stands in the address itself, so that
 * nothing has to be looked up.
 */
export function remoteUri(connection: string, { path }: FileEntry, known?: FileState): vscode.Uri {
  const query = known === undefined ? '' : known.state === 'new' ? 'new' : `${known.state} ${known.version}`;
  return vscode.Uri.from({ scheme: remoteScheme, authority: connection, path, query });
}

const decorations: Readonly<Record<string, (version: string) => vscode.FileDecoration>> = {
  recorded: (version) =>
    new vscode.FileDecoration(
      '✓',
      vscode.l10n.t('Recorded as version {0}', version),
      new vscode.ThemeColor('charts.green'),
    ),
  changed: (version) =>
    new vscode.FileDecoration(
      'M',
      vscode.l10n.t('Changed since version {0}', version),
      new vscode.ThemeColor('gitDecoration.modifiedResourceForeground'),
    ),
  new: () =>
    new vscode.FileDecoration(
      '?',
      vscode.l10n.t('Not recorded yet'),
      new vscode.ThemeColor('gitDecoration.untrackedResourceForeground'),
    ),
};

/** Marks files of linked folders by what is recorded of them. */
export function registerDecorations(): vscode.Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration(uri) {
      if (uri.scheme !== remoteScheme) return undefined;
      const [state = '', version = ''] = uri.query.split(' ');
      return decorations[state]?.(version);
    },
  });
}
