import { X509Certificate } from 'node:crypto';
import { equalBytes, fromBase64 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import type { HttpPort, RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Receipt } from '../receipt/receipt.ts';
import { requestTimestamp, trustedTime, verifyTimestamp } from './timestamp.ts';

/** A time-stamp authority that a user believes: where it answers, and the certificates that it must sign under. */
export interface TimestampAuthority {
  readonly url: string;
  /** DER, the signer's first, then its issuers, the self-signed root last. */
  readonly chain: readonly Uint8Array[];
}

/** What having things stamped takes. */
export interface Timestamping {
  readonly authority: TimestampAuthority;
  readonly http: HttpPort;
  readonly random: RandomBytes;
}

/**
 * The authority that a user names: its address, and its certificates as PEM text (the signer's and all above it, in any
 * order). `invalid-input` says what is missing. Which authority to believe is a decision of the user; nothing that an
 * authority sends along is ever believed in its place.
 */
export function parseTimestampAuthority(url: string, certificates: string): TimestampAuthority {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (
    !address ||
    !['http:', 'https:'].includes(address.protocol) ||
    address.username !== '' ||
    address.password !== ''
  ) {
    throw new DossierError(
      'invalid-input',
      'The address of a time-stamp authority begins with https:// or http:// and names no user',
    );
  }
  return { url: address.href, chain: parseTimestampChain(certificates) };
}

const pemBlock = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
const mostCertificates = 10;
const longestPem = 200_000;

/**
 * Certificates of one authority out of PEM text, put in order from the signer's to the root; `invalid-input` when they
 * are not one whole chain.
 */
export function parseTimestampChain(pem: string): Uint8Array[] {
  const blocks =
    pem.length > longestPem ? [] : [...pem.matchAll(pemBlock)].map(([, base64 = '']) => base64.replace(/\s+/g, ''));
  if (blocks.length === 0 || blocks.length > mostCertificates)
    throw new DossierError(
      'invalid-input',
      say`Give the certificates of the time-stamp authority as PEM text, ${mostCertificates} at most`,
    );
  const known = blocks.map(readCertificate);
  const chain: Certificate[] = [];
  let next = known.find(({ isSigner }) => isSigner);
  if (!next) throw new DossierError('invalid-input', 'None of these certificates is one that signs time stamps');
  // Two that issued each other would lead around in a circle.
  for (; next !== undefined && chain.length < known.length; next = issuerOf(next, known)) chain.push(next);
  if (!isOwnIssuer(chain.at(-1)!))
    throw new DossierError(
      'invalid-input',
      'The certificates do not lead up to a root: the one that issued the last of them is missing',
    );
  return chain.map(({ der }) => der);
}

interface Certificate {
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
  readonly isSigner: boolean;
}

function readCertificate(base64: string): Certificate {
  try {
    const der = fromBase64(base64);
    const x509 = new X509Certificate(der);
    return { der, x509, isSigner: x509.keyUsage?.includes('1.3.6.1.5.5.7.3.8') ?? false };
  } catch (cause) {
    throw new DossierError('invalid-input', 'One of the certificates cannot be read', { cause });
  }
}

function issuerOf(certificate: Certificate, known: readonly Certificate[]): Certificate | undefined {
  if (isOwnIssuer(certificate)) return undefined;
  return known.find((candidate) => !equalBytes(candidate.der, certificate.der) && isIssuedBy(certificate, candidate));
}

function isOwnIssuer(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function isIssuedBy({ x509 }: Certificate, issuer: Certificate): boolean {
  return x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);
}

/**
 * Has a receipt time-stamped (level L0 to L1): the authority signs that the statement's signature existed now. One
 * network request; none, and the same receipt, where a stamp in it holds already. What the authority answers is checked
 * against the certificates that the user named before it is taken. Codes: those of the network, `server-error`,
 * `invalid-response`, `integrity-mismatch` when somebody else has signed the answer.
 */
export async function timeStampReceipt(
  receipt: Receipt,
  timestamping: Timestamping,
  signal?: AbortSignal,
): Promise<Receipt> {
  if (
    receipt.timestamps.some(
      (stamp) => trustedTime(stamp, receipt.signature, [timestamping.authority.chain]) !== undefined,
    )
  )
    return receipt;
  return { ...receipt, timestamps: [...receipt.timestamps, await stampOf(receipt.signature, timestamping, signal)] };
}

/** A stamp of `message` that holds under the named certificates. */
export async function stampOf(
  message: Uint8Array,
  { authority, http, random }: Timestamping,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const stamp = await requestTimestamp(http, authority.url, message, random, signal);
  verifyTimestamp(stamp, message, authority.chain);
  // A host may hand out slices of its own buffers.
  return Uint8Array.from(stamp);
}
