import { describe, expect, test } from 'vitest';
import { DossierError, describe as describeError, toDossierError } from '../../../shared/core/errors.ts';
import { parseSentence, say, toText } from '../../../shared/core/sentence.ts';

const french: Readonly<Record<string, string>> = {
  'The folder {0} shows {1} entries': '{1} entrées dans le dossier {0}',
  'The server sent {0}': 'Le serveur a envoyé {0}',
  'a listing without an end': 'une liste sans fin',
  'Check that the path still exists.': 'Vérifiez que le chemin existe encore.',
};
const inFrench = (id: string, params: readonly (string | number)[]): string =>
  (french[id] ?? id).replace(/\{(\d)\}/g, (_, at) => String(params[Number(at)]));

describe('a sentence', () => {
  test('has the text as its id and what fills the holes apart from it', () => {
    const sentence = say`The folder ${'/a'} shows ${2} entries`;
    expect(sentence).toEqual({ id: 'The folder {0} shows {1} entries', params: ['/a', 2] });
    expect(toText(sentence)).toBe('The folder /a shows 2 entries');
    expect(toText(sentence, inFrench)).toBe('2 entrées dans le dossier /a');
  });

  test('translates a sentence that fills a hole', () => {
    const sentence = say`The server sent ${say`a listing without an end`}`;
    expect(toText(sentence)).toBe('The server sent a listing without an end');
    expect(toText(sentence, inFrench)).toBe('Le serveur a envoyé une liste sans fin');
  });

  test('leaves what looks like a hole in a name alone', () => {
    expect(toText(say`There is nothing at ${'/{0}/{1}'}`)).toBe('There is nothing at /{0}/{1}');
    expect(toText({ id: 'a {1} b', params: ['x'] })).toBe('a {1} b');
  });

  test('is the same after it was stored; anything else is none', () => {
    const sentence = say`The server sent ${say`more than ${3} levels`}`;
    expect(parseSentence(JSON.parse(JSON.stringify(sentence)))).toEqual(sentence);
    for (const other of [undefined, null, 'text', {}, { id: 1, params: [] }, { id: 'a' }, { id: 'a', params: [{}] }])
      expect(parseSentence(other)).toBeUndefined();
    let deep: unknown = 'x';
    for (let level = 0; level < 10; level++) deep = { id: '{0}', params: [deep] };
    expect(parseSentence(deep)).toBeUndefined();
  });
});

describe('what an error says', () => {
  test('is its sentence and the advice of its code, or an advice of its own, or the sentence alone', () => {
    expect(new DossierError('not-found', say`There is no ${'a'}`).message).toBe(
      'There is no a. Check that the path still exists.',
    );
    expect(new DossierError('not-found', 'Gone', { advice: 'Ask again.' }).message).toBe('Gone. Ask again.');
    expect(new DossierError('not-found', 'Gone', { advice: null }).message).toBe('Gone.');
    expect(new DossierError('not-found').message).toBe('Check that the path still exists.');
    expect(new DossierError('not-found', undefined, { advice: null }).message).toBe(
      'Check that the path still exists.',
    );
  });

  test('is said in another language, whole', () => {
    const error = new DossierError('not-found', say`The folder ${'/a'} shows ${2} entries`);
    expect(describeError(error, inFrench)).toBe('2 entrées dans le dossier /a. Vérifiez que le chemin existe encore.');
  });

  test('keeps the words of others as they are', () => {
    const error = toDossierError(new Error('spawn {0} failed'));
    expect(error.sentence).toEqual({ id: '{0}', params: ['spawn {0} failed'] });
    expect(describeError(error, inFrench)).toContain('spawn {0} failed.');
  });

  test('is stored with its id and what fills it', () => {
    const stored = JSON.parse(JSON.stringify(new DossierError('not-found', say`There is nothing at ${'/a'}`)));
    expect(stored).toMatchObject({
      code: 'not-found',
      sentence: { id: 'There is nothing at {0}', params: ['/a'] },
      advice: { id: 'Check that the path still exists.', params: [] },
    });
  });
});
