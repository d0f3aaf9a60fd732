import { DossierError } from '../../core/errors.ts';
import { type Sentence, say } from '../../core/sentence.ts';

/** A connection as it is stored or entered, before anything of it was checked. */
export type Entered = Readonly<Record<string, unknown>>;

/** A text that must be there; `what` ends the sentence that asks for it. */
export function requiredText(entered: Entered, key: string, what: Sentence): string {
  const value = entered[key];
  if (typeof value !== 'string' || value.trim() === '')
    throw new DossierError('invalid-input', say`The connection needs ${what}`);
  return value;
}

/** The address of a server, in the field `url`. */
export function serverAddress(entered: Entered): string {
  const value = requiredText(entered, 'url', say`the address of the server`);
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new DossierError('invalid-input', 'The address of the server must begin with https://');
  return value;
}

/** Texts that may be left out; what is not a text counts as left out. */
export function optionalTexts<Key extends string>(
  entered: Entered,
  ...keys: readonly Key[]
): { readonly [Each in Key]?: string } {
  return Object.fromEntries(
    keys.flatMap((key) => (typeof entered[key] === 'string' && entered[key] !== '' ? [[key, entered[key]]] : [])),
  ) as { [Each in Key]?: string };
}
