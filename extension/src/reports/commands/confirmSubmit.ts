import * as vscode from 'vscode';
import {
  type Connection,
  checksumsName,
  crateName,
  type Drive,
  fileNames,
  folderName,
  joinPath,
  manifestName,
  nameOf,
  type Report,
  receiptName,
} from '../../../../shared/index.ts';
import type { Services } from '../../services.ts';
import { formatSize } from '../../ui/format.ts';
import { countWords } from '../../ui/words.ts';

const setting = 'confirmSubmit';
/** What the destination does not say within this time is left out: nobody waits for a question. */
const lookMs = 3_000;
const mostNamed = 12;
const mostNames = 20;

/** Shows what will arrive, as it will be called there; false when the person does not want that. */
export async function confirmSubmit(services: Services, report: Report): Promise<boolean> {
  const settings = vscode.workspace.getConfiguration('dossier');
  if (!settings.get(setting, true)) return true;
  const connection = await services.connections.get(report.connection);
  const submit = vscode.l10n.t('Submit');
  const always = vscode.l10n.t('Submit, and Do Not Ask Again');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Submit "{0}" to {1}?', report.title, connection.name),
    { modal: true, detail: await arrivalOf(services, connection, report) },
    submit,
    always,
  );
  if (answer === always) await settings.update(setting, false, vscode.ConfigurationTarget.Global);
  return answer !== undefined;
}

async function arrivalOf(services: Services, connection: Connection, report: Report): Promise<string> {
  const { folder, freeBytes } = await seen(services, connection, report);
  const names = fileNames(report.attachments.map(({ name }) => name));
  const files = report.attachments.map(({ size, metadata }, at) =>
    [
      `• ${names[at]} – ${formatSize(size)}`,
      ...(metadata === 'remove' ? [vscode.l10n.t('without metadata')] : []),
    ].join(', '),
  );
  const size = report.attachments.reduce((sum, attachment) => sum + attachment.size, 0);
  const isTight = freeBytes !== undefined && freeBytes < size;
  return [
    vscode.l10n.t('This folder will be made there, and nothing else is touched:'),
    joinPath(connection.folder, folder),
    '',
    `• description.txt – ${connection.encoding}`,
    ...files.slice(0, mostNamed),
    ...(files.length > mostNamed ? [vscode.l10n.t('• and {0} more', files.length - mostNamed)] : []),
    `• ${[manifestName, receiptName, checksumsName, crateName].join(', ')}`,
    '',
    vscode.l10n.t('{0}, {1} in all.', countWords.files(report.attachments.length), formatSize(size)),
    ...(freeBytes === undefined ? [] : [vscode.l10n.t('Free there: {0}.', formatSize(freeBytes))]),
    ...(isTight ? [vscode.l10n.t('That is not enough for this report.')] : []),
  ].join('\n');
}

interface Seen {
  readonly folder: string;
  readonly freeBytes?: number | undefined;
}

/** The name that the folder will have, and the room that there is, as far as the destination says so in time. */
async function seen({ connections, clock, log }: Services, connection: Connection, report: Report): Promise<Seen> {
  const usual: Seen = { folder: folderName(report.title, 0) };
  const late = new AbortController();
  const look = async (): Promise<Seen> => {
    const drive = await connections.open(connection.id);
    const [folder, { freeBytes }] = await Promise.all([
      freeName(drive, connection, report, late.signal),
      drive.account({ signal: late.signal }),
    ]);
    return { folder, freeBytes };
  };
  const looked = look().catch((error: unknown) => {
    log.write('info', 'The destination was not asked before sending', { reason: String(error) });
    return usual;
  });
  const answer = await Promise.race([looked, clock.sleep(lookMs, late.signal).then(() => usual)]);
  late.abort();
  return answer;
}

async function freeName(drive: Drive, { folder }: Connection, { title }: Report, signal: AbortSignal): Promise<string> {
  for (let attempt = 0; attempt < mostNames; attempt++) {
    const path = joinPath(folder, folderName(title, attempt));
    if (!(await drive.stat({ path }, { signal }))) return nameOf(path);
  }
  return folderName(title, mostNames);
}
