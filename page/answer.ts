import { fromUtf8Lossy } from '../shared/core/bytes.ts';
import type { Digests } from '../shared/core/hashing.ts';
import { printable } from '../shared/core/paths.ts';
import { cosignCommand } from '../shared/ledger/export/verificationPage.ts';
import { encodeReceipt, type Receipt } from '../shared/ledger/receipt/receipt.ts';
import type { ReceiptVerdict } from '../shared/ledger/receipt/verifyReceipt.ts';
import type { SubjectDigests } from '../shared/ledger/statement/statement.ts';
import { consentWithdrawnAt, type HistoryItem, lastOfFile } from '../shared/ledger/verify/verdict.ts';
import type { PublishedVerdict, PublishedVersion } from '../shared/ledger/verify/verifyPublished.ts';
import { button, element } from './element.ts';
import { filled, type Words } from './words.ts';

/** What is asked about: a file, or only its hash. */
export interface Subject {
  readonly name: string;
  readonly digests: SubjectDigests | Digests;
}

export interface AnswerContext {
  readonly words: Words;
  /** When the state was published, milliseconds since 1970 UTC. */
  readonly at: number;
  /** Name of the statement key's file by the fingerprint of the key. */
  readonly keyFile: (fingerprint: string) => string;
}

type Mood = 'good' | 'warn' | 'bad';

/** `answer` and `code` are for programs that read the page. */
function box(
  mood: Mood,
  code: string,
  title: string,
  ...children: readonly (Node | string | undefined)[]
): HTMLElement {
  return element('section', { class: `answer ${mood}`, 'data-answer': code }, element('h2', {}, title), ...children);
}

export function verdictBox(verdict: PublishedVerdict, subject: Subject, context: AnswerContext): HTMLElement {
  const { words } = context;
  const name = printable(subject.name);
  if (verdict.answer === 'unknown')
    return box(
      'warn',
      'unknown',
      `${name}: ${words.unknown}`,
      element('p', {}, filled(words.unknownMeans, day(context.at))),
      element('ul', {}, ...[words.reason1, words.reason2, words.reason3].map((reason) => element('li', {}, reason))),
      hashesOf(subject, words),
    );
  if (verdict.answer === 'changed')
    return box('warn', 'changed', `${name}: ${words.changed}`, historyTable(verdict.history, words));
  const [first] = verdict.versions;
  const standing = first?.standing ?? 'newest';
  const isNewest = verdict.versions.some((version) => version.standing === 'newest');
  const mayBeUsed = verdict.versions.every(({ history }) => consentWithdrawnAt(history) === undefined);
  return box(
    isNewest && mayBeUsed ? 'good' : 'warn',
    isNewest ? 'newest' : standing,
    `${name}: ${words.known}`,
    verdict.count > verdict.versions.length && verdict.versions.length > 1
      ? element('p', {}, filled(words.alsoKnown, verdict.count))
      : undefined,
    ...verdict.versions.map((version) => versionPart(version, subject, context)),
  );
}

function versionPart(version: PublishedVersion, subject: Subject, context: AnswerContext): HTMLElement {
  const { words } = context;
  const { history, index, proof, receipt, newestVersion } = version;
  const own = history.find((item) => item.index === index) ?? proof.statement;
  const last = lastOfFile(history)?.predicate;
  const withdrawnAt = consentWithdrawnAt(history);
  const changedAt = history.find(({ predicate }) => predicate.version === newestVersion)?.predicate;
  const became = {
    newest: words.newest,
    superseded: filled(words.superseded, newestVersion, day(changedAt?.observedAt)),
    withdrawn: filled(words.withdrawn, day(last?.observedAt)),
    deleted: filled(words.deleted, day(last?.observedAt)),
  }[version.standing];
  return element(
    'div',
    {
      'data-version': String(version.version),
      'data-newest': String(newestVersion),
      'data-standing': version.standing,
      'data-index': String(index),
    },
    element('p', {}, filled(words.knownSince, day(own?.predicate.observedAt), index)),
    element('p', {}, `${filled(words.versionOf, version.version, newestVersion)} ${became}`),
    withdrawnAt === undefined
      ? undefined
      : element(
          'p',
          { class: 'warning', 'data-consent': 'withdrawn' },
          filled(words.consentWithdrawn, day(withdrawnAt)),
        ),
    own?.predicate.hashSource === 'provider' ? element('p', { class: 'faint' }, words.provider) : undefined,
    element('h3', {}, words.history),
    historyTable(history, words),
    element('h3', {}, words.what),
    checksOf(proof, words),
    button(words.save, () => save(receipt, subject.name)),
    commandsOf(receipt, context),
    hashesOf(subject, words, receipt),
  );
}

/** What a receipt says of a file, or of itself where no file was chosen. */
export function receiptBox(
  receipt: Receipt,
  verdict: ReceiptVerdict,
  subject: Subject | undefined,
  context: AnswerContext,
  isOwn: boolean,
): HTMLElement {
  const { words } = context;
  const onlySubject = verdict.parts.every(({ part, holds }) => holds || part === 'subject');
  const [mood, code, sentence] = verdict.holds
    ? subject
      ? (['good', 'receipt-good', words.receiptGood] as const)
      : (['good', 'receipt-alone', words.receiptAlone] as const)
    : onlySubject
      ? (['bad', 'receipt-other', words.receiptOther] as const)
      : (['bad', 'receipt-bad', words.receiptBad] as const);
  const statement = verdict.statement;
  return box(
    mood,
    code,
    subject ? printable(subject.name) : words.entry + ` ${receipt.index}`,
    element('p', {}, sentence),
    statement
      ? element('p', {}, filled(words.knownSince, day(statement.predicate.observedAt), receipt.index))
      : undefined,
    isOwn ? undefined : element('p', {}, filled(words.receiptStranger, printable(receipt.keyHint))),
    receipt.timestamps.length > 0 ? element('p', {}, words.receiptStamps) : undefined,
    checksOf(verdict, words),
    commandsOf(receipt, context),
    subject && hashesOf(subject, words, receipt),
  );
}

export function brokenBox(name: string, sentence: string, detail: string, words: Words): HTMLElement {
  return box(
    'bad',
    'broken',
    name === '' ? words.brokenTitle : `${printable(name)}: ${words.brokenTitle}`,
    element('p', {}, sentence),
    element('p', { class: 'faint' }, `${words.detail}: ${detail}`),
  );
}

function historyTable(history: readonly HistoryItem[], words: Words): HTMLElement {
  const head = [words.date, words.event, words.version, words.entry].map((text) =>
    element('th', { scope: 'col' }, text),
  );
  const rows = history.map(({ index, predicate }) =>
    element(
      'tr',
      {},
      ...[day(predicate.observedAt), words.events[predicate.event], String(predicate.version), String(index)].map(
        (text) => element('td', {}, text),
      ),
    ),
  );
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
}

function checksOf({ parts }: ReceiptVerdict, words: Words): HTMLElement {
  const lines = parts.map(({ part, holds }) =>
    element(
      'li',
      {},
      element(
        'span',
        { class: holds ? 'mark-good' : 'mark-bad', 'aria-label': holds ? '✓' : '✗' },
        holds ? '✓ ' : '✗ ',
      ),
      words.checks[part],
    ),
  );
  return element('ul', { class: 'checks' }, ...lines);
}

function commandsOf(receipt: Receipt, { words, keyFile }: AnswerContext): HTMLElement {
  const stamped = receipt.timestamps.length > 0;
  return element(
    'details',
    {},
    element('summary', {}, words.commands),
    element('p', {}, words.commandsLead),
    element('pre', {}, cosignCommand('FILE', { key: keyFile(receipt.keyHint), stamped })),
    element('p', {}, words.commandHash),
    element('pre', {}, 'sha256sum FILE'),
  );
}

/** The signed text is shown as it is: what the page says in its own words is covered by no signature. */
function hashesOf({ digests }: Subject, words: Words, receipt?: Receipt): HTMLElement {
  const rows = Object.entries(digests).map(([name, digest]) =>
    element('p', {}, `${name}: `, element('code', {}, String(digest))),
  );
  return element(
    'details',
    {},
    element('summary', {}, words.technical),
    ...rows,
    receipt && element('h3', {}, words.signedText),
    receipt && element('pre', {}, printable(fromUtf8Lossy(receipt.payload))),
  );
}

function save(receipt: Receipt, name: string): void {
  const url = URL.createObjectURL(new Blob([new Uint8Array(encodeReceipt(receipt))], { type: 'application/json' }));
  const link = element('a', { href: url, download: `${name}.sigstore.json` });
  link.click();
  URL.revokeObjectURL(url);
}

/** The same in every language and time zone, as it is compared with others. */
export function day(time: string | number | undefined): string {
  const date = new Date(time ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? '?' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
