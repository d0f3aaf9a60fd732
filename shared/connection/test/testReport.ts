import { printable } from '../../core/paths.ts';
import { redact } from '../../core/redact.ts';
import { type Sentence, say, type Translate, toText } from '../../core/sentence.ts';
import type { ConnectionTest, StepResult, StepState, TestStep } from './bench.ts';

/** How each step is called. */
export const stepWords: Readonly<Record<TestStep, Sentence>> = {
  name: say`Name of the server`,
  proxy: say`Proxy`,
  tls: say`Connection and certificate`,
  credentials: say`Sign-in`,
  account: say`Account`,
  permissions: say`Permissions`,
  folder: say`Folder for reports`,
  space: say`Free space`,
  clock: say`Clock`,
};

const marks: Readonly<Record<StepState, string>> = { good: '✓', notice: '!', failed: '✗', skipped: '–' };

export interface ReportHead {
  readonly title: string;
  /** What was tested: a kind and a place. */
  readonly about: string;
}

/** A test as Markdown that can be copied and shown to others: without secrets. */
export function testReport(test: ConnectionTest, head: ReportHead, translate?: Translate): string {
  const text = (sentence: Sentence) => toText(sentence, translate);
  return redact(
    [
      ...reportHead(test.at, head, text(verdictOf(test))),
      tableRow(['', text(say`Step`), text(say`What was found`)]),
      '|---|---|---|',
      ...test.steps.map((each) => row(each, text)),
      '',
    ].join('\n'),
  );
}

/** What stands above the table: title, what was looked at and when, the verdict. */
export function reportHead(at: number, { title, about }: ReportHead, verdict: string): string[] {
  const when = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [`# ${plain(title)}`, '', `${plain(about)} · ${when}`, '', `**${plain(verdict)}**`, ''];
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(plain).join(' | ')} |`;
}

/** The result in one sentence: of the first step that failed, else of the first with something to know. */
export function verdictOf({ failed, steps }: ConnectionTest): Sentence {
  if (failed) return said(failed);
  const notice = steps.find(({ state }) => state === 'notice');
  return notice ? say`It works. ${said(notice)}` : say`Everything works`;
}

function said({ step, found, advice }: StepResult): Sentence {
  return advice === undefined ? say`${stepWords[step]}: ${found}` : say`${stepWords[step]}: ${found}. ${advice}`;
}

function row({ step, state, found, advice }: StepResult, text: (sentence: Sentence) => string): string {
  const words = [found, ...(advice ? [advice] : [])].map((each) => text(each).replace(/[.]$/, ''));
  return tableRow([marks[state], text(stepWords[step]), words.join('. ')]);
}

/** Texts of servers are shown as they are, and never as Markdown. */
function plain(text: string): string {
  return printable(text).replace(/[\\|<>[\]*_`#]/g, '\\$&');
}
