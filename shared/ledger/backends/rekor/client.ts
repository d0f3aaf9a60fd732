import { fromUtf8Lossy, readBytes, toBase64, utf8 } from '../../../core/bytes.ts';
import { DossierError, type ErrorCode } from '../../../core/errors.ts';
import { sha256 } from '../../../core/hashing.ts';
import { isRecord, parseJson } from '../../../core/json.ts';
import type { HttpPort } from '../../../core/ports.ts';
import { type Sentence, say } from '../../../core/sentence.ts';
import { bundleType, parseReceipt, type Receipt } from '../../receipt/receipt.ts';
import { verifyReceipt } from '../../receipt/verifyReceipt.ts';
import type { LogIdentity } from '../../signing/checkpoint.ts';
import { type Envelope, ecdsaP256, envelopeJson, preAuthentication } from '../../signing/envelope.ts';
import { keyFingerprint } from '../../signing/signingKeys.ts';

export interface RekorServer {
  readonly http: HttpPort;
  /** Of the shard that is written to, `https://…`. */
  readonly url: string;
  /** Name and key of that shard, pinned beforehand. */
  readonly identity: LogIdentity;
}

const where = 'rekor';
/** A server answers only when a checkpoint covers the entry: at least 20 s, say its makers. */
const patienceMs = 60_000;
const longestAnswer = 1_048_576;

/**
 * Enters one statement's leaf and gives the receipt out of the answer, checked against the pinned key. The server
 * learns the hash of what was signed, the signature and the public key, never the statement. Safe to repeat: it is the
 * same leaf again. Codes: `rate-limited`, `server-error`, `forbidden`,
 * `invalid-input`, `invalid-response`, `ledger-broken` when the proof does not hold, and those of the transport.
 * https://github.com/sigstore/rekor-tiles/blob/main/CLIENTS.md
 */
export async function enterInRekor(
  { http, url, identity }: RekorServer,
  envelope: Envelope,
  signal?: AbortSignal,
): Promise<Receipt> {
  const { payload, signature, publicKey } = envelope;
  const request = {
    hashedRekordRequestV002: {
      digest: toBase64(sha256(preAuthentication(payload))),
      signature: {
        content: toBase64(signature),
        verifier: { publicKey: { rawBytes: toBase64(publicKey) }, keyDetails: ecdsaP256 },
      },
    },
  };
  const { status, headers, body } = await http.send({
    method: 'POST',
    url: `${url.replace(/\/+$/, '')}/api/v2/log/entries`,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: utf8(JSON.stringify(request)),
    timeoutMs: patienceMs,
    anonymous: true,
    ...(signal ? { signal } : {}),
  });
  const text = fromUtf8Lossy(await readBytes(body, longestAnswer));
  if (status !== 200 && status !== 201) throw refusal(status, headers);
  const receipt = receiptOf(envelope, parseJson(text, 'invalid-response', 'The answer of Rekor'));
  const verdict = verifyReceipt(receipt, { logs: [identity], statementKeys: [publicKey], timestampChains: [] });
  const broken = verdict.parts.find(({ holds }) => !holds);
  if (broken)
    throw new DossierError('ledger-broken', say`What ${identity.origin} answered proves nothing. ${broken.sentence}`, {
      where,
    });
  return receipt;
}

/** The answer is the entry as it stands in a bundle; numbers that are zero may be left out of it. */
function receiptOf({ payload, signature, publicKey }: Envelope, answer: unknown): Receipt {
  const proof = isRecord(answer) ? answer['inclusionProof'] : undefined;
  if (!isRecord(answer) || !isRecord(proof))
    throw new DossierError('invalid-response', 'Rekor answered without a proof', { where });
  const logIndex = answer['logIndex'] ?? '0';
  const entry = { ...answer, logIndex, inclusionProof: { hashes: [], ...proof, logIndex } };
  const bundle = {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: keyFingerprint(publicKey) }, tlogEntries: [entry] },
    dsseEnvelope: envelopeJson({ payload, signature, publicKey }),
  };
  return parseReceipt(utf8(JSON.stringify(bundle)));
}

const refusals: Readonly<Record<number, readonly [ErrorCode, Sentence]>> = {
  400: ['invalid-input', say`Rekor did not take the entry`],
  401: ['forbidden', say`This Rekor does not take entries from here`],
  403: ['forbidden', say`This Rekor does not take entries from here`],
  404: ['invalid-response', say`There is no Rekor of version 2 at this address`],
  429: ['rate-limited', say`Rekor asked for a slower pace`],
};

function refusal(status: number, headers: Readonly<Record<string, string>>): DossierError {
  const [code, sentence] =
    refusals[status] ??
    (status >= 500
      ? (['server-error', say`Rekor failed`] as const)
      : (['invalid-response', say`Rekor answered with ${status}`] as const));
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return new DossierError(code, sentence, {
    where,
    operation: 'append',
    status,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, 86_400) * 1000 } : {}),
  });
}
