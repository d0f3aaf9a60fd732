import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  type CustodyForm,
  custodyRows,
  custodyTable,
  exportHistory,
  type KnownVersion,
  type Ledger,
  type MaskedClaim,
  utf8,
} from '../../../shared/index.ts';
import { claimsIn } from '../model/ledger/recordings.ts';
import { withProgress } from '../ui/progress.ts';
import { chooseRecording } from './chooseRecording.ts';
import { type BagForm, bagForms, chooseArchive, chooseFolder } from './exportPlace.ts';

/**
 * Writes the whole history of a file that is known, as one archive or as a folder, with the hidden claims that the user
 * chooses to show.
 */
export async function exportHistoryOf(
  ledger: Ledger,
  versions: readonly KnownVersion[],
  file: vscode.Uri,
): Promise<void> {
  const newest = [...new Map(versions.map((version) => [version.asset, version])).values()];
  const recording = await chooseRecording(ledger, newest, vscode.l10n.t('Export History'));
  if (!recording) return;
  const { asset } = recording.version;
  const disclose = await claimsToShow(await claimsIn(ledger, recording.version));
  const write = disclose && (await placeFor(file));
  if (!write) return;
  const where = await withProgress(vscode.l10n.t('Exporting the history of {0}', basename(file.fsPath)), (signal) =>
    write({ ledger, asset, disclose: disclose ?? [] }, signal),
  );
  void vscode.window.showInformationMessage(vscode.l10n.t('The history is in {0}', where));
}

interface Wanted {
  readonly ledger: Ledger;
  readonly asset: string;
  readonly disclose: readonly MaskedClaim[];
}

type Writer = (wanted: Wanted, signal: AbortSignal) => Promise<string>;

/** Only what this history has can be shown; where that is nothing, there is nothing to ask. */
async function claimsToShow(there: readonly MaskedClaim[]): Promise<MaskedClaim[] | undefined> {
  if (there.length === 0) return [];
  const words: Readonly<Record<MaskedClaim, string>> = {
    title: vscode.l10n.t('Title of the report'),
    name: vscode.l10n.t('Name of the file'),
    path: vscode.l10n.t('Path of the file'),
    size: vscode.l10n.t('Size of the file'),
    author: vscode.l10n.t('Who changed it'),
    holder: vscode.l10n.t('Who had it, reviewed it or consented'),
    reason: vscode.l10n.t('Reason of each custody event'),
    happenedAt: vscode.l10n.t('When each custody event happened'),
  };
  const choices = there.map((claim) => ({ label: words[claim], claim }));
  const placeHolder = vscode.l10n.t('What may whoever gets this history see besides hashes and times?');
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Export History'),
    placeHolder,
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ claim }) => claim);
}

async function placeFor(file: vscode.Uri): Promise<Writer | undefined> {
  const name = `${basename(file.fsPath)} ${vscode.l10n.t('history')}`;
  const place = { title: vscode.l10n.t('Export History'), name, near: vscode.Uri.joinPath(file, '..') };
  const forms = [
    { label: vscode.l10n.t('One ZIP file'), choose: () => plain(chooseArchive(place)) },
    { label: vscode.l10n.t('A folder'), choose: () => plain(chooseFolder(place)) },
    ...bagForms(place).map(({ label, choose }) => ({ label, choose: () => bagged(name, choose()) })),
    ...tables.map(({ form, label }) => ({
      label: label(),
      choose: () => table(form, vscode.Uri.joinPath(file, '..', `${name}.${form}`)),
    })),
  ];
  const form = await vscode.window.showQuickPick(forms, {
    title: vscode.l10n.t('Export History'),
    ignoreFocusOut: true,
  });
  return form?.choose();
}

const filesOf = ({ ledger, ...wanted }: Wanted, signal: AbortSignal) => exportHistory(ledger, wanted, signal);

async function plain(choosing: ReturnType<typeof chooseArchive>): Promise<Writer | undefined> {
  const write = await choosing;
  return write && ((wanted, signal) => write(filesOf(wanted, signal), signal));
}

async function bagged(name: string, choosing: ReturnType<BagForm['choose']>): Promise<Writer | undefined> {
  const write = await choosing;
  return write && ((wanted, signal) => write({ name, payload: filesOf(wanted, signal) }, signal));
}

/** The chronological table alone, for people who want no archive. */
const tables: readonly { readonly form: CustodyForm; readonly label: () => string }[] = [
  { form: 'html', label: () => vscode.l10n.t('Only the custody table, to print (HTML)') },
  { form: 'csv', label: () => vscode.l10n.t('Only the custody table, for a spreadsheet (CSV)') },
  { form: 'md', label: () => vscode.l10n.t('Only the custody table, as Markdown') },
  { form: 'txt', label: () => vscode.l10n.t('Only the custody table, as text') },
];

async function table(form: CustodyForm, suggested: vscode.Uri): Promise<Writer | undefined> {
  const target = await vscode.window.showSaveDialog({
    defaultUri: suggested,
    saveLabel: vscode.l10n.t('Export'),
    title: vscode.l10n.t('Export History'),
  });
  return (
    target &&
    (async ({ ledger, asset, disclose }, signal) => {
      const rows = await custodyRows(ledger, asset, disclose, signal);
      await vscode.workspace.fs.writeFile(target, utf8(custodyTable(asset, rows, form)));
      return target.fsPath;
    })
  );
}
