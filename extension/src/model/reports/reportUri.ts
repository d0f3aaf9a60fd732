import * as vscode from 'vscode';
import { DossierError, isReportId, say } from '../../../../shared/index.ts';

/**
 * A scheme of our own keeps drafts out of text documents, local history and search, which other extensions can read.
 */
export const reportScheme = 'dossier-report';
export const reportViewType = 'dossier.report';

export function reportUri(id: string): vscode.Uri {
  // The id is no part of the path, which is shown as breadcrumbs.
  return vscode.Uri.from({ scheme: reportScheme, authority: id, path: `/${vscode.l10n.t('Report')}` });
}

export function reportIdOf(uri: vscode.Uri): string {
  if (uri.scheme !== reportScheme || !isReportId(uri.authority))
    throw new DossierError('invalid-input', say`"${uri.authority}" is not a report`);
  return uri.authority;
}

/** Tells the editor that reports exist, and nothing of what is in them: any extension can ask a file system. */
export function createReportFileSystem(): vscode.FileSystemProvider {
  const refuse = (uri: vscode.Uri): never => {
    throw vscode.FileSystemError.NoPermissions(uri);
  };
  return {
    onDidChangeFile: new vscode.EventEmitter<vscode.FileChangeEvent[]>().event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: () => ({ type: vscode.FileType.File, ctime: 0, mtime: 0, size: 0 }),
    readDirectory: refuse,
    createDirectory: refuse,
    readFile: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
}
