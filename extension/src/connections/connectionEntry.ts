import * as vscode from 'vscode';
import { type ConnectionKind, type ConnectionSecrets, parsePath, toDossierError } from '../../../shared/index.ts';
import { editorError } from '../ui/editorError.ts';
import { sentenceOf } from '../ui/problems.ts';
import { type Answer, askChoice, askText, type Choice, type Position, type Step } from '../ui/steps.ts';

/** What is known of a connection while it is being entered. */
export interface ConnectionEntry {
  readonly kind: ConnectionKind;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly secrets: ConnectionSecrets;
}

export type EntryStep = Step<ConnectionEntry>;

/** A step that asks for one line of text; `put` adds it to the entry. */
export function textStep(
  question: (entry: ConnectionEntry) => Parameters<typeof askText>[1],
  put: (entry: ConnectionEntry, text: string) => ConnectionEntry,
): EntryStep {
  return async (entry, position) => {
    const answer = await askText(position, question(entry));
    return typeof answer === 'string' ? put(entry, answer.trim()) : answer;
  };
}

export function choiceStep<T>(
  placeholder: string,
  choices: readonly Choice<T>[],
  put: (entry: ConnectionEntry, value: T, position: Position) => Promise<Answer<ConnectionEntry>>,
): EntryStep {
  return async (entry, position) => {
    const answer = await askChoice(position, placeholder, choices);
    return answer === undefined || typeof answer === 'symbol'
      ? (answer as Answer<ConnectionEntry>)
      : put(entry, answer as T, position);
  };
}

export function withField(entry: ConnectionEntry, name: string, value: unknown): ConnectionEntry {
  return { ...entry, fields: { ...entry.fields, [name]: value } };
}

export function withSecrets(entry: ConnectionEntry, secrets: ConnectionSecrets): ConnectionEntry {
  return { ...entry, secrets: { ...entry.secrets, ...secrets } };
}

export const folderStep = (suggestion: string): EntryStep =>
  textStep(
    ({ fields }) => ({
      prompt: vscode.l10n.t('Folder that receives all reports. It is made when it is missing.'),
      value: String(fields['folder'] ?? suggestion),
      refuse: refusePath,
    }),
    (entry, folder) => withField(entry, 'folder', parsePath(folder)),
  );

/** The sentence and code of what is wrong with a folder. */
export function refusePath(text: string): string | undefined {
  return refusal(() => parsePath(text));
}

export function refuseEmpty(what: string): (text: string) => string | undefined {
  return (text) => (text.trim() === '' ? what : undefined);
}

export function refuseAddress(text: string): string | undefined {
  return refusal(() => {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    if (!url || !/^https?:$/.test(url.protocol))
      throw editorError('invalid-input', 'The address must begin with https://');
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url.protocol === 'http:' && !loopback)
      throw editorError(
        'invalid-input',
        'Without https:// everybody on the way could read your password and your reports',
      );
  });
}

function refusal(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    const error = toDossierError(thrown);
    return `${sentenceOf(error)} (${error.code})`;
  }
}
