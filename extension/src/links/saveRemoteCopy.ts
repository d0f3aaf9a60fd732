import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import { DossierError } from '../../../shared/index.ts';
import type { Services } from '../services.ts';
import { formatPercent } from '../ui/format.ts';
import { withProgress } from '../ui/progress.ts';
import type { FileNode } from './remoteNodes.ts';

/** Saves a remote file on this computer. What was there under this name stays until the copy is whole. */
export async function saveRemoteCopy({ connections }: Services, { connection, file }: FileNode): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folder ?? vscode.Uri.file(homedir()), file.name),
    saveLabel: vscode.l10n.t('Save Copy'),
    title: vscode.l10n.t('Save a Copy of "{0}"', file.name),
  });
  if (!target) return;
  const drive = await connections.open(connection.id);
  const path = target.fsPath;
  await withProgress(vscode.l10n.t('Saving a copy of {0}', file.name), async (signal, tell) => {
    const part = `${path}.part`;
    try {
      await pipeline(told(drive.read(file, {}, { signal }), file.size, tell), createWriteStream(part), { signal });
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw signal.aborted ? new DossierError('cancelled') : error;
    }
  });
  const show = vscode.l10n.t('Open');
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('A copy is in {0}', path), show);
  if (chosen === show) await vscode.commands.executeCommand('vscode.open', target);
}

async function* told(
  content: AsyncIterable<Uint8Array>,
  size: number,
  tell: (message: string) => void,
): AsyncIterable<Uint8Array> {
  let read = 0;
  for await (const bytes of content) {
    yield bytes;
    read += bytes.length;
    tell(formatPercent(size === 0 ? 1 : read / size));
  }
}
