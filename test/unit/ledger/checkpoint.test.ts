import { describe, expect, test } from 'vitest';
import { fromBase64, toHex } from '../../../shared/core/bytes.ts';
import { emptyRoot } from '../../../shared/ledger/log/merkle.ts';
import { tilePath, tilesBetween, tileWidth } from '../../../shared/ledger/log/tiles.ts';
import {
  openCheckpoint,
  openNote,
  parseVerifierKey,
  signCheckpoint,
  verifierKey,
} from '../../../shared/ledger/signing/checkpoint.ts';
import {
  logKeyFromSeed,
  parseStatementPublicKey,
  statementKeyFromSeed,
} from '../../../shared/ledger/signing/signingKeys.ts';
import { seededBytes } from '../../support/seeded.ts';

const key = logKeyFromSeed(seededBytes(32, 'log'));
const identity = { origin: 'dossier.example/log', publicKey: key.publicKey };
const checkpoint = { origin: identity.origin, size: 12, root: emptyRoot };

describe('checkpoint', () => {
  test('what is signed opens with the pinned key', () => {
    expect(openCheckpoint(signCheckpoint(checkpoint, key), identity)).toEqual(checkpoint);
  });

  test('any changed bit is refused, also those that base64 has too many', () => {
    const note = signCheckpoint(checkpoint, key);
    // The trailing line feed is no part of what is signed.
    for (let at = 0; at < note.length - 1; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64]) {
        const changed = note.slice(0, at) + String.fromCharCode(note.charCodeAt(at) ^ bit) + note.slice(at + 1);
        expect(() => openCheckpoint(changed, identity), `bit ${bit} of letter ${at}`).toThrow(/checkpoint/);
      }
    }
  });

  test('signatures of other keys are passed over', () => {
    const note = signCheckpoint(checkpoint, key);
    const witness = signCheckpoint(checkpoint, logKeyFromSeed(seededBytes(32, 'witness'))).split('\n\n')[1] as string;
    expect(openCheckpoint(note + witness, identity).size).toBe(12);
    expect(() => openCheckpoint(`${note.split('\n\n')[0]}\n\n${witness}`, identity)).toThrow(/no valid signature/);
  });

  test('a verifier key survives its text form; a damaged one is refused', () => {
    const text = verifierKey(identity);
    expect(parseVerifierKey(text)).toEqual(identity);
    expect(() => parseVerifierKey(text.replace('dossier', 'dossjer'))).toThrow(/id does not fit/);
  });

  test('the example of the signed-note specification opens', () => {
    // https://c2sp.org/signed-note, "Example"
    const example = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect(openNote(note, example)).toBe('This is an example message.\n');
    expect(() => openNote(note.replace('example message', 'exemple message'), example)).toThrow(/no valid signature/);
  });
});

describe('statement key', () => {
  test('the same seed is the same key, and its signatures verify', () => {
    const [one, two] = [statementKeyFromSeed(seededBytes(32, 's')), statementKeyFromSeed(seededBytes(32, 's'))];
    expect(one.fingerprint).toBe(two.fingerprint);
    const message = seededBytes(100, 'm');
    const verifier = parseStatementPublicKey(two.publicKey);
    expect(verifier.verify(message, one.sign(message))).toBe(true);
    expect(verifier.verify(seededBytes(100, 'n'), one.sign(message))).toBe(false);
  });

  test('a seed that is no scalar of the curve still gives a key', () => {
    expect(toHex(statementKeyFromSeed(new Uint8Array(32)).publicKey)).toHaveLength(182);
    expect(toHex(statementKeyFromSeed(new Uint8Array(32).fill(255)).publicKey)).toHaveLength(182);
  });

  test('a key of another kind is refused', () => {
    expect(() => parseStatementPublicKey(fromBase64('AAAA'))).toThrow(/P-256/);
  });
});

describe('tiles', () => {
  test('the layout for 70,000 entries is that of the specification', () => {
    const tiles = tilesBetween(0, 70_000);
    const level = (wanted: number) => tiles.filter((tile) => tile.level === wanted);
    expect(level(0).filter(({ width }) => width === tileWidth)).toHaveLength(273);
    expect(level(0).at(-1)).toEqual({ level: 0, index: 273, width: 112 });
    expect(level(1)).toEqual([
      { level: 1, index: 0, width: 256 },
      { level: 1, index: 1, width: 17 },
    ]);
    expect(level(2)).toEqual([{ level: 2, index: 0, width: 1 }]);
  });

  test('paths are grouped by thousands', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 0, width: 17 })).toBe('tile/entries/000.p/17');
  });
});
