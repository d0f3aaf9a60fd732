import * as vscode from 'vscode';
import type { HistoryItem, Level, PartVerdict, Verdict } from '../../../shared/index.ts';
import type { FileVerdict } from './verifyFile.ts';

/** One sentence for a notification. */
export function summaryOf({ name, verdict }: FileVerdict): string {
  if (verdict.answer === 'known') return vscode.l10n.t('Known: "{0}" is exactly what was recorded on {1}.', name, dayOf(verdict.versions.at(-1)!.history.at(-1)!));
  if (verdict.answer === 'changed') return vscode.l10n.t('Changed: "{0}" is not what was recorded under this name on {1}.', name, dayOf(verdict.last));
  return vscode.l10n.t('Unknown: nothing was recorded about "{0}" as it is now.', name);
}

/** What was asked, what was checked and what follows, as Markdown. */
export function pageOf(result: FileVerdict): string {
  const { name, digests, verdict, by, unreached } = result;
  const lines = [
    `# ${plain(summaryOf(result))}`,
    '',
    by === 'ledger' ? vscode.l10n.t('Your ledger was asked.') : vscode.l10n.t('The receipt beside the file was asked: dossier.sigstore.json.'),
    ...unreached.map((connection) => `\n${plain(vscode.l10n.t('The ledger in the folder of "{0}" could not be asked.', connection))}`),
    '',
    ...detailsOf(verdict),
    '',
    `## ${vscode.l10n.t('The file')}`,
    '',
    `- ${vscode.l10n.t('Name')}: ${plain(name)}`,
    `- SHA-256: \`${digests.sha256}\``,
    `- Dropbox content hash: \`${digests.dropboxContentHash}\``,
    '',
  ];
  return lines.join('\n');
}

function detailsOf(verdict: Verdict): string[] {
  if (verdict.answer === 'unknown') {
    return [vscode.l10n.t('That is no proof of anything. A genuine file is unknown when:'), '', ...reasonsOf(verdict.reasons)];
  }
  if (verdict.answer === 'changed') {
    return [vscode.l10n.t('The receipt is genuine, and it is about another content of this name: even one changed byte is enough.'), '', `## ${vscode.l10n.t('History')}`, '', ...verdict.history.map(historyLine)];
  }
  return verdict.versions.flatMap(({ proof, level, history }) => [
    `## ${vscode.l10n.t('What was checked')}`,
    '',
    ...proof.parts.map(partLine),
    '',
    `## ${vscode.l10n.t('What this protects from')}`,
    '',
    `**${levelWords[level].name}**. ${levelWords[level].protects}`,
    '',
    levelWords[level].doesNotProtect,
    '',
    `## ${vscode.l10n.t('History')}`,
    '',
    ...history.map(historyLine),
  ]);
}

function reasonsOf(reasons: readonly string[]): string[] {
  const usual = [
    vscode.l10n.t('it was never recorded;'),
    vscode.l10n.t('it was changed after it was recorded: saving it again or converting it is enough;'),
    vscode.l10n.t('it was recorded with another key, or in a ledger that is not within reach.'),
  ];
  // The core speaks English; its reasons name what is wrong with a receipt.
  const own = vscode.l10n.bundle === undefined ? reasons : [];
  return [...new Set([...usual, ...own])].map((reason) => `- ${plain(reason)}`);
}

const partWords: Readonly<Record<PartVerdict['part'], string>> = {
  statement: vscode.l10n.t('The statement is well formed'),
  key: vscode.l10n.t('It was signed with your key'),
  signature: vscode.l10n.t('The signature fits the statement'),
  entry: vscode.l10n.t('The ledger entry is that of the statement'),
  inclusion: vscode.l10n.t('The proof leads from the statement to the state of the ledger'),
  checkpoint: vscode.l10n.t('The ledger has signed this state'),
  subject: vscode.l10n.t('The file is the one that the statement is about'),
};

const levelWords: Readonly<Record<Level, { readonly name: string; readonly protects: string; readonly doesNotProtect: string }>> = {
  L0: {
    name: vscode.l10n.t('Local receipt'),
    protects: vscode.l10n.t('Any later change to the ledger is found by whoever kept this receipt or an older checkpoint.'),
    doesNotProtect: vscode.l10n.t('The time is the owner’s word, and an owner who shows different ledgers to different people is found only when they compare.'),
  },
  L1: {
    name: vscode.l10n.t('Time-stamped receipt'),
    protects: vscode.l10n.t('An independent authority vouches that the statement existed at the stamped time.'),
    doesNotProtect: vscode.l10n.t('It does not show that the statement is the only one of its kind, and it rests on trust in that authority.'),
  },
  L2: {
    name: vscode.l10n.t('Witnessed receipt'),
    protects: vscode.l10n.t('Independent witnesses have seen one and the same ledger.'),
    doesNotProtect: vscode.l10n.t('It rests on the witnesses not all working together with the owner.'),
  },
  L3: {
    name: vscode.l10n.t('Publicly anchored receipt'),
    protects: vscode.l10n.t('The state of the ledger is recorded in a public log that anyone watches.'),
    doesNotProtect: vscode.l10n.t('It says nothing about whether what was recorded is true.'),
  },
};

function partLine({ part, holds }: PartVerdict): string {
  return `- ${holds ? '✓' : '✗'} ${partWords[part]}`;
}

function historyLine({ index, predicate }: HistoryItem): string {
  return `- ${plain(predicate.observedAt)}: ${vscode.l10n.t('{0}, version {1}, entry {2}', predicate.event, predicate.version, index)}`;
}

function dayOf({ predicate }: HistoryItem): string {
  return predicate.observedAt.slice(0, 10);
}

/** Names come from anywhere and must not become Markdown. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~&]/g, '\\$&').replace(/\s+/g, ' ');
}
