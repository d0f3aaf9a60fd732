import * as vscode from 'vscode';
import {
  type Attachment,
  type Connection,
  type Interruption,
  interruptionError,
  type Metadata,
  placeOf,
  type Report,
  type ReportState,
  type SidecarKind,
  sidecarsAmong,
} from '../../../../shared/index.ts';
import { hostKindOf } from '../../kinds/index.ts';
import type { Credentials } from '../../model/credentials/readCredentials.ts';
import { areDoubtful, credentialsWords } from '../../model/credentials/words.ts';
import { computerOf, hasKept, isCopied, pathOf, type Standing } from '../../model/files/fileSources.ts';
import { kindOf } from '../../model/files/mediaTypes.ts';
import { goesWithout } from '../../model/files/metadataChoice.ts';
import type { AttachmentView, NoticeView, PageAction, ReportView } from '../../model/files/protocol.ts';
import {
  type FileProgress,
  fractionOf,
  isVerifying,
  type SendingProgress,
} from '../../model/reports/sendingProgress.ts';
import { formatPercent, formatSize, formatTime } from '../../ui/format.ts';
import { sentenceOf } from '../../ui/problems.ts';
import { mendWords, proofWords, stateWords } from '../../ui/words.ts';
import { placedAmong, placeWarning, placeWords, saidWords } from './metadataWords.ts';
import { offers } from './offers.ts';
import type { Draft } from './reportDocument.ts';

export interface ViewSource {
  readonly serial: number;
  readonly draft: Draft;
  readonly report: Report | undefined;
  readonly connections: readonly Connection[];
  readonly progress: SendingProgress | undefined;
  readonly problem: string | undefined;
  /** What is missing is to be said. */
  readonly checked: boolean;
  /** By id: of the attachments of a draft whose content is not as it was attached. */
  readonly standings: ReadonlyMap<string, Standing>;
  /** By id: what the attachments of a draft say of themselves. */
  readonly metadata: ReadonlyMap<string, Metadata>;
  readonly credentials: ReadonlyMap<string, Credentials>;
  /** The description as HTML, where it is not edited. */
  readonly descriptionHtml: string | undefined;
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
export function reportView(source: ViewSource): ReportView {
  const { serial, draft, report, connections, progress, problem, standings, metadata, descriptionHtml } = source;
  const state = report?.state ?? 'draft';
  const content = report && state !== 'draft' ? report : draft;
  const size = content.attachments.reduce((sum, attachment) => sum + attachment.size, 0);
  const actions = offers(state).filter(
    (event) => pageActions.includes(event) && (event !== 'delete' || report !== undefined),
  ) as PageAction[];
  const notice: NoticeView | undefined =
    problem === undefined
      ? (report && noticeOf(report)) || noticeOfNowhere(state, connections) || noticeOfPlaces(source)
      : { tone: 'warning', text: problem };
  const goal = connections.find(({ id }) => id === content.connection);
  const refused = source.checked && state === 'draft' ? refusedFields(draft, connections) : {};
  return {
    serial,
    place: pagePlace[placeOf(state)],
    state: stateWords[state],
    saved: report && state === 'draft' ? vscode.l10n.t('Saved {0}', formatTime(report.modified)) : '',
    title: content.title,
    description: content.description,
    connection: content.connection,
    connections: connections.map(({ id, name, kind }) => ({ id, label: labelOf(name, hostKindOf({ kind }).label) })),
    refused,
    ...(state === 'draft' || descriptionHtml === undefined ? {} : { descriptionHtml }),
    attachments: withSidecarsBehind(content.attachments).map(({ attachment, belongs }) => ({
      ...(belongs === undefined ? {} : { belongs }),
      ...attachmentView(attachment, report, progress, standings.get(attachment.id)),
      ...metadataView(
        isDraft(report) ? metadata.get(attachment.id) : undefined,
        attachment,
        isDraft(report) ? goal : undefined,
      ),
      ...(isDraft(report) ? credentialsView(source.credentials.get(attachment.id)) : {}),
    })),
    attachmentsSummary: content.attachments.length === 0 ? '' : `${content.attachments.length} · ${formatSize(size)}`,
    actions: state === 'submitted' ? [...actions, 'openDestination'] : actions,
    ...(notice ? { notice } : {}),
    announcement: announcementOf(report, progress),
  };
}

/** The kind is said where the name does not say it. */
function labelOf(name: string, kind: string): string {
  return name.toLowerCase().includes(kind.toLowerCase()) ? name : `${name} (${kind})`;
}

/** What a draft lacks to be sent. */
export function refusedFields(
  { title, connection }: Draft,
  connections: readonly Pick<Connection, 'id'>[],
): ReportView['refused'] {
  const isTitled = title.trim() !== '';
  const isAddressed = connections.some(({ id }) => id === connection);
  return {
    ...(isTitled ? {} : { title: vscode.l10n.t('A report needs a title') }),
    ...(isAddressed ? {} : { connection: vscode.l10n.t('Choose where to send this report') }),
  };
}

function attachmentView(
  attachment: Attachment,
  report: Report | undefined,
  progress: SendingProgress | undefined,
  standing: Standing | undefined,
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
  if (report?.state === 'interrupted' && report.interruption?.attachment === id)
    return { ...shown, problem: vscode.l10n.t('This file stopped the sending.') };
  if (sent?.proof) return { ...shown, proof: proofWords[sent.proof.method], digest: sent.proof.digest };
  if (standing && isDraft(report)) return { ...shown, ...standingView(attachment, standing) };
  if (!sent || !isUnderWay(report)) return shown;
  return { ...shown, progress: fractionOf(sent), progressText: progressText(sent) };
}

interface SidecarRow {
  readonly attachment: Attachment;
  readonly belongs?: string;
}

/** Sidecars behind the file that they came with, each with what it is. */
function withSidecarsBehind(attachments: readonly Attachment[]): SidecarRow[] {
  const sidecars = sidecarsAmong(attachments.map(({ name }) => name));
  const rows = (of: number | undefined): SidecarRow[] =>
    attachments.flatMap((attachment, place) => {
      const sidecar = sidecars.get(place);
      if (sidecar?.of !== of || (of === undefined && sidecar === undefined)) return [];
      const belongs =
        of === undefined
          ? sidecarWords[sidecar!.kind]
          : vscode.l10n.t('{0} of {1}', sidecarWords[sidecar!.kind], attachments[of]!.name);
      // Of a sidecar that came with no file in particular there may be a signature or a time stamp.
      return [{ attachment, belongs }, ...(of === undefined ? rows(place) : [])];
    });
  const originals = attachments.flatMap((attachment, place) =>
    sidecars.has(place) ? [] : [{ attachment }, ...rows(place)],
  );
  return [...originals, ...rows(undefined)];
}

const sidecarWords: Readonly<Record<SidecarKind, string>> = {
  proofmode: vscode.l10n.t('Evidence by ProofMode'),
  signature: vscode.l10n.t('Signature'),
  timestamp: vscode.l10n.t('Time stamp'),
  metadata: vscode.l10n.t('Metadata'),
  archive: vscode.l10n.t('Archived page'),
};

function credentialsView(credentials: Credentials | undefined): Pick<AttachmentView, 'credentials'> {
  if (!credentials) return {};
  return { credentials: { text: credentialsWords(credentials), isDoubtful: areDoubtful(credentials) } };
}

function metadataView(
  metadata: Metadata | undefined,
  attachment: Attachment,
  goal: Connection | undefined,
): Pick<AttachmentView, 'says' | 'place' | 'metadata'> {
  const without = goesWithout(attachment, goal);
  if (!metadata) return without ? { metadata: 'remove', says: vscode.l10n.t('A copy without metadata') } : {};
  const says = saidWords(metadata);
  const place = metadata.place && vscode.l10n.t('Place: {0}', placeWords(metadata.place));
  if (without) {
    const gone = [says, place ?? ''].filter((text) => text !== '').join(' · ');
    return { metadata: 'remove', says: gone === '' ? '' : vscode.l10n.t('Not sent: {0}', gone) };
  }
  return { metadata: 'keep', ...(says === '' ? {} : { says }), ...(place ? { place } : {}) };
}

function noticeOfPlaces({ report, draft, connections, metadata }: ViewSource): NoticeView | undefined {
  const goal = connections.find(({ id }) => id === draft.connection);
  const { length } = placedAmong(
    draft.attachments.filter((attachment) => !goesWithout(attachment, goal)),
    metadata,
  );
  return !isDraft(report) || length === 0 ? undefined : { tone: 'warning', text: placeWarning(length) };
}

function isDraft(report: Report | undefined): boolean {
  return report === undefined || report.state === 'draft';
}

/** How far it came stays to be seen while it is paused. */
function isUnderWay(report: Report | undefined): boolean {
  return report !== undefined && ['sending', 'paused', 'interrupted'].includes(report.state);
}

export function progressText(sent: FileProgress): string {
  return isVerifying(sent) ? vscode.l10n.t('Verifying') : formatPercent(fractionOf(sent));
}

function standingView(attachment: Attachment, standing: Standing): Pick<AttachmentView, 'problem' | 'mends'> {
  const useKept = hasKept(attachment)
    ? [{ label: vscode.l10n.t('Use the Version I Attached'), type: 'useKept' as const }]
    : [];
  if (standing === 'changed')
    return {
      problem: vscode.l10n.t('Changed since it was attached.'),
      mends: [{ label: vscode.l10n.t('Use the New Version'), type: 'renew' }, ...useKept],
    };
  return {
    problem: vscode.l10n.t('Not at its place any more.'),
    mends: [{ label: mendWords.reattach, type: 'replace' }, ...useKept],
  };
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

function noticeOfNowhere(state: ReportState, connections: readonly Connection[]): NoticeView | undefined {
  if (state !== 'draft' || connections.length > 0) return undefined;
  return {
    tone: 'info',
    text: vscode.l10n.t('There is no connection yet that this report could go to. A folder needs no account.'),
    mends: [{ label: vscode.l10n.t('Add Connection…'), action: 'addConnection' }],
  };
}

/** Resume stands among the buttons already. */
function mendsOf(
  { attachments }: Report,
  { code, mend, attachment: id }: Interruption,
): NonNullable<NoticeView['mends']> {
  const usual = { label: mendWords[mend], action: 'mend' as const };
  if (usual.label === mendWords.resume) return [];
  if (mend !== 'reattach') return [usual];
  const attachment = attachments.find((each) => each.id === id);
  const isHere = attachment !== undefined && pathOf(attachment) !== undefined && computerOf(attachment) === undefined;
  return [
    ...(code === 'source-changed' && isHere
      ? [{ label: vscode.l10n.t('Send the New Version'), action: 'sendNew' as const }]
      : []),
    ...(attachment && hasKept(attachment)
      ? [{ label: vscode.l10n.t('Send the Version I Attached'), action: 'sendKept' as const }]
      : []),
    usual,
  ];
}

function noticeOf(report: Report): NoticeView | undefined {
  if (report.state === 'interrupted' && report.interruption) {
    return { tone: 'warning', text: reasonOf(report.interruption), mends: mendsOf(report, report.interruption) };
  }
  if (report.state === 'interrupted')
    return { tone: 'info', text: vscode.l10n.t('What stopped the sending is mended. Resume goes on.') };
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
