import * as vscode from 'vscode';
import {
  isCustody,
  type LedgerEvent,
  type MendingAction,
  type ProofMethod,
  type ReportPlace,
  type ReportState,
} from '../../../shared/index.ts';

export const stateWords: Readonly<Record<ReportState, string>> = {
  draft: vscode.l10n.t('Draft'),
  queued: vscode.l10n.t('Waiting in the Outbox'),
  sending: vscode.l10n.t('Sending'),
  paused: vscode.l10n.t('Paused'),
  interrupted: vscode.l10n.t('Interrupted'),
  submitted: vscode.l10n.t('Submitted'),
};

export const placeWords: Readonly<Record<ReportPlace, string>> = {
  drafts: vscode.l10n.t('Drafts'),
  outbox: vscode.l10n.t('Outbox'),
  submitted: vscode.l10n.t('Submitted'),
};

export const proofWords: Readonly<Record<ProofMethod, string>> = {
  'returned-hash': vscode.l10n.t('Proved by the server’s hash'),
  'server-hash': vscode.l10n.t('Proved by the server’s hash'),
  'read-back': vscode.l10n.t('Proved by reading it back'),
};

/** The button that mends an interruption; what the button does is decided by the same word. */
export const mendWords: Readonly<Record<MendingAction, string>> = {
  resume: vscode.l10n.t('Resume'),
  signIn: vscode.l10n.t('Sign In Again'),
  freeSpace: vscode.l10n.t('Resume'),
  grantPermission: vscode.l10n.t('Give Permission'),
  reattach: vscode.l10n.t('Replace Attachment'),
  edit: vscode.l10n.t('Back to Drafts'),
  unlockVault: vscode.l10n.t('Enter Dossier Key'),
  acceptCertificate: vscode.l10n.t('Compare Certificate'),
  askForHelp: vscode.l10n.t('Show Log'),
};

/** One of a thing, or several, in words of their own. */
function counted(one: () => string, many: (count: number) => string): (count: number) => string {
  return (count) => (count === 1 ? one() : many(count));
}

export const countWords = {
  files: counted(
    () => vscode.l10n.t('1 file'),
    (count) => vscode.l10n.t('{0} files', count),
  ),
  changes: counted(
    () => vscode.l10n.t('1 change recorded'),
    (count) => vscode.l10n.t('{0} changes recorded', count),
  ),
  looked: counted(
    () => vscode.l10n.t('1 file looked at'),
    (count) => vscode.l10n.t('{0} files looked at', count),
  ),
};

/** What happened to a file, as a ledger tells it. */
export const eventWords: Readonly<Partial<Record<LedgerEvent, string>>> = {
  Submit: vscode.l10n.t('submitted'),
  Register: vscode.l10n.t('recorded for the first time'),
  Publish: vscode.l10n.t('changed content'),
  Attest: vscode.l10n.t('read and hashed here'),
  Rename: vscode.l10n.t('renamed'),
  Move: vscode.l10n.t('moved'),
  Delete: vscode.l10n.t('deleted'),
  Restore: vscode.l10n.t('came back'),
  Receive: vscode.l10n.t('received from'),
  HandOver: vscode.l10n.t('handed to'),
  Review: vscode.l10n.t('reviewed by'),
  WorkingCopy: vscode.l10n.t('working copy, held by'),
  GiveConsent: vscode.l10n.t('consent given by'),
  WithdrawConsent: vscode.l10n.t('consent withdrawn by'),
};

/** With the name of whoever the event is about, as far as it can be shown. */
export function eventWithHolder(event: LedgerEvent, holder?: string): string {
  const words = eventWords[event] ?? event;
  if (!isCustody(event)) return words;
  return `${words} ${holder ?? vscode.l10n.t('(name hidden)')}`;
}
