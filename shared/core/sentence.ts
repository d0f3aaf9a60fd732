/** What fills a hole of a sentence. A sentence within a sentence is translated with it. */
export type Filling = string | number | Sentence;

/** A sentence for people in any language. Plain JSON, so that it can be stored and shown in another language later. */
export interface Sentence {
  /** The English sentence with its holes, `There is nothing at {0}`: the key of its translations. */
  readonly id: string;
  readonly params: readonly Filling[];
}

/** A sentence, or the id of one without holes. */
export type Saying = string | Sentence;

/** Finds the sentence of a language and fills its holes. */
export type Translate = (id: string, params: readonly (string | number)[]) => string;

/**
 * Makes a sentence from a template literal: the text is its id, the expressions are what fills it. Texts from outside
 * are expressions, never part of the id.
 */
export function say(texts: TemplateStringsArray, ...params: Filling[]): Sentence {
  return { id: texts.reduce((id, text, at) => `${id}{${at - 1}}${text}`), params };
}

export function toSentence(saying: Saying): Sentence {
  return typeof saying === 'string' ? { id: saying, params: [] } : saying;
}

/** The sentence as text; in English unless another language is given. */
export function toText({ id, params }: Sentence, translate: Translate = inEnglish): string {
  return translate(
    id,
    params.map((param) => (typeof param === 'object' ? toText(param, translate) : param)),
  );
}

const inEnglish: Translate = (id, params) =>
  params.length === 0 ? id : id.replace(/\{(\d+)\}/g, (hole, at: string) => String(params[Number(at)] ?? hole));

/** How deep sentences may lie within sentences in a stored one. */
const deepest = 4;

/** A stored sentence; undefined for anything else. */
export function parseSentence(value: unknown, depth = 0): Sentence | undefined {
  if (typeof value !== 'object' || value === null || depth > deepest) return undefined;
  const { id, params } = value as { readonly id?: unknown; readonly params?: unknown };
  if (typeof id !== 'string' || !Array.isArray(params)) return undefined;
  const filled = params.map((param: unknown) =>
    typeof param === 'string' || typeof param === 'number' ? param : parseSentence(param, depth + 1),
  );
  return filled.includes(undefined) ? undefined : { id, params: filled as Filling[] };
}
