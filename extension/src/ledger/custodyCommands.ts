import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  assetId,
  type CustodyEvent,
  type CustodySubject,
  custodyEvents,
  custodyRows,
  custodySubjectAmong,
  custodyTable,
  DossierError,
  type FileEntry,
  type Ledger,
  type Link,
  recordCustodyEvent,
  say,
  verifyInLedger,
} from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import type { FileVerdict } from '../model/ledger/verifyFile.ts';
import { assetOf } from '../model/links/linkedFolders.ts';
import type { ReportNode } from '../reports/presentation/reportTree.ts';
import type { Services } from '../services.ts';
import type { Pages } from '../ui/pages.ts';
import { type Answer, ask, askChoice, askText, type Step } from '../ui/steps.ts';
import { eventWithHolder } from '../ui/words.ts';
import { summaryOf } from './verdictPage.ts';

export interface CustodyParts {
  readonly services: Services;
  readonly ledgers: Ledgers;
  readonly publishing: Publishing;
  readonly pages: Pages;
  readonly judge: (path: string) => Promise<FileVerdict>;
}

/** A row of the linked folders. */
interface RemoteFile {
  readonly type: 'file';
  readonly connection: { readonly id: string };
  readonly file: FileEntry;
  readonly link?: Link | undefined;
}

/** A file on this computer, a row of the reports or of the linked folders; nothing from the palette. */
export type CustodyTarget = vscode.Uri | ReportNode | RemoteFile | undefined;

/** What the event is about, and the ledger that it goes to. */
interface Place {
  readonly name: string;
  readonly ledger: Ledger;
  readonly subject: CustodySubject;
}

/** Records who had a file or a report, who looked at it, or whose consent it rests on. */
export async function recordCustody(parts: CustodyParts, target: CustodyTarget): Promise<void> {
  const place = await placeOf(parts, target);
  const given = place && (await askAct(place));
  if (!place || !given) return;
  const { name, ledger, subject } = place;
  const original = given.event === 'WorkingCopy' ? await originalOf(parts) : undefined;
  if (given.event === 'WorkingCopy' && original === undefined) return;
  const { asset } = await recordCustodyEvent(ledger, subject, {
    ...given,
    occasion: randomUUID(),
    ...(original === undefined ? {} : { original }),
  });
  void parts.publishing.recordedIn(ledger);
  const show = vscode.l10n.t('Show Custody');
  const words = vscode.l10n.t('Recorded of "{0}": {1}.', name, eventWithHolder(given.event, given.holder));
  if ((await vscode.window.showInformationMessage(words, show)) !== show) return;
  await parts.pages.preview(name, custodyTable(asset, await custodyRows(ledger, asset), 'md'));
}

function placeOf(parts: CustodyParts, target: CustodyTarget): Promise<Place | undefined> {
  if (target && 'type' in target && 'report' in target) return reportPlace(parts, target.report);
  if (target && 'type' in target && target.type === 'file') return remotePlace(parts, target);
  return filePlace(parts, target instanceof vscode.Uri ? target : undefined);
}

async function reportPlace(
  { ledgers }: CustodyParts,
  { id, title, connection, state }: Extract<ReportNode, { readonly type: 'report' }>['report'],
): Promise<Place> {
  if (state !== 'submitted')
    throw new DossierError('invalid-input', 'Custody can be recorded once the report is submitted', { advice: null });
  return ledgers.within(connection, async (ledger) => ({
    name: title,
    ledger,
    subject: { asset: assetId(ledger.assetKey, { kind: 'report', account: '', file: id }) },
  }));
}

function remotePlace({ services }: CustodyParts, { connection, file, link }: RemoteFile): Promise<Place> {
  if (!link)
    throw new DossierError(
      'invalid-input',
      'Link the folder of this file first: only then is anything recorded of it',
      {
        advice: null,
      },
    );
  return services.linkedFolders.within(connection.id, async ({ ledger }) => {
    const asset = assetOf(ledger, link, file);
    if (file.digest !== undefined) {
      const verdict = await verifyInLedger(ledger, { digests: { dropboxContentHash: file.digest }, asset });
      custodySubjectAmong(verdict.answer === 'known' ? verdict.versions.filter((one) => one.asset === asset) : []);
    }
    return { name: file.name, ledger, subject: { asset } };
  });
}

async function filePlace(parts: CustodyParts, given: vscode.Uri | undefined): Promise<Place | undefined> {
  const path = given?.scheme === 'file' ? given.fsPath : await choosePath(vscode.l10n.t('Record a Custody Event'));
  return path === undefined ? undefined : placeOnDisk(parts, path);
}

/** A file that nobody recorded is registered by its hash, in the ledger of this computer. */
async function placeOnDisk({ ledgers, judge }: CustodyParts, path: string): Promise<Place> {
  const result = await judge(path);
  const { verdict, ledger, digests } = result;
  const name = basename(path);
  if (verdict.answer === 'changed')
    throw new DossierError('invalid-input', say`${summaryOf(result)}`, { advice: null });
  if (verdict.answer === 'unknown' || !ledger)
    return { name, ledger: await ledgers.local(), subject: { digests, name } };
  return { name, ledger, subject: custodySubjectAmong(verdict.versions) };
}

async function originalOf(parts: CustodyParts): Promise<string | undefined> {
  const path = await choosePath(vscode.l10n.t('Choose the Original'));
  if (path === undefined) return undefined;
  const result = await parts.judge(path);
  const { verdict, ledger } = result;
  if (verdict.answer !== 'known' || !ledger) throw new DossierError('not-found', say`${summaryOf(result)}`);
  return verdict.versions.at(-1)!.asset;
}

async function choosePath(title: string): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: true,
    openLabel: vscode.l10n.t('Choose'),
    title,
  });
  return chosen?.[0]?.fsPath;
}

interface Given {
  readonly event: CustodyEvent;
  readonly holder: string;
  readonly reason: string;
  readonly happenedAt?: number;
}

const isWord = <T>(answer: Answer<T>): answer is T => typeof answer === 'string';

const who: Readonly<Record<CustodyEvent, string>> = {
  Receive: vscode.l10n.t('Who gave it to you?'),
  HandOver: vscode.l10n.t('Who gets it?'),
  Review: vscode.l10n.t('Who reviewed it?'),
  WorkingCopy: vscode.l10n.t('Who holds the working copy?'),
  GiveConsent: vscode.l10n.t('Who consents?'),
  WithdrawConsent: vscode.l10n.t('Who withdraws consent?'),
};

const kinds: Readonly<Record<CustodyEvent, string>> = {
  Receive: vscode.l10n.t('Received from…'),
  HandOver: vscode.l10n.t('Handed to…'),
  Review: vscode.l10n.t('Reviewed by…'),
  WorkingCopy: vscode.l10n.t('Working copy of…'),
  GiveConsent: vscode.l10n.t('Consent given by…'),
  WithdrawConsent: vscode.l10n.t('Consent withdrawn by…'),
};

const steps: readonly Step<Given>[] = [
  async (known, position) => {
    const choices = custodyEvents.map((value) => ({ label: kinds[value], value }));
    const answer = await askChoice(position, vscode.l10n.t('What happened?'), choices, known.event);
    return isWord(answer) ? { ...known, event: answer } : answer;
  },
  async (known, position) => {
    const answer = await askText(position, {
      prompt: `${who[known.event]} ${vscode.l10n.t('The name is hidden in the ledger: you show it to whom you choose.')}`,
      value: known.holder,
      refuse: (text) => (text.trim() === '' ? vscode.l10n.t('Name a person or a body') : undefined),
    });
    return isWord(answer) ? { ...known, holder: answer } : answer;
  },
  async (known, position) => {
    const prompt = vscode.l10n.t('The reason, which is hidden as well; it may stay empty');
    const answer = await askText(position, { prompt, value: known.reason });
    return isWord(answer) ? { ...known, reason: answer } : answer;
  },
  async (known, position) => {
    const answer = await askText(position, {
      prompt: vscode.l10n.t('When did it happen, as in {0}? Empty: just now', '2026-05-01 14:30'),
      refuse: (text) =>
        text.trim() === '' || timeIn(text) !== undefined
          ? undefined
          : vscode.l10n.t('A date, or a date and a time, as in {0}', '2026-05-01 14:30'),
    });
    if (!isWord(answer)) return answer;
    const happenedAt = timeIn(answer);
    return happenedAt === undefined ? { ...known } : { ...known, happenedAt };
  },
];

/** In the time of this computer. */
function timeIn(text: string): number | undefined {
  const [, day, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d))?$/.exec(text.trim()) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}`);
  return Number.isNaN(at) ? undefined : at;
}

function askAct({ name }: Place): Promise<Given | undefined> {
  return ask(vscode.l10n.t('Custody of "{0}"', name), { event: 'Receive', holder: '', reason: '' } as Given, steps);
}
