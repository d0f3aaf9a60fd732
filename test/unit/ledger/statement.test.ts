import { describe, expect, test } from 'vitest';
import { fromUtf8, toHex } from '../../../shared/core/bytes.ts';
import {
  encodeLeaf,
  envelopeJson,
  parseEnvelopeJson,
  preAuthentication,
  signStatement,
} from '../../../shared/ledger/signing/envelope.ts';
import { parseStatementPublicKey, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { disclosureDigest, maskClaims, openDisclosure } from '../../../shared/ledger/statement/mask.ts';
import { encodeStatement, parseStatement, type Statement } from '../../../shared/ledger/statement/statement.ts';
import { seededBytes } from '../../support/seeded.ts';

const random = (() => {
  let call = 0;
  return (length: number) => seededBytes(length, `random ${call++}`);
})();
const key = statementKeyFromSeed(seededBytes(32, 'statement'));
const masked = maskClaims({ name: 'secret name.jpg', path: '/private/secret name.jpg', size: 1234 }, random);
const statement: Statement = {
  subjects: [{ sha256: 'a'.repeat(64), dropboxContentHash: 'b'.repeat(64) }],
  predicate: {
    event: 'Register',
    asset: 'asset-1',
    version: 1,
    observedAt: '2026-01-01T00:00:00.000Z',
    _sd: masked.digests,
    _sd_alg: 'sha-256',
  },
};

describe('statement', () => {
  test('survives its own bytes and says nothing of name, path or size', () => {
    const payload = encodeStatement(statement);
    expect(parseStatement(payload)).toEqual(statement);
    expect(fromUtf8(payload)).not.toMatch(/secret|jpg|1234/);
  });

  test('the same statement has the same bytes, whatever the order of its members', () => {
    const { predicate, subjects } = statement;
    const reordered = {
      predicate: Object.fromEntries(Object.entries(predicate).reverse()) as unknown as Statement['predicate'],
      subjects,
    };
    expect(encodeStatement(reordered)).toEqual(encodeStatement(statement));
  });

  test('a statement about nothing is a programming mistake', () => {
    expect(() => encodeStatement({ ...statement, subjects: [] })).toThrow(TypeError);
  });

  test.each(['{}', '{"_type":"https://in-toto.io/Statement/v1"}', 'nonsense', '[]'])('%s is no statement', (text) => {
    expect(() => parseStatement(new TextEncoder().encode(text))).toThrow(/statement|JSON/);
  });
});

describe('envelope', async () => {
  const payload = encodeStatement(statement);
  const envelope = await signStatement(payload, key);

  test('the encoding that is signed is that of DSSE', () => {
    // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP
    // body
    expect(fromUtf8(preAuthentication(new TextEncoder().encode('hello world')))).toBe(
      'DSSEv1 28 application/vnd.in-toto+json 11 hello world',
    );
  });

  test('the signature verifies over it, and over nothing else', () => {
    const verifier = parseStatementPublicKey(envelope.publicKey);
    expect(verifier.verify(preAuthentication(payload), envelope.signature)).toBe(true);
    expect(verifier.verify(payload, envelope.signature)).toBe(false);
  });

  test('DSSE JSON gives the same payload and signature back', () => {
    const { payload: back, signature } = parseEnvelopeJson(JSON.parse(JSON.stringify(envelopeJson(envelope))));
    expect([toHex(back), toHex(signature)]).toEqual([toHex(payload), toHex(envelope.signature)]);
    expect(() => parseEnvelopeJson({ ...envelopeJson(envelope), signatures: [] })).toThrow(/malformed/);
  });

  test('the leaf holds no digest of the file', () => {
    const leaf = fromUtf8(encodeLeaf(envelope));
    expect(leaf).toMatch(
      /^\{"apiVersion":"0\.0\.2","kind":"hashedrekord","spec":\{"hashedRekordV002":\{"data":\{"algorithm":"SHA2_256"/,
    );
    expect(leaf).not.toContain('a'.repeat(64));
  });
});

describe('masked claims', () => {
  test('each disclosure proves its own claim and no other', () => {
    const { name, path } = masked.disclosures as { name: string; path: string };
    expect(openDisclosure(name, masked.digests)).toEqual({ claim: 'name', value: 'secret name.jpg' });
    expect(masked.digests).toContain(disclosureDigest(path));
    expect(() => openDisclosure(name, maskClaims({ name: 'secret name.jpg' }, random).digests)).toThrow(
      /does not belong/,
    );
  });

  test('there is a decoy, even when nothing is masked', () => {
    expect(maskClaims({}, random).digests).toHaveLength(1);
    expect(masked.digests).toHaveLength(4);
  });

  test('the example of RFC 9901 section 4.2.3 has its digest', () => {
    expect(disclosureDigest('WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0')).toBe(
      'uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY',
    );
  });
});
