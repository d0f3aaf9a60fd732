import { isDossierError } from '../shared/core/errors.ts';
import { isRecord } from '../shared/core/json.ts';
import type { Trust } from '../shared/ledger/identity/trust.ts';
import { type PublishedHead, parsePublishedHead } from '../shared/ledger/lookup/publishedHead.ts';
import type { Receipt } from '../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../shared/ledger/receipt/verifyReceipt.ts';
import { keyFingerprint } from '../shared/ledger/signing/signingKeys.ts';
import type { TileReader } from '../shared/ledger/verify/verifyInTiles.ts';
import { openPublished, type PublishedLedger, trustInHead } from '../shared/ledger/verify/verifyPublished.ts';
import { type AnswerContext, brokenBox, day, receiptBox, type Subject, verdictBox } from './answer.ts';
import { button, element } from './element.ts';
import { hashFile } from './hashFile.ts';
import { besidePage, inFolder } from './readers.ts';
import { receiptsIn } from './receipts.ts';
import { filled, type Language, languages, usualLanguage, type Words } from './words.ts';

/** What is known of a ledger: opened to be asked, or its keys alone, as this page brought them along. */
interface Open {
  readonly ledger?: PublishedLedger;
  readonly trust?: Trust;
  readonly problem?: { readonly sentence: string; readonly detail: string };
}

const memoryPrefix = 'dossier-seen:';
const answers = element('div', { id: 'answers', 'aria-live': 'polite', 'aria-busy': 'false' });

let language: Language = usualLanguage();
let read: TileReader | undefined = besidePage();
let opened: Promise<Open> = open();
let receipts: Receipt[] = [];
let last: Subject[] = [];

/** The key that the link names: behind `#`, so that no server has seen or changed it. */
function toldFingerprint(): string | undefined {
  return /#(?:.*&)?key=([0-9a-f]{64})(?:&|$)/i.exec(location.hash)?.[1]?.toLowerCase();
}

function words(): Words {
  return languages[language];
}

async function open(): Promise<Open> {
  const told = toldFingerprint();
  try {
    if (!read) return { ...(embedded() ? { trust: trustInHead(embedded()!, { read: async () => undefined }) } : {}) };
    const seen = seenBefore();
    const ledger = await openPublished({ read, fingerprint: told, seen });
    remember(ledger);
    return { ledger, trust: ledger.trust };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): NonNullable<Open['problem']> {
  const detail = error instanceof Error ? error.message : String(error);
  if (isDossierError(error, 'invalid-input') && toldFingerprint()) return { sentence: words().wrongKey, detail };
  if (detail.startsWith('An older state')) return { sentence: words().older, detail };
  return { sentence: words().broken, detail };
}

/** The keys of the ledger that this page was published with. */
function embedded(): PublishedHead | undefined {
  const text = document.getElementById('published')?.textContent ?? 'null';
  return isRecord(JSON.parse(text)) ? parsePublishedHead(new TextEncoder().encode(text)) : undefined;
}

/** Newest states that were seen here, of whichever ledger: an older one of the same is not taken again. */
function seenBefore(): string[] {
  try {
    return Object.entries(localStorage).flatMap(([name, note]) =>
      name.startsWith(memoryPrefix) ? [String(note)] : [],
    );
  } catch {
    return [];
  }
}

function remember({ origin, checkpoint }: PublishedLedger): void {
  try {
    localStorage.setItem(memoryPrefix + origin, checkpoint);
  } catch {
    // Somebody has forbidden it: the page works without a memory.
  }
}

async function ask(files: readonly File[]): Promise<void> {
  await busy(async (tell) => {
    const subjects: Subject[] = [];
    const found: Receipt[] = [];
    for (const file of files) {
      const inside = await receiptsIn(file);
      found.push(...inside);
      if (inside.length > 0) continue;
      const digests = await hashFile(file, (share) => tell(filled(words().hashing, file.name), share));
      subjects.push({ name: file.name, digests });
    }
    if (found.length > 0) receipts = found;
    // A receipt may be chosen after its file.
    if (subjects.length > 0) last = subjects;
    await show();
  });
}

async function askHash(digest: string): Promise<void> {
  last = [{ name: `${digest.slice(0, 16)}…`, digests: { sha256: digest } }];
  receipts = [];
  await busy(() => show());
}

/** Answers what was asked last, in the language that is chosen now. */
async function show(): Promise<void> {
  const { ledger, trust, problem } = await opened;
  const boxes: HTMLElement[] = [];
  const keys = (trust?.statementKeys ?? []).map(keyFingerprint);
  const context: AnswerContext = {
    words: words(),
    at: ledger?.at ?? Date.now(),
    keyFile: (fingerprint) => {
      const at = keys.indexOf(fingerprint);
      return at > 0 ? `statement-key-${at + 1}.pem` : 'statement-key.pem';
    },
  };
  if (problem) boxes.push(brokenBox('', problem.sentence, problem.detail, words()));
  for (const receipt of trust ? receipts : []) {
    const isOwn = keys.includes(receipt.keyHint);
    const verdicts = last.map((subject) => ({ subject, verdict: verifyReceipt(receipt, trust!, subject.digests) }));
    const best = verdicts.find(({ verdict }) => verdict.holds) ?? verdicts[0];
    boxes.push(receiptBox(receipt, best?.verdict ?? verifyReceipt(receipt, trust!), best?.subject, context, isOwn));
  }
  for (const subject of ledger ? last : []) boxes.push(await answerOf(ledger!, subject, context));
  if (boxes.length === 0 && (last.length > 0 || receipts.length > 0))
    boxes.push(brokenBox('', words().noLedger, '', words()));
  answers.replaceChildren(...boxes);
}

async function answerOf(ledger: PublishedLedger, subject: Subject, context: AnswerContext): Promise<HTMLElement> {
  try {
    return verdictBox(await ledger.ask({ digests: subject.digests }), subject, context);
  } catch (error) {
    // The files may have been published anew since this page was opened: then the newer state answers.
    opened = open();
    const again = (await opened).ledger;
    if (again && again.checkpoint !== ledger.checkpoint) return answerOf(again, subject, context);
    const { sentence, detail } = problemOf(error);
    return brokenBox(subject.name, sentence, detail, context.words);
  }
}

async function busy(work: (tell: (text: string, share: number) => void) => Promise<void>): Promise<void> {
  const bar = element('progress', { max: '1' });
  const label = element('p', {}, words().loading);
  answers.setAttribute('aria-busy', 'true');
  answers.replaceChildren(label, bar);
  try {
    await work((text, share) => {
      label.textContent = text;
      bar.value = share;
    });
  } catch (error) {
    const { sentence, detail } = problemOf(error);
    answers.replaceChildren(brokenBox('', sentence, detail, words()));
  } finally {
    answers.setAttribute('aria-busy', 'false');
  }
}

function chooser(
  text: string,
  fields: Readonly<Record<string, string>>,
  onFiles: (files: File[]) => void,
): HTMLElement {
  const input = element('input', { type: 'file', class: 'hidden', tabindex: '-1', 'aria-hidden': 'true', ...fields });
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  });
  return element(
    'span',
    {},
    input,
    button(text, () => input.click(), fields['class'] ? {} : { class: 'main' }),
  );
}

function dropZone(): HTMLElement {
  const zone = element(
    'div',
    { class: 'drop' },
    element(
      'div',
      { class: 'row' },
      chooser(words().choose, { multiple: '', id: 'files' }, (files) => void ask(files)),
      chooser(words().folder, { webkitdirectory: '', id: 'folder' }, (files) => void openFolder(files)),
    ),
    element('p', { class: 'faint' }, words().drop),
    hashForm(),
  );
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    void ask([...(event.dataTransfer?.files ?? [])]);
  });
  return zone;
}

function hashForm(): HTMLElement {
  const input = element('input', { type: 'text', id: 'hash', autocomplete: 'off', spellcheck: 'false' });
  const submit = () => {
    const digest = input.value.replace(/\s+/g, '').toLowerCase();
    const isHash = /^[0-9a-f]{64}$/.test(digest);
    input.setCustomValidity(isHash ? '' : words().badHash);
    if (input.reportValidity()) void askHash(digest);
  };
  input.addEventListener('input', () => input.setCustomValidity(''));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') submit();
  });
  return element(
    'div',
    { class: 'row' },
    element('div', { class: 'grow' }, element('label', { for: 'hash' }, words().hashLabel), input),
    button(words().ask, submit, { id: 'ask' }),
  );
}

async function openFolder(files: readonly File[]): Promise<void> {
  read = inFolder(files);
  opened = open();
  await draw();
}

async function keyPart(): Promise<HTMLElement> {
  const { ledger, trust, problem } = await opened;
  if (problem) return brokenBox('', problem.sentence, problem.detail, words());
  if (!trust) return element('p', { id: 'state' }, words().noLedger);
  const newest = trust.statementKeys.at(-1)!;
  const file = trust.statementKeys.length > 1 ? `statement-key-${trust.statementKeys.length}.pem` : 'statement-key.pem';
  return element(
    'div',
    {},
    element(
      'p',
      { id: 'state', 'data-size': ledger && String(ledger.size) },
      ledger ? filled(words().state, ledger.origin, ledger.size, day(ledger.at)) : words().noLedger,
    ),
    element('h2', {}, words().keyTitle),
    element('p', { id: 'compared' }, ledger?.compared ? words().keyCompared : words().keyNotCompared),
    element('p', {}, `${words().keyShown}: `, element('code', { id: 'fingerprint' }, keyFingerprint(newest))),
    element('p', { class: 'faint' }, words().keyCommand),
    element('pre', {}, `openssl pkey -pubin -in ${file} -outform DER | sha256sum`),
  );
}

function languageChoice(): HTMLElement {
  const select = element(
    'select',
    { id: 'language' },
    ...(['en', 'fr'] as const).map((code) =>
      element(
        'option',
        { value: code, selected: code === language ? '' : undefined },
        code === 'en' ? 'English' : 'Français',
      ),
    ),
  );
  select.addEventListener('change', () => {
    language = select.value as Language;
    void draw();
  });
  return element('span', {}, element('label', { for: 'language', class: 'hidden' }, words().language), select);
}

async function draw(): Promise<void> {
  document.documentElement.lang = language;
  document.title = words().title;
  const state = element('div', {}, element('p', {}, words().loading));
  document.getElementById('page')!.replaceChildren(
    element(
      'header',
      {},
      element('h1', {}, words().title),
      element(
        'div',
        { class: 'row' },
        languageChoice(),
        button(words().print, () => print()),
      ),
    ),
    element('p', {}, words().lead),
    dropZone(),
    answers,
    state,
  );
  state.replaceChildren(await keyPart());
  if (last.length > 0 || receipts.length > 0) await busy(() => show());
}

addEventListener('hashchange', () => {
  opened = open();
  void draw();
});
void draw();
