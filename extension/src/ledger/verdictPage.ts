import * as vscode from 'vscode';
import {
  consentWithdrawnAt,
  type HistoryItem,
  type Level,
  lastOfFile,
  type PartVerdict,
  type Sentence,
  type SubjectDigests,
  toText,
  type Verdict,
} from '../../../shared/index.ts';
import type { Credentials } from '../model/credentials/readCredentials.ts';
import { credentialsFacts, credentialsWords } from '../model/credentials/words.ts';
import type { FileVerdict } from '../model/ledger/verifyFile.ts';
import { formatDay } from '../ui/format.ts';
import { translate } from '../ui/problems.ts';
import { eventWithHolder } from '../ui/words.ts';

/** What a page says; of a remote file only the digest that its service gives may be known. */
export type JudgedFile = Pick<
  FileVerdict,
  'name' | 'verdict' | 'by' | 'owner' | 'unreached' | 'recorded' | 'reports' | 'custody'
> & {
  readonly digests: SubjectDigests;
  /** What the file's own content credentials say, which no ledger vouches for. */
  readonly credentials?: Credentials | undefined;
  /** The published ledger that was asked, where it was none of the user's own. */
  readonly address?: string;
};

/** One sentence for a notification. */
export function summaryOf({ name, owner, verdict }: Pick<JudgedFile, 'name' | 'owner' | 'verdict'>): string {
  if (verdict.answer === 'known') {
    const { history } = verdict.versions.at(-1)!;
    const day = dayOf(lastOfFile(history)!);
    const known =
      owner === undefined
        ? vscode.l10n.t('Known: "{0}" is exactly what was recorded on {1}.', name, day)
        : vscode.l10n.t('Known: "{0}" is exactly what {1} recorded on {2}.', name, owner, day);
    return [known, ...withdrawalsIn(verdict)].join(' ');
  }
  if (verdict.answer === 'changed')
    return vscode.l10n.t('Changed: "{0}" is not what was recorded under this name on {1}.', name, dayOf(verdict.last));
  return vscode.l10n.t('Unknown: nothing was recorded about "{0}" as it is now.', name);
}

/** Whether consent to the use of a file was taken back, in any of the places where its content is recorded. */
function withdrawalsIn(verdict: Verdict): string[] {
  if (verdict.answer !== 'known') return [];
  const times = verdict.versions.flatMap(({ history }) => consentWithdrawnAt(history) ?? []);
  const newest = times.sort().at(-1);
  return newest === undefined
    ? []
    : [vscode.l10n.t('Consent to its use was withdrawn on {0}.', formatDay(Date.parse(newest)))];
}

/** Known, and nobody took back their consent. */
export function mayBeUsed(verdict: Verdict): boolean {
  return verdict.answer === 'known' && withdrawalsIn(verdict).length === 0;
}

/** What was asked, what was checked and what follows, as Markdown. */
export function pageOf(result: JudgedFile): string {
  const { name, digests, by, unreached, address } = result;
  const lines = [
    `# ${plain(summaryOf(result))}`,
    '',
    ...(result.reports ?? []).map((title) => `${vscode.l10n.t('In the report “{0}”.', plain(title))}\n`),
    address !== undefined
      ? vscode.l10n.t('The ledger that is published at {0} was asked.', plain(address))
      : by === undefined
        ? vscode.l10n.t('Your ledger was asked.')
        : vscode.l10n.t('The receipt beside the file was asked: {0}.', plain(by.file)),
    ...unreached.map(
      (connection) => `\n${plain(vscode.l10n.t('The ledger in the folder of "{0}" could not be asked.', connection))}`,
    ),
    '',
    ...detailsOf(result),
    '',
    ...credentialLines(result),
    `## ${vscode.l10n.t('The file')}`,
    '',
    `- ${vscode.l10n.t('Name')}: ${plain(name)}`,
    ...(digests.sha256 === undefined ? [] : [`- SHA-256: \`${digests.sha256}\``]),
    ...(digests.dropboxContentHash === undefined ? [] : [`- Dropbox content hash: \`${digests.dropboxContentHash}\``]),
    '',
  ];
  return lines.join('\n');
}

function credentialLines({ credentials }: JudgedFile): string[] {
  if (!credentials) return [];
  return [
    `## ${vscode.l10n.t('Content credentials')}`,
    '',
    plain(credentialsWords(credentials)),
    '',
    ...credentialsFacts(credentials).map((fact) => `- ${plain(fact)}`),
    '',
  ];
}

function detailsOf({ verdict, by, owner, recorded, custody }: JudgedFile): string[] {
  if (verdict.answer === 'unknown') {
    return [
      ...receiptLines(by, verdict.reasons),
      vscode.l10n.t('That is no proof of anything. A genuine file is unknown when:'),
      '',
      ...usualReasons(),
    ];
  }
  if (verdict.answer === 'changed') {
    const found =
      by !== undefined
        ? vscode.l10n.t(
            'The receipt is genuine, and it is about another content of this name: even one changed byte is enough.',
          )
        : vscode.l10n.t(
            'This file is recorded, and its content is not what was recorded: even one changed byte is enough. The last good version is {0}, entry {1}.',
            verdict.last.predicate.version,
            verdict.last.index,
          );
    return [
      found,
      '',
      `## ${vscode.l10n.t('What was recorded')}`,
      '',
      ...digestLines(recorded ?? verdict.last.subjects[0]),
      `## ${vscode.l10n.t('History')}`,
      '',
      ...verdict.history.map((item) => historyLine(item, custody)),
    ];
  }
  return verdict.versions.flatMap(({ proof, level, stampedAt, history }) => [
    `## ${vscode.l10n.t('What was checked')}`,
    '',
    ...proof.parts.map((part) => partLine(part, owner)),
    '',
    `## ${vscode.l10n.t('How far the proof reaches')}`,
    '',
    `**${levelWords[level].name}**`,
    '',
    `- ${vscode.l10n.t('Strength: {0}', levelWords[level].protects)}`,
    `- ${vscode.l10n.t('Limit: {0}', levelWords[level].doesNotProtect)}`,
    ...(stampedAt === undefined ? [] : [`- ${vscode.l10n.t('Stamped time: {0}', timeOf(stampedAt))}`]),
    '',
    `## ${vscode.l10n.t('History')}`,
    '',
    ...history.map((item) => historyLine(item, custody)),
  ]);
}

function usualReasons(): string[] {
  const usual = [
    vscode.l10n.t('it was never recorded;'),
    vscode.l10n.t('it was changed after it was recorded: saving it again or converting it is enough;'),
    vscode.l10n.t('it was recorded with another key, or in a ledger that is not within reach.'),
  ];
  return usual.map((reason) => `- ${reason}`);
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

const levelWords: Readonly<
  Record<Level, { readonly name: string; readonly protects: string; readonly doesNotProtect: string }>
> = {
  L0: {
    name: vscode.l10n.t('Local receipt'),
    protects: vscode.l10n.t(
      'Any later change to the ledger is found by whoever kept this receipt or an older checkpoint.',
    ),
    doesNotProtect: vscode.l10n.t(
      'The time is the owner’s word, and an owner who shows different ledgers to different people is found only when they compare.',
    ),
  },
  L1: {
    name: vscode.l10n.t('Time-stamped receipt'),
    protects: vscode.l10n.t(
      'The authority that its owner has named says that the statement existed at the stamped time. One of the owner’s own proves no more than the owner’s word.',
    ),
    doesNotProtect: vscode.l10n.t(
      'It does not show that the statement is the only one of its kind, and it rests on trust in that authority.',
    ),
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

function partLine({ part, holds }: PartVerdict, owner: string | undefined): string {
  const words =
    part === 'key' && owner !== undefined
      ? vscode.l10n.t('It was signed with the key of {0}', plain(owner))
      : partWords[part];
  return `- ${holds ? '✓' : '✗'} ${words}`;
}

/**
 * What keeps a receipt from being believed. Of one by an unknown key nothing else can be said: without the key nothing
 * in it can be checked.
 */
function receiptLines(by: JudgedFile['by'], reasons: readonly Sentence[]): string[] {
  if (!by) return [];
  if (by.stranger !== undefined) {
    const advice = vscode.l10n.t(
      'The receipt names a key that you have not said you trust. If you know whose it is, compare its fingerprint with its owner and use the command “Trust Somebody’s Key”:',
    );
    return [advice, '', `\`${by.stranger}\``, ''];
  }
  if (!by.receipt) return [vscode.l10n.t('The file beside it is no receipt, or it is damaged.'), ''];
  if (reasons.length === 0) return [];
  return [...reasons.map((reason) => `- ✗ ${plain(toText(reason, translate))}`), ''];
}

function historyLine({ index, predicate }: HistoryItem, custody?: JudgedFile['custody']): string {
  const { holder, reason, happenedAt } = custody?.get(index) ?? {};
  const event = plain(eventWithHolder(predicate.event, holder));
  const told = [reason, happenedAt === undefined ? undefined : timeOf(Date.parse(happenedAt))];
  const words = vscode.l10n.t('{0}, version {1}, entry {2}', event, predicate.version, index);
  return [
    `- ${timeOf(Date.parse(predicate.observedAt))}: ${words}`,
    ...told.flatMap((text) => (text ? plain(text) : [])),
  ].join('; ');
}

/** What the last good version was, so that a copy of it can be looked for. */
function digestLines(digests: SubjectDigests | undefined): string[] {
  const known = Object.entries({ 'SHA-256': digests?.sha256, 'Dropbox content hash': digests?.dropboxContentHash });
  const lines = known.flatMap(([name, digest]) => (digest === undefined ? [] : [`- ${name}: \`${digest}\``]));
  return lines.length === 0 ? [] : [...lines, ''];
}

/** The same in every language and time zone, as it is compared with others. */
function timeOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function dayOf({ predicate }: HistoryItem): string {
  return formatDay(Date.parse(predicate.observedAt));
}

/** Names come from anywhere and must not become Markdown. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~&]/g, '\\$&').replace(/\s+/g, ' ');
}
