import * as vscode from 'vscode';
import type { Attachment, Report, ReportPlace, ReportState } from '../../../../shared/index.ts';
import { computerOf, isCopied, pathOf } from '../../model/files/fileSources.ts';
import { kindOf } from '../../model/files/mediaTypes.ts';
import { reportUri, reportViewType } from '../../model/reports/reportUri.ts';
import { type FileProgress, fractionOf, type SendingProgress } from '../../model/reports/sendingProgress.ts';
import { formatPercent, formatSize, formatTime } from '../../ui/format.ts';
import { countWords, placeWords, proofWords, stateWords } from '../../ui/words.ts';
import { offerFlags } from './offers.ts';
import { placeOfContent, progressText, reasonOf } from './reportView.ts';

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

const placeIcons: Readonly<Record<ReportPlace, string>> = { drafts: 'edit', outbox: 'inbox', submitted: 'pass' };
const kindIcons = { photo: 'file-media', video: 'device-camera-video', audio: 'unmute', document: 'file' } as const;
const stateIcons: Readonly<Record<ReportState, vscode.ThemeIcon>> = {
  draft: new vscode.ThemeIcon('note'),
  queued: new vscode.ThemeIcon('clockface'),
  sending: new vscode.ThemeIcon('sync~spin'),
  paused: new vscode.ThemeIcon('debug-pause'),
  interrupted: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
  submitted: new vscode.ThemeIcon('pass-filled', new vscode.ThemeColor('charts.green')),
};

export function connectionItem(id: string, name: string, icon: string): vscode.TreeItem {
  const item = new vscode.TreeItem(name, Expanded);
  item.id = `connection:${id}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = 'connection;';
  return item;
}

export function placeItem(connection: string, place: ReportPlace, count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(placeWords[place], Expanded);
  item.id = `place:${connection}:${place}`;
  item.description = String(count);
  item.iconPath = new vscode.ThemeIcon(placeIcons[place]);
  item.contextValue = `${place};`;
  item.accessibilityInformation = { label: `${placeWords[place]}, ${count}` };
  return item;
}

export function reportItem(report: Report, progress: SendingProgress | undefined): vscode.TreeItem {
  const { id, title, state, attachments } = report;
  const item = new vscode.TreeItem(title, attachments.length > 0 ? Collapsed : None);
  const description = describe(report, progress);
  item.id = `report:${id}`;
  item.description = description;
  item.iconPath = stateIcons[state];
  item.contextValue = `report;${state};${offerFlags(state)}`;
  item.command = {
    command: 'vscode.openWith',
    title: vscode.l10n.t('Open'),
    // As in the explorer, the keyboard stays in the tree.
    arguments: [reportUri(id), reportViewType, { preserveFocus: true }],
  };
  item.tooltip = new vscode.MarkdownString().appendText(
    [
      title,
      stateWords[state],
      ...(report.interruption ? [reasonOf(report.interruption)] : []),
      report.destination?.path ?? '',
    ].join('\n'),
  );
  item.accessibilityInformation = { label: [title, stateWords[state], description].join(', ') };
  return item;
}

function describe(report: Report, progress: SendingProgress | undefined): string {
  if (report.state === 'sending' && progress) {
    const done = [...progress.attachments.values()].filter(({ proof }) => proof).length;
    return vscode.l10n.t('{0} - {1} of {2}', formatPercent(fractionOf(progress)), done, progress.attachments.size);
  }
  if (report.state === 'interrupted' && report.interruption) return reasonOf(report.interruption);
  if (report.state === 'submitted') return formatTime(report.submitted ?? report.modified);
  if (report.state !== 'draft') return stateWords[report.state];
  if (report.attachments.length === 0) return '';
  const size = formatSize(report.attachments.reduce((sum, attachment) => sum + attachment.size, 0));
  return `${countWords.files(report.attachments.length)}, ${size}`;
}

export function attachmentItem(
  report: Report,
  attachment: Attachment,
  progress: FileProgress | undefined,
  size: string,
): vscode.TreeItem {
  const item = new vscode.TreeItem(attachment.name);
  const sending =
    report.state === 'sending' && progress
      ? progressText(progress)
      : [size, ...placeOfContent(attachment), ...withoutWords(attachment)].join(' · ');
  const description = progress?.proof ? `${size} · ${proofWords[progress.proof.method]}` : sending;
  item.id = `attachment:${report.id}:${attachment.id}`;
  item.description = description;
  item.iconPath = new vscode.ThemeIcon(kindIcons[kindOf(attachment.mediaType)]);
  item.contextValue = `attachment;${keptFlag(attachment)}${attachment.metadata === 'remove' ? 'bare' : 'whole'};${offerFlags(report.state)}`;
  item.tooltip = new vscode.MarkdownString().appendText(`${attachment.name}\n${size} · ${attachment.mediaType}`);
  item.accessibilityInformation = { label: `${attachment.name}, ${description}` };
  return item;
}

function withoutWords({ metadata }: Attachment): string[] {
  return metadata === 'remove' ? [vscode.l10n.t('without metadata')] : [];
}

/** For `when` clauses: what can be chosen about the content of an attachment. */
function keptFlag(attachment: Attachment): string {
  if (pathOf(attachment) === undefined || computerOf(attachment) !== undefined) return '';
  return isCopied(attachment) ? 'copy;' : 'original;';
}

/** A drive that is read for the first time, or could not be read. */
export function standingItem(connection: string, sentence: string | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(
    sentence === undefined ? vscode.l10n.t('Reading…') : vscode.l10n.t('Not reachable: this is what was last read'),
  );
  item.id = `standing:${connection}`;
  item.iconPath =
    sentence === undefined
      ? new vscode.ThemeIcon('loading~spin')
      : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  if (sentence !== undefined) {
    item.description = sentence;
    item.tooltip = new vscode.MarkdownString().appendText(sentence);
    item.command = { command: 'dossier.refresh', title: vscode.l10n.t('Refresh') };
  }
  item.contextValue = 'standing;';
  return item;
}
