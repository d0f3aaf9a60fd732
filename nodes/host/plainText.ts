import { redact, type Sentence, toText } from '../../shared/index.ts';

/** A sentence in English, as n8n shows it, without secrets. */
export function plainText(sentence: Sentence): string {
  return redact(toText(sentence));
}
