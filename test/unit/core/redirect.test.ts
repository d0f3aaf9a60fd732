import { expect, test } from 'vitest';
import { redirectSaying } from '../../../shared/core/redirect.ts';
import { toSentence, toText } from '../../../shared/core/sentence.ts';

const said = (from: string, to?: string) => toText(toSentence(redirectSaying(from, to ? new URL(to) : undefined)));

test('an encrypted address is never to be given up for one that is not', () => {
  expect(said('https://x.example/a', 'http://x.example/a')).not.toContain('Enter');
  expect(said('https://x.example/a', 'http://x.example/a')).toContain('not encrypted');
  expect(said('https://x.example/a', 'https://y.example/a')).toContain('Enter that URL');
  expect(said('http://127.0.0.1/a', 'https://y.example/a')).toContain('Enter that URL');
  expect(said('https://x.example/a')).toContain('does not say where');
});
