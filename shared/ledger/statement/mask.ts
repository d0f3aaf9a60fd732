import { fromBase64Url, toBase64Url, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256Base64Url } from '../../core/hashing.ts';
import { isRecord, type Json, parseJsonBytes } from '../../core/json.ts';
import type { RandomBytes } from '../../core/ports.ts';

/** Claims about a file, or about what was done with it, that nobody sees unless its owner discloses them, one by one. */
export interface MaskedClaims {
  readonly name?: string;
  readonly path?: string;
  readonly size?: number;
  readonly author?: string;
  readonly title?: string;
  /** Who received, handed on, looked over or consented. */
  readonly holder?: string;
  readonly reason?: string;
  /** When it happened, RFC 3339 UTC, where that is not when it was recorded. */
  readonly happenedAt?: string;
}

export type MaskedClaim = keyof MaskedClaims;

/**
 * One claim with its salt, as RFC 9901 writes it: `base64url(JSON [salt, name, value])`. Kept by the owner; whoever has
 * it can prove this claim and no other.
 */
export type Disclosure = string;

export interface MaskedResult {
  /**
   * For the statement's `_sd`: digests of the disclosures and one of nothing, sorted, so that neither order nor number
   * tells.
   */
  readonly digests: readonly string[];
  readonly disclosures: Readonly<Partial<Record<MaskedClaim, Disclosure>>>;
}

/** RFC 9901 section 4.2.3: base64url of the SHA-256 of the ASCII disclosure. */
export function disclosureDigest(disclosure: Disclosure): string {
  return sha256Base64Url(disclosure);
}

/**
 * Salts and hashes claims. There is at least one decoy (RFC 9901 section 4.2.5): its 256 random bits also keep the
 * statement from being guessed out of its hash when every file in it is known.
 */
export function maskClaims(claims: MaskedClaims, random: RandomBytes): MaskedResult {
  const disclosures = Object.fromEntries(
    Object.entries(claims)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        toBase64Url(utf8(JSON.stringify([toBase64Url(random(16)), name, value as Json]))),
      ]),
  );
  const decoy = sha256Base64Url(random(32));
  return { digests: [...Object.values(disclosures).map(disclosureDigest), decoy].sort(), disclosures };
}

/** What a disclosure says, if it is one of the statement's; `integrity-mismatch` when it is not. */
export function openDisclosure(
  disclosure: Disclosure,
  digests: readonly string[],
): { readonly claim: string; readonly value: Json } {
  if (!digests.includes(disclosureDigest(disclosure)))
    throw new DossierError('integrity-mismatch', 'This disclosure does not belong to the statement', {
      advice: null,
      retry: 'never',
    });
  const decoded = parseJsonBytes(fromBase64Url(disclosure), 'invalid-input', 'The disclosure');
  if (!Array.isArray(decoded) || decoded.length !== 3 || typeof decoded[1] !== 'string' || isRecord(decoded[2])) {
    throw new DossierError('invalid-input', 'The disclosure is malformed');
  }
  return { claim: decoded[1], value: decoded[2] as Json };
}
