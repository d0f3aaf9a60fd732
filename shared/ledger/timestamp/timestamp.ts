import { createHash, verify, X509Certificate } from 'node:crypto';
import { equalBytes, readBytes, toHex } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { sha256 } from '../../core/hashing.ts';
import type { HttpPort, RandomBytes } from '../../core/ports.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { type DerElement, decodeDer, encodeDer, encodeInteger, encodeOid, expectDer, inside, tag } from './der.ts';

/** RFC 3161: an authority signs that it saw a hash at a time. */
const oid = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  messageDigest: '1.2.840.113549.1.9.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const digestNames: readonly (readonly [string, string])[] = [
  [oid.sha256, 'sha256'],
  [oid.sha384, 'sha384'],
  [oid.sha512, 'sha512'],
];

/** What an authority says, read out of its answer. */
export interface TimestampClaim {
  /** SHA-256 of what was stamped. */
  readonly imprint: Uint8Array;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  /** Hexadecimal; absent when none was sent. */
  readonly nonce?: string;
}

/** The request for `message`: its SHA-256, a nonce, and the wish to have the certificates in the answer. */
function encodeTimestampRequest(message: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = encodeDer(tag.sequence, encodeOid(oid.sha256), encodeDer(tag.null));
  const imprint = encodeDer(tag.sequence, algorithm, encodeDer(tag.octets, sha256(message)));
  return encodeDer(
    tag.sequence,
    encodeInteger(Uint8Array.of(1)),
    imprint,
    encodeInteger(nonce),
    encodeDer(tag.boolean, Uint8Array.of(255)),
  );
}

/** Authorities answer in a second or two; nothing waits long for one that does not. */
const patienceMs = 15_000;

/**
 * Has `message` stamped and gives the whole answer, as Sigstore bundles carry it. Checks that it speaks of this message
 * and this request; who signed it is for `verifyTimestamp` and its pinned certificates. Safe to repeat. Codes: those of
 * the network, `invalid-response`, `server-error`.
 */
export async function requestTimestamp(
  http: HttpPort,
  url: string,
  message: Uint8Array,
  random: RandomBytes,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const nonce = random(8);
  const request = {
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/timestamp-query' },
    body: encodeTimestampRequest(message, nonce),
    anonymous: true,
    timeoutMs: patienceMs,
  };
  const response = await http.send(signal ? { ...request, signal } : request);
  const answer = await readBytes(response.body, 100_000);
  if (response.status !== 200)
    throw new DossierError('server-error', say`The time-stamp authority answered with ${response.status}`, {
      status: response.status,
    });
  const claim = parseTimestamp(answer);
  if (!equalBytes(claim.imprint, sha256(message)))
    throw new DossierError('invalid-response', 'The time-stamp authority stamped something else');
  if (claim.nonce !== undefined && BigInt(`0x${claim.nonce}`) !== BigInt(`0x${toHex(nonce)}`))
    throw new DossierError('invalid-response', 'The time stamp answers another request');
  return answer;
}

interface Parsed extends TimestampClaim {
  readonly info: Uint8Array;
  readonly signer: readonly DerElement[];
}

/** Reads an answer; `invalid-response` when it is not a granted time stamp. Checks no signature. */
export function parseTimestamp(response: Uint8Array): TimestampClaim {
  const { imprint, time, nonce } = parse(response);
  return { imprint, time, ...(nonce === undefined ? {} : { nonce }) };
}

function parse(response: Uint8Array): Parsed {
  const [status, token] = inside(decodeDer(response)[0], tag.sequence);
  const granted = expectDer(inside(status, tag.sequence)[0], tag.integer).content;
  if ((granted[0] ?? 9) > 1 || !token) throw new DossierError('invalid-response', 'The time-stamp authority refused');
  const [type, wrapped] = inside(token, tag.sequence);
  expectOid(type, oid.signedData);
  const signed = inside(inside(wrapped, tag.context0)[0], tag.sequence);
  const [contentType, content] = inside(signed[2], tag.sequence);
  expectOid(contentType, oid.timestampInfo);
  const info = expectDer(inside(content, tag.context0)[0], tag.octets).content;
  const signer = inside(inside(signed.at(-1), tag.set)[0], tag.sequence);

  const [, , imprint, , time, ...rest] = inside(decodeDer(info)[0], tag.sequence);
  const [algorithm, hashed] = inside(imprint, tag.sequence);
  expectOid(inside(algorithm, tag.sequence)[0], oid.sha256);
  const nonce = rest.find(({ type: kind }) => kind === tag.integer);
  return {
    info,
    signer,
    imprint: expectDer(hashed, tag.octets).content,
    time: parseTime(expectDer(time, tag.generalizedTime).content),
    ...(nonce ? { nonce: toHex(nonce.content) } : {}),
  };
}

/**
 * The time that a pinned authority vouches for, milliseconds since 1970 UTC; `integrity-mismatch` when the stamp is not
 * of `message`, or was not signed by the first certificate of the chain, or a link of the chain does not hold at that
 * time.
 */
export function verifyTimestamp(response: Uint8Array, message: Uint8Array, chain: readonly Uint8Array[]): number {
  const { info, signer, imprint, time } = parse(response);
  const refuse = (why: Sentence): never => {
    throw new DossierError('integrity-mismatch', why, { retry: 'never', advice: null });
  };
  if (!equalBytes(imprint, sha256(message))) refuse(say`The time stamp is of something else`);
  const attributes = signer.find(({ type }) => type === tag.context0) ?? refuse(say`The time stamp signs nothing`);
  const [digestAlgorithm, signature] = [signer[2], signer.findLast(({ type }) => type === tag.octets)];
  const digestOid = inside(digestAlgorithm, tag.sequence)[0]?.whole ?? new Uint8Array();
  const digestName =
    digestNames.find(([dotted]) => equalBytes(encodeOid(dotted), digestOid))?.[1] ??
    refuse(say`The time stamp uses a hash that is not known here`);

  const messageDigest = decodeDer(attributes.content)
    .map((attribute) => inside(attribute, tag.sequence))
    .find(([type]) => type && equalBytes(type.whole, encodeOid(oid.messageDigest)));
  const signedDigest = expectDer(inside(messageDigest?.[1], tag.set)[0], tag.octets).content;
  if (!equalBytes(signedDigest, new Uint8Array(createHash(digestName).update(info).digest())))
    refuse(say`The time stamp was changed`);

  const certificates = chain.map((bytes) => new X509Certificate(bytes));
  const leaf = certificates[0] ?? refuse(say`No certificate of the time-stamp authority is known`);
  // What is signed is the set itself, not its place in the message (RFC 5652 section 5.4).
  const signedBytes = encodeDer(tag.set, attributes.content);
  if (!verify(digestName, signedBytes, leaf.publicKey, expectDer(signature, tag.octets).content))
    refuse(say`The time stamp was not signed by the authority that you trust`);
  if (!leaf.keyUsage?.includes(oid.timeStamping)) refuse(say`The certificate is not one for time stamps`);
  certificates.forEach((certificate, at) => {
    const issuer = certificates[at + 1] ?? certificate;
    if (at + 1 < certificates.length && !certificate.verify(issuer.publicKey))
      refuse(say`The certificates of the time-stamp authority do not fit together`);
    if (time < Date.parse(certificate.validFrom) || time > Date.parse(certificate.validTo))
      refuse(say`A certificate of the time-stamp authority was not valid at that time`);
  });
  return time;
}

/** Whether a stamp holds under any pinned chain, and the time it proves. */
export function trustedTime(
  response: Uint8Array,
  message: Uint8Array,
  chains: readonly (readonly Uint8Array[])[],
): number | undefined {
  for (const chain of chains) {
    try {
      return verifyTimestamp(response, message, chain);
    } catch (error) {
      if (!isDossierError(error)) throw error;
    }
  }
  return undefined;
}

function expectOid(element: DerElement | undefined, dotted: string): void {
  if (!element || !equalBytes(element.whole, encodeOid(dotted)))
    throw new DossierError('invalid-response', 'The time stamp is malformed');
}

/** `YYYYMMDDhhmmss[.f]Z` */
function parseTime(content: Uint8Array): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(
    String.fromCharCode(...content.subarray(0, 40)),
  );
  if (!match) throw new DossierError('invalid-response', 'The time stamp has no readable time');
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
}
