import * as vscode from 'vscode';
import { namesOf, parseStoredPath, type Report } from '../../../../shared/index.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';

/** Shows where a submitted report lies: in the file manager, or in the browser. */
export async function openDestination(
  { connections, files }: Services,
  { connection: id, destination }: Report,
): Promise<void> {
  if (!destination) throw editorError('not-found', 'This report was not submitted yet');
  const connection = await connections.get(id);
  const path = parseStoredPath(destination.path);
  if (connection.kind === 'localFolder') {
    const folder = vscode.Uri.file(files.join(connection.root, ...namesOf(path)));
    // A browser has no file manager: there the folder opens as a window of its own.
    if (vscode.env.uiKind === vscode.UIKind.Web)
      await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true });
    else await vscode.commands.executeCommand('revealFileInOS', folder);
    return;
  }
  const drive = await connections.open(id);
  const link = drive.capabilities.links
    ? await drive.link({ path, ...(destination.id === undefined ? {} : { id: destination.id }) })
    : undefined;
  if (link) await vscode.env.openExternal(vscode.Uri.parse(link, true));
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t('"{0}" holds the report in the folder {1}', connection.name, path),
    );
}
