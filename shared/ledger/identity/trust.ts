import { X509Certificate } from 'node:crypto';
import { concatBytes, equalBytes, fromHex, toBase64, utf8 } from '../../core/bytes.ts';
import { type LogIdentity, logId } from '../signing/checkpoint.ts';
import { keyFingerprint } from '../signing/signingKeys.ts';

/**
 * What a verifier has decided to believe, compared by people through fingerprints beforehand. Never taken out of a
 * receipt: whoever forges a receipt forges its keys as well.
 */
export interface Trust {
  readonly logs: readonly LogIdentity[];
  /** Statement keys, SubjectPublicKeyInfo DER. */
  readonly statementKeys: readonly Uint8Array[];
  /** Certificates of time-stamp authorities, DER, leaf to root, one chain each. */
  readonly timestampChains: readonly (readonly Uint8Array[])[];
  /** Where logs changed their keys: each of the keys above counts on its own side of it only. */
  readonly rotations?: readonly Rotation[];
}

/** The public keys of a ledger at one time. */
export interface PublicKeys {
  /** Ed25519, 32 bytes. */
  readonly log: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly statement: Uint8Array;
}

/** A change of a ledger's keys, signed by both: see `readRotation`. */
export interface Rotation {
  readonly origin: string;
  /** The entry that says so, the last that the former keys have signed. */
  readonly index: number;
  /** By the owner's clock, milliseconds since 1970 UTC. */
  readonly at: number;
  readonly former: PublicKeys;
  readonly next: PublicKeys;
}

/** The pinned statement key with this fingerprint, if there is one. */
export function statementKeyOf(trust: Trust, fingerprint: string): Uint8Array | undefined {
  return trust.statementKeys.find((key) => keyFingerprint(key) === fingerprint);
}

/** What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. */
export const ed25519Spki = fromHex('302a300506032b6570032100');

/**
 * `trusted_root.json` for cosign and other Sigstore verifiers: our logs and nothing else, so that a private root is
 * never mixed with the public one.
 * `since` is when the keys came into use, milliseconds since 1970 UTC.
 */
export function encodeTrustedRoot({ logs, timestampChains, rotations = [] }: Trust, since: number): Uint8Array {
  const periodOf = ({ origin, publicKey }: LogIdentity) => {
    const own = rotations.filter((rotation) => rotation.origin === origin);
    const begun = own.find(({ next }) => equalBytes(next.log, publicKey));
    const ended = own.find(({ former }) => equalBytes(former.log, publicKey));
    return {
      start: new Date(begun?.at ?? since).toISOString(),
      ...(ended ? { end: new Date(ended.at).toISOString() } : {}),
    };
  };
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: logs.map((identity) => ({
      baseUrl: `https://${identity.origin}`,
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: toBase64(concatBytes([ed25519Spki, identity.publicKey])),
        keyDetails: 'PKIX_ED25519',
        validFor: periodOf(identity),
      },
      logId: { keyId: toBase64(logId(identity)) },
    })),
    ...(timestampChains.length > 0
      ? {
          timestampAuthorities: timestampChains.map((chain) => ({
            subject: { organization: 'time-stamp authority', commonName: 'time-stamp authority' },
            certChain: { certificates: chain.map((certificate) => ({ rawBytes: toBase64(certificate) })) },
            // As long as its own certificate says: an authority has nothing to do with when a ledger began, and counts
            // in whole seconds.
            validFor: { start: new Date(new X509Certificate(chain[0] as Uint8Array).validFrom).toISOString() },
          })),
        }
      : {}),
  };
  return utf8(`${JSON.stringify(root, null, 2)}\n`);
}
