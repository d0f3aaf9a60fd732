import * as vscode from 'vscode';
import {
  type ConnectionKind,
  type ConnectionSecrets,
  type DossierError,
  parsePath,
  toDossierError,
} from '../../../shared/index.ts';
import { editorError } from '../ui/editorError.ts';
import { sentenceOf } from '../ui/problems.ts';
import { askText, type Step } from '../ui/steps.ts';

/** What is known of a connection while it is being entered. */
export interface ConnectionEntry {
  readonly kind: ConnectionKind;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly secrets: ConnectionSecrets;
}

export type EntryStep = Step<ConnectionEntry>;

/**
 * A step that asks for one line of text; `put` adds it to the entry, and may ask a server about it. What is refused is
 * said in place: the person stays at this step, with what was typed.
 */
export function textStep(
  question: (entry: ConnectionEntry) => Parameters<typeof askText>[1],
  put: (entry: ConnectionEntry, text: string) => ConnectionEntry | Promise<ConnectionEntry>,
): EntryStep {
  return async (entry, position) => {
    let entered: ConnectionEntry | undefined;
    const tryOut = async (text: string): Promise<string | undefined> => {
      try {
        entered = await put(entry, text.trim());
        return undefined;
      } catch (thrown) {
        const error = toDossierError(thrown);
        return error.code === 'cancelled' ? vscode.l10n.t('Cancelled') : refusedSentence(error);
      }
    };
    const answer = await askText(position, { ...question(entry), tryOut });
    return typeof answer === 'string' ? entered : answer;
  };
}

/** At a sign-in, the general advice about one that has ended would mislead. */
function refusedSentence(error: DossierError): string {
  return error.code === 'unauthorized'
    ? vscode.l10n.t('This is not accepted there. Look for a letter that is missing or too much.')
    : sentenceOf(error);
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

export const userStep = textStep(
  ({ secrets }) => ({
    prompt: vscode.l10n.t('User name'),
    value: secrets.user ?? '',
    refuse: refuseEmpty(vscode.l10n.t('A user name is needed')),
  }),
  (entry, name) => withSecrets(entry, { user: name }),
);

/** The server's name, as a suggestion for that of the connection. */
export const hostName = ({ fields }: ConnectionEntry): string => new URL(String(fields['url'])).host;

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
    return sentenceOf(toDossierError(thrown));
  }
}
