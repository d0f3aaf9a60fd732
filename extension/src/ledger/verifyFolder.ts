import { basename } from 'node:path';
import * as vscode from 'vscode';
import { checkFolder, type Difference, type FilesPort, type FolderVerdict } from '../../../shared/index.ts';
import { diskFolder } from '../model/files/diskFolder.ts';
import type { Services } from '../services.ts';
import type { Pages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';
import { countWords } from '../ui/words.ts';

const differenceWords: Readonly<Record<Difference['how'], string>> = {
  changed: vscode.l10n.t('changed'),
  missing: vscode.l10n.t('missing'),
  added: vscode.l10n.t('added'),
};

export function registerFolderCommands({ attempt, files }: Services, pages: Pages): vscode.Disposable {
  return vscode.commands.registerCommand('dossier.verifyFolder', (uri?: vscode.Uri) =>
    attempt(() => verifyFolder(files, pages, uri)),
  );
}

/** Compares the folder of a delivered report, or a bag, with its own records, and says what differs. */
async function verifyFolder(files: FilesPort, pages: Pages, given: vscode.Uri | undefined): Promise<void> {
  const folder = given?.scheme === 'file' ? given : await chooseFolder();
  if (!folder) return;
  const name = basename(folder.fsPath);
  const verdict = await withProgress(vscode.l10n.t('Verifying {0}', folder.fsPath), () =>
    checkFolder(diskFolder(files, folder.fsPath)),
  );
  const { differences, right } = verdict;
  if (differences.length === 0) {
    const all = vscode.l10n.t('"{0}" is as recorded: {1} compared, byte for byte.', name, countWords.files(right));
    void vscode.window.showInformationMessage(all);
    return;
  }
  const details = vscode.l10n.t('What Differs');
  const summary = vscode.l10n.t('"{0}" is not as recorded: {1}.', name, countWords.files(differences.length));
  const answer = await vscode.window.showWarningMessage(summary, details);
  if (answer === details) await pages.preview(name, pageOf(name, verdict));
}

async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: vscode.l10n.t('Verify'),
    title: vscode.l10n.t('Verify a Report or a Bag'),
  });
  return chosen?.[0];
}

function pageOf(name: string, { differences, right }: FolderVerdict): string {
  const rows = differences.map(({ path, how }) => `| ${escaped(path)} | ${differenceWords[how]} |`);
  return [
    `# ${escaped(name)}`,
    '',
    vscode.l10n.t('{0} are as recorded. These differ:', countWords.files(right)),
    '',
    `| ${vscode.l10n.t('File')} | |`,
    '|---|---|',
    ...rows,
    '',
    vscode.l10n.t(
      'The records lie in the folder itself. Who wrote them, the receipt beside them shows: verify one of the files.',
    ),
  ].join('\n');
}

const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+\-.!|~]/g, '\\$&').replace(/[\r\n]/g, ' ');
