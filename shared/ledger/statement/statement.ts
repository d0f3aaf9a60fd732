import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { canonicalJson, isRecord, type Json, parseJson } from '../../core/json.ts';

/**
 * What people did with a file, as somebody says who was there: received it, handed it on, looked it over, made a
 * working copy, gave consent to its use or took that back. It changes neither the content nor the place of the file.
 */
export const custodyEvents = [
  'Receive',
  'HandOver',
  'Review',
  'WorkingCopy',
  'GiveConsent',
  'WithdrawConsent',
] as const;

export type CustodyEvent = (typeof custodyEvents)[number];

/**
 * What happened to an asset, or to a link as a whole. `Attest`: a version that was recorded by the provider's word has
 * been read and hashed here.
 */
export const ledgerEvents = [
  'Register',
  'Publish',
  'Attest',
  'Rename',
  'Move',
  'Withdraw',
  'Delete',
  'Restore',
  'Link',
  'Unlink',
  'GapStart',
  'GapEnd',
  'Submit',
  'KeyRotate',
  ...custodyEvents,
] as const;

export type LedgerEvent = (typeof ledgerEvents)[number];

export function isCustody(event: LedgerEvent): event is CustodyEvent {
  return (custodyEvents as readonly string[]).includes(event);
}

/**
 * Where a digest came from: the provider's word, bytes that were read from there, or bytes that were sent and proved to
 * have arrived. `none`: the provider has no hash of this file and it was not read.
 */
export type HashSource = 'provider' | 'downloaded' | 'sent' | 'none';

/** Lower-case hexadecimal; at least one of them. */
export interface SubjectDigests {
  readonly sha256?: string;
  readonly dropboxContentHash?: string;
  /**
   * Where there is no digest of the content: SHA-256 of the asset id and the provider's revision. Says that there was a
   * version, not which bytes it had.
   */
  readonly revision?: string;
}

/** One signed event: the in-toto predicate of type `predicateType`. Holds no name, no path, no exact size. */
export interface FileEvent {
  readonly event: LedgerEvent;
  /** Pseudonymous id of the file across renames; of the link for Link, Unlink and gaps. */
  readonly asset: string;
  /** Counts the contents of an asset: 1 for the first. */
  readonly version: number;
  /** Leaf hash of the asset's previous statement, hexadecimal: a chain for each file within the log. */
  readonly prev?: string;
  readonly hashSource?: HashSource;
  /** When we saw it, RFC 3339 UTC. */
  readonly observedAt: string;
  /** What the provider says: times and revision, as claims. */
  readonly claimed?: { readonly serverModified?: string; readonly clientModified?: string };
  /** The asset whose content this one had first (a copy), or of which it is a working copy. */
  readonly derivedFrom?: string;
  /** Pairs of subjects, counted from 1: the first is a sidecar that came with the second. */
  readonly arrivedWith?: readonly (readonly [number, number])[];
  /** Opaque id of the linked folder. */
  readonly link?: string;
  /** RFC 9901 digests of masked claims, and a decoy. */
  readonly _sd: readonly string[];
  readonly _sd_alg: 'sha-256';
  /** With KeyRotate: see `readRotation`. */
  readonly nextKey?: NextKey;
}

/** The keys that follow; keys and signatures in base64. */
export interface NextKey {
  /** Of the next statement key. */
  readonly fingerprint: string;
  readonly publicKey: string;
  /** By the next statement key, over `rotationMessage`. */
  readonly signature: string;
  readonly log: {
    readonly former: string;
    readonly publicKey: string;
    /** By the former log key, over `rotationMessage`. */
    readonly signature: string;
  };
}

export interface Statement {
  /** Digests of the file's content, or of each file of a submitted report. */
  readonly subjects: readonly SubjectDigests[];
  readonly predicate: FileEvent;
}

const statementType = 'https://in-toto.io/Statement/v1';
export const predicateType = 'https://dossier-reports.github.io/file-event/v1';
/** DSSE payload type. */
export const payloadType = 'application/vnd.in-toto+json';

const digestNames = ['sha256', 'dropboxContentHash', 'revision'] as const;

/** The exact bytes that are signed. https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export function encodeStatement({ subjects, predicate }: Statement): Uint8Array {
  if (subjects.length === 0 || subjects.some((digests) => digestNames.every((name) => digests[name] === undefined))) {
    throw new TypeError('A statement is about at least one digest');
  }
  return utf8(
    canonicalJson({
      _type: statementType,
      subject: subjects.map((digest, index) => ({
        name: subjects.length === 1 ? '_' : `_${index + 1}`,
        digest: digest as { readonly [key: string]: Json },
      })),
      predicateType,
      predicate: predicate as unknown as Json,
    }),
  );
}

const hexDigest = /^[0-9a-f]{64}$/;

/** Reads signed bytes back; `ledger-broken` when they are not a statement of this kind. Checks form, not signatures. */
export function parseStatement(payload: Uint8Array): Statement {
  const value = parseJson(fromUtf8(payload), 'ledger-broken', 'The statement');
  if (
    !isRecord(value) ||
    value['_type'] !== statementType ||
    value['predicateType'] !== predicateType ||
    !Array.isArray(value['subject'])
  ) {
    throw new DossierError('ledger-broken', 'The signed text is not a statement about a file');
  }
  const predicate = value['predicate'];
  if (
    !isRecord(predicate) ||
    !ledgerEvents.includes(predicate['event'] as LedgerEvent) ||
    typeof predicate['asset'] !== 'string' ||
    !Array.isArray(predicate['_sd'])
  ) {
    throw new DossierError('ledger-broken', 'The statement lacks its event or its asset');
  }
  return { subjects: value['subject'].map(parseSubject), predicate: predicate as unknown as FileEvent };
}

function parseSubject(subject: unknown): SubjectDigests {
  const digest = isRecord(subject) ? subject['digest'] : undefined;
  if (!isRecord(digest)) throw new DossierError('ledger-broken', 'A subject of the statement has no digest');
  const known = Object.fromEntries(
    digestNames.flatMap((name) => (digest[name] === undefined ? [] : [[name, digest[name]]])),
  );
  if (Object.values(known).some((text) => typeof text !== 'string' || !hexDigest.test(text)))
    throw new DossierError('ledger-broken', 'A digest in the statement is malformed');
  return known;
}
