import * as vscode from 'vscode';
import {
  type Attachment,
  type Connection,
  type Interruption,
  interruptionError,
  placeOf,
  type Report,
} from '../../../../shared/index.ts';
import { computerOf, isCopied, pathOf } from '../../model/files/fileSources.ts';
import { kindOf } from '../../model/files/mediaTypes.ts';
import type { AttachmentView, NoticeView, PageAction, ReportView } from '../../model/files/protocol.ts';
import { fractionOf, type SendingProgress } from '../../model/reports/sendingProgress.ts';
import { formatPercent, formatSize, formatTime } from '../../ui/format.ts';
import { kindWords } from '../../ui/kinds.ts';
import { sentenceOf } from '../../ui/problems.ts';
import { mendWords, proofWords, stateWords } from '../../ui/words.ts';
import { offers } from './offers.ts';
import type { Draft } from './reportDocument.ts';

export interface ViewSource {
  readonly serial: number;
  readonly draft: Draft;
  readonly report: Report | undefined;
  readonly connections: readonly Connection[];
  readonly progress: SendingProgress | undefined;
  readonly problem: string | undefined;
}

const pageActions: readonly string[] = [
  'save',
  'submit',
  'submitLater',
  'pause',
  'resume',
  'reopen',
  'delete',
] satisfies PageAction[];
const pagePlace = { drafts: 'draft', outbox: 'outbox', submitted: 'submitted' } as const;

/** Everything that the page shows of a report, in the words of the user's language. */
export function reportView({ serial, draft, report, connections, progress, problem }: ViewSource): ReportView {
  const state = report?.state ?? 'draft';
  const content = report && state !== 'draft' ? report : draft;
  const size = content.attachments.reduce((sum, attachment) => sum + attachment.size, 0);
  const actions = offers(state).filter(
    (event) => pageActions.includes(event) && (event !== 'delete' || report !== undefined),
  ) as PageAction[];
  const notice: NoticeView | undefined =
    problem === undefined ? report && noticeOf(report) : { tone: 'warning', text: problem };
  return {
    serial,
    place: pagePlace[placeOf(state)],
    state: stateWords[state],
    saved: report && state === 'draft' ? vscode.l10n.t('Saved {0}', formatTime(report.modified)) : '',
    title: content.title,
    description: content.description,
    connection: content.connection,
    connections: connections.map(({ id, name, kind }) => ({ id, label: `${name} (${kindWords[kind].label})` })),
    attachments: content.attachments.map((attachment) => attachmentView(attachment, report, progress)),
    attachmentsSummary: content.attachments.length === 0 ? '' : `${content.attachments.length} · ${formatSize(size)}`,
    actions: state === 'submitted' ? [...actions, 'openDestination'] : actions,
    ...(notice ? { notice } : {}),
    announcement: announcementOf(report, progress),
  };
}

function attachmentView(
  attachment: Attachment,
  report: Report | undefined,
  progress: SendingProgress | undefined,
): AttachmentView {
  const { id, name, mediaType, size } = attachment;
  const sent = progress?.attachments.get(id);
  const shown = {
    id,
    name,
    kind: kindOf(mediaType),
    detail: [formatSize(size), mediaType, ...placeOfContent(attachment)].join(' · '),
    ...keptOf(attachment),
  };
  if (report?.interruption?.attachment === id)
    return { ...shown, problem: vscode.l10n.t('This file stopped the sending.') };
  if (sent?.proof) return { ...shown, proof: proofWords[sent.proof.method], digest: sent.proof.digest };
  if (report?.state !== 'sending' || !sent) return shown;
  return { ...shown, progress: fractionOf(sent), progressText: formatPercent(fractionOf(sent)) };
}

function keptOf(attachment: Attachment): Pick<AttachmentView, 'kept'> {
  if (pathOf(attachment) === undefined || computerOf(attachment) !== undefined) return {};
  return { kept: isCopied(attachment) ? 'copy' : 'original' };
}

/** Where the content is, when it is not simply on this computer. */
export function placeOfContent(attachment: Attachment): string[] {
  const computer = computerOf(attachment);
  if (computer !== undefined) return [vscode.l10n.t('only on the computer {0}', computer)];
  return isCopied(attachment) ? [vscode.l10n.t('copied into the vault')] : [];
}

function noticeOf(report: Report): NoticeView | undefined {
  if (report.interruption) {
    const mend = mendWords[report.interruption.mend];
    // Resume stands among the buttons already.
    return { tone: 'warning', text: reasonOf(report.interruption), ...(mend === mendWords.resume ? {} : { mend }) };
  }
  if (report.state === 'queued')
    return {
      tone: 'info',
      text: vscode.l10n.t('This report waits in the Outbox until you submit it. It cannot be edited there.'),
    };
  if (report.state === 'paused')
    return { tone: 'info', text: vscode.l10n.t('Sending is paused. Resume continues where it stopped.') };
  if (report.state !== 'submitted') return undefined;
  const where = report.destination?.path ?? '';
  return {
    tone: 'success',
    text: vscode.l10n.t(
      'Everything arrived on {0} and was proved to be complete: {1}',
      formatTime(report.submitted ?? report.modified),
      where,
    ),
  };
}

export function reasonOf(interruption: Interruption): string {
  return `${sentenceOf(interruptionError(interruption))} (${interruption.code})`;
}

/** Progress is spoken in steps of ten percent; more would never let a screen reader finish. */
function announcementOf(report: Report | undefined, progress: SendingProgress | undefined): string {
  if (report === undefined) return '';
  if (report.state !== 'sending' || !progress) return stateWords[report.state];
  return `${stateWords.sending} ${formatPercent(Math.floor(fractionOf(progress) * 10) / 10)}`;
}
