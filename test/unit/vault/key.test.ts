import { describe, expect, test } from 'vitest';
import { createKey, parseKey, redact } from '../../../shared/index.ts';
import { deriveSecret, formatKey, type KeyPurpose, toHex } from '../../../shared/testing.ts';
import { bech32 } from '../../../shared/vault/bech32.ts';
import { seededBytes } from '../../support/seeded.ts';

describe('Dossier key', () => {
  test('is read back, also with spaces and capitals from paper', () => {
    const text = createKey();
    expect(text).toMatch(/^dossier-key-1[a-z2-7]{58}$/);
    const key = parseKey(text);
    expect(formatKey(key)).toBe(text);
    expect(parseKey(` ${text.toUpperCase().replace(/(.{8})/g, '$1 ')}\n`)).toEqual(key);
    expect(createKey()).not.toBe(text);
  });

  test('a missing key is vault-locked, never a new key', () => {
    for (const missing of [undefined, '', '  \n'])
      expect(() => parseKey(missing)).toThrow(expect.objectContaining({ code: 'vault-locked' }));
  });

  test('every single wrong letter is noticed, and the message does not repeat the key', () => {
    const text = createKey();
    for (let at = 0; at < text.length; at++) {
      const wrong = text.slice(0, at) + (text[at] === 'b' ? 'c' : 'b') + text.slice(at + 1);
      try {
        parseKey(wrong);
        expect.unreachable(`letter ${at}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid-input' });
        expect(String(error)).not.toContain(wrong.slice(-20));
      }
    }
    for (const wrong of [text.slice(0, -1), `${text}a`, text.slice(0, 40), 'dossier-key-1', 'AGE-SECRET-KEY-1QQQ']) {
      expect(() => parseKey(wrong)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    }
  });

  test('purposes have keys of their own, the same for ever', () => {
    const key = { secret: seededBytes(32, 'fixed') };
    const purposes: KeyPurpose[] = ['log', 'statement', 'vault', 'asset-id'];
    const derived = purposes.map((purpose) => toHex(deriveSecret(key, purpose)));
    expect(new Set(derived).size).toBe(4);
    // A change of these would lock every user out of what they have.
    expect(derived).toMatchInlineSnapshot(`
      [
        "092ec32493e548f5160c3c1959abb123f0496d259ebced5c9d61520a5697f351",
        "85147dac735dab9b2e1b032eed0197c8a9ab1a32cef1fced110f1835b8d09e2a",
        "27f5911ebc068dacf8ef7a2d606229ca1182980696fcc19eade30f2e91c2f868",
        "4a8ea073e13b168816aa35fc18608f08b776fb7c41e0cd776f830ccb46951b64",
      ]
    `);
  });

  test('is hidden from logs', () => {
    expect(redact(`the key is ${createKey()}.`)).toBe('the key is [hidden].');
  });

  test('bech32 agrees with the test vectors of BIP 173', () => {
    expect(bech32('a', new Uint8Array())).toBe('a12uel5l');
    const counting = Uint8Array.from([
      0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77,
      0xdf,
    ]);
    expect(bech32('abcdef', counting)).toBe('abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw');
  });
});
