import { fromBase64, fromUtf8, toBase64, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, type Json, parseJson } from '../../core/json.ts';
import { type LogIdentity, openNote, parseVerifierKey, verifierKey } from '../signing/checkpoint.ts';
import { parseStatementPublicKey } from '../signing/signingKeys.ts';

/** The file that readers begin with; written last, and in one piece. */
export const publishedHeadName = 'ledger.json';

/**
 * What a published ledger says of itself. Everything in it is a claim until it was checked against a key that the
 * reader got another way.
 */
export interface PublishedHead {
  /** Signed note: the head of the log. */
  readonly checkpoint: string;
  /** Signed note: the head of the index, see `encodeLookupHead`. */
  readonly lookup: string;
  /** Log keys, oldest first. */
  readonly logs: readonly LogIdentity[];
  /** Statement keys, SubjectPublicKeyInfo DER, oldest first. */
  readonly statementKeys: readonly Uint8Array[];
  /** The newest statement key's signature over `endorsementOf` the newest log key. */
  readonly endorsement: Uint8Array;
  /** Receipts of the changes of keys, oldest first. */
  readonly rotations: readonly Uint8Array[];
}

/** Binds a log key to the statement key that people compare: without it anybody could leave out what they like. */
export function endorsementOf({ origin, publicKey }: LogIdentity): Uint8Array {
  return utf8(`dossier.v1 log key\n${origin}\n${toBase64(publicKey)}\n`);
}

/** The index of a published ledger as its log signs it: so that also "not known" is an answer of the owner. */
export interface LookupHead {
  readonly origin: string;
  /** Entries of the ledger that it covers. */
  readonly size: number;
  /** Hash of its root node. */
  readonly root: string;
  /** When it was made, by the owner's clock, milliseconds since 1970 UTC. */
  readonly at: number;
}

const lookupTitle = 'dossier.v1 lookup';

/** The text that the log key signs; its first line keeps it apart from checkpoints. */
export function encodeLookupHead({ origin, size, root, at }: LookupHead): string {
  return `${lookupTitle}\n${origin}\n${size}\n${root}\n${new Date(at).toISOString()}\n`;
}

/** Reads a signed head of an index; `ledger-broken` unless this log has signed it. */
export function openLookupHead(note: string, identity: LogIdentity): LookupHead {
  const [title, origin, size, root, at] = openNote(note, identity).slice(0, -1).split('\n');
  const head = { origin: String(origin), size: Number(size), root: String(root), at: Date.parse(String(at)) };
  const isForm = /^\d{1,15}$/.test(size ?? '') && /^[0-9a-f]{64}$/.test(head.root) && Number.isFinite(head.at);
  if (title !== lookupTitle || origin !== identity.origin || !isForm)
    throw new DossierError('ledger-broken', 'The head of the published index is malformed');
  return head;
}

const format = 'dossier.v1 published ledger';

export function encodePublishedHead(head: PublishedHead): Uint8Array {
  const value = {
    format,
    checkpoint: head.checkpoint,
    lookup: head.lookup,
    logs: head.logs.map(verifierKey),
    statementKeys: head.statementKeys.map(toBase64),
    endorsement: toBase64(head.endorsement),
    rotations: head.rotations.map((receipt) => parseJson(fromUtf8(receipt), 'ledger-broken', 'A receipt') as Json),
  };
  return utf8(`${JSON.stringify(value, null, 1)}\n`);
}

const mostKeys = 1000;

/** Reads the file; `ledger-broken` says that it is none. Checks form only. */
export function parsePublishedHead(bytes: Uint8Array): PublishedHead {
  const value = parseJson(fromUtf8(bytes), 'ledger-broken', 'The published ledger');
  if (!isRecord(value) || value['format'] !== format)
    throw new DossierError('ledger-broken', 'That is not a published ledger, or one of a newer version of Dossier');
  const { checkpoint, lookup, logs, statementKeys, endorsement, rotations } = value;
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.length > 0 && list.length <= mostKeys && list.every((text) => typeof text === 'string');
  if (
    typeof checkpoint !== 'string' ||
    typeof lookup !== 'string' ||
    typeof endorsement !== 'string' ||
    !texts(logs) ||
    !texts(statementKeys) ||
    !Array.isArray(rotations) ||
    rotations.length >= mostKeys
  )
    throw new DossierError('ledger-broken', 'The published ledger lacks its checkpoint or its keys');
  const keys = statementKeys.map(fromBase64);
  keys.forEach(parseStatementPublicKey);
  return {
    checkpoint,
    lookup,
    logs: logs.map(parseVerifierKey),
    statementKeys: keys,
    endorsement: fromBase64(endorsement),
    rotations: rotations.map((receipt) => utf8(JSON.stringify(receipt))),
  };
}
