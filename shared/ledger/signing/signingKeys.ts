import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { concatBytes, fromHex, toBase64, toBase64Url, toHex } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';

/** Signs checkpoints: Ed25519, as public logs must (https://c2sp.org/tlog-tiles). */
export interface LogKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Signs statements: ECDSA P-256 over SHA-256, the one kind that Rekor v2 and cosign both take. */
export interface StatementKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** The same as PEM, for `cosign --key`. */
  readonly pem: string;
  /** SHA-256 of `publicKey`, hexadecimal: what people compare and pin. */
  readonly fingerprint: string;
  /** DER. */
  sign(message: Uint8Array): Uint8Array;
  /** The same beside other work: of all that a batch costs, its signatures cost most. */
  signAside(message: Uint8Array): Promise<Uint8Array>;
}

// PKCS #8 and SubjectPublicKeyInfo around the 32 bytes of an Ed25519 key (RFC 8410).
const ed25519Private = fromHex('302e020100300506032b657004220420');
const ed25519Public = fromHex('302a300506032b6570032100');

/** The log key that a 32-byte seed stands for. */
export function logKeyFromSeed(seed: Uint8Array): LogKey {
  const key = createPrivateKey(pem('PRIVATE KEY', concatBytes([ed25519Private, seed])));
  const publicKey = der(createPublicKey(key)).subarray(ed25519Public.length);
  return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = createPublicKey(pem('PUBLIC KEY', concatBytes([ed25519Public, publicKey])));
  return verify(null, message, key, signature);
}

const p256Order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** The statement key that a 32-byte seed stands for. */
export function statementKeyFromSeed(seed: Uint8Array): StatementKey {
  const curve = createECDH('prime256v1');
  const scalar = scalarFrom(seed);
  curve.setPrivateKey(scalar);
  const point = new Uint8Array(curve.getPublicKey());
  const key = createPrivateKey({
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: toBase64Url(scalar),
      x: toBase64Url(point.subarray(1, 33)),
      y: toBase64Url(point.subarray(33)),
    },
    format: 'jwk',
  });
  const publicObject = createPublicKey(key);
  const publicKey = der(publicObject);
  return {
    publicKey,
    pem: pem('PUBLIC KEY', publicKey),
    fingerprint: keyFingerprint(publicKey),
    sign: (message) => new Uint8Array(sign('sha256', message, key)),
    signAside: (message) =>
      new Promise((resolve, reject) => {
        sign('sha256', message, key, (error, signature) =>
          error ? reject(error) : resolve(new Uint8Array(signature)),
        );
      }),
  };
}

/** The first of seed, SHA-256(seed), … that is a scalar of the curve; nearly always the seed itself. */
function scalarFrom(seed: Uint8Array): Uint8Array {
  let candidate = seed;
  for (;;) {
    const value = BigInt(`0x${toHex(candidate)}`);
    if (value > 0n && value < p256Order) return candidate;
    candidate = new Uint8Array(createHash('sha256').update(candidate).digest());
  }
}

/** A public P-256 key for many verifications; `invalid-input` for anything else. */
export function parseStatementPublicKey(spki: Uint8Array): {
  verify(message: Uint8Array, signature: Uint8Array): boolean;
} {
  try {
    const key = createPublicKey(pem('PUBLIC KEY', spki));
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
      throw new TypeError('not P-256');
    return { verify: (message, signature) => verify('sha256', message, key, signature) };
  } catch (cause) {
    throw new DossierError('invalid-input', 'That is not a public P-256 key', { cause });
  }
}

export function keyFingerprint(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex');
}

/** A public statement key as PEM, for `cosign --key`. */
export function statementKeyPem(publicKey: Uint8Array): string {
  return pem('PUBLIC KEY', publicKey);
}

/** RFC 7468 text of a DER key. */
function pem(label: string, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function der(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}
