import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  checkArchive,
  checkFolder,
  type Difference,
  type FilesPort,
  type FolderVerdict,
} from '../../../shared/index.ts';
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

/** Compares a delivered report, or a bag, in a folder or a ZIP archive, with its own records, and says what differs. */
async function verifyFolder(files: FilesPort, pages: Pages, given: vscode.Uri | undefined): Promise<void> {
  const target = given?.scheme === 'file' ? given : await chooseTarget();
  if (!target) return;
  const path = target.fsPath;
  const name = basename(path);
  const verdict = await withProgress(vscode.l10n.t('Verifying {0}', path), async (signal) => {
    const there = await files.stat(path);
    if (there?.kind !== 'file') return checkFolder(diskFolder(files, path), signal);
    return checkArchive({ size: there.size, open: (range) => files.read(path, range) }, signal);
  });
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

/** No dialog of every system offers both. */
async function chooseTarget(): Promise<vscode.Uri | undefined> {
  const title = vscode.l10n.t('Verify a Report or a Bag');
  const forms = [
    { label: vscode.l10n.t('A folder'), canSelectFiles: false },
    { label: vscode.l10n.t('A ZIP archive'), canSelectFiles: true },
  ];
  const form = await vscode.window.showQuickPick(forms, { title });
  const chosen =
    form &&
    (await vscode.window.showOpenDialog({
      canSelectFiles: form.canSelectFiles,
      canSelectFolders: !form.canSelectFiles,
      openLabel: vscode.l10n.t('Verify'),
      title,
    }));
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
