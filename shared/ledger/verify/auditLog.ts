import { concatBytes, equalBytes, toHex } from '../../core/bytes.ts';
import { isDossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import type { StateRecord, StateStore } from '../../state/state.ts';
import { mayHaveSigned, openTrusted } from '../identity/keyPeriods.ts';
import { readRotation } from '../identity/rotation.ts';
import type { Trust } from '../identity/trust.ts';
import { appendLeaves, emptyRange, hashLeaf, rootOf } from '../log/merkle.ts';
import * as records from '../log/records.ts';
import { tileWidth } from '../log/tiles.ts';
import { findLedger, type LedgerPorts, ledgerName } from '../openLedger.ts';
import type { Checkpoint } from '../signing/checkpoint.ts';
import { type Envelope, encodeLeaf, preAuthentication } from '../signing/envelope.ts';
import { keyFingerprint, parseStatementPublicKey } from '../signing/signingKeys.ts';
import { disclosureDigest, openDisclosure } from '../statement/mask.ts';
import { parseStatement, type Statement } from '../statement/statement.ts';

export interface AuditOptions {
  readonly store: StateStore;
  /** Name of the ledger within the store. */
  readonly ledger: string;
  /** Its log and the statement keys that may have signed. */
  readonly trust: Trust;
  /**
   * Signed notes kept elsewhere: receipts, published folders, what a host remembers. Only they can tell that the newest
   * entries were cut off.
   */
  readonly seen?: readonly string[];
  /**
   * What earlier audits of this process found to be signed, each entry by the hash of its whole record; this one adds
   * to it. Checking a signature costs more than all the rest: an entry in which any byte has changed is another, and is
   * checked in full.
   */
  readonly verified?: Set<string>;
}

/** One thing that does not fit, in a sentence for people. */
export interface AuditFinding {
  /** Of the record; absent where the whole is concerned. */
  readonly key?: string;
  readonly sentence: string;
}

/**
 * Reads a whole ledger and derives again from its signed statements everything else that is stored: leaves, tiles,
 * root, indexes, chains. Whatever differs in any byte is named. Never throws for a damaged ledger; an empty answer
 * means that the ledger is whole.
 */
export async function auditLog(
  { store, ledger, trust, seen = [], verified = new Set() }: AuditOptions,
  signal?: AbortSignal,
): Promise<AuditFinding[]> {
  const keys = records.logKeys(ledger);
  const findings: AuditFinding[] = [];
  const stored = new Map((await store.list(keys.all, signal)).map((record) => [record.key, record]));
  const report = (sentence: string, key?: string) =>
    void findings.push(key === undefined ? { sentence } : { key, sentence });
  /** The record, taken off the list of those that nothing asks for. */
  const take = <T>(key: string, read: (record: StateRecord) => T): T | undefined => {
    const record = stored.get(key);
    stored.delete(key);
    if (!record) {
      report(`The record ${key} is missing`, key);
      return undefined;
    }
    try {
      return read(record);
    } catch (error) {
      if (!isDossierError(error)) throw error;
      report(error.message, key);
      return undefined;
    }
  };
  /** The record must be these bytes. */
  const expectBytes = (key: string, expected: Uint8Array) => {
    const held = take(key, ({ value }) => value);
    if (held && !equalBytes(held, expected))
      report(`The record ${key} is not what follows from the signed statements`, key);
  };

  const head = take(keys.head, (record) => ({ ...records.decodeHead(record), bytes: record.value }));
  stored.delete(keys.id);
  const entries = [...stored.keys()].filter((key) => key.startsWith(keys.entries)).length;
  // A damaged head may name any number: where many are missing, not each of them is looked for.
  const size = Math.min(head?.tree.size ?? entries, 2 * entries + 1);
  const origin = head?.origin ?? trust.logs[0]?.origin ?? '';
  const rotations = new Map(
    trust.rotations?.flatMap((rotation) => (rotation.origin === origin ? [[rotation.index, rotation] as const] : [])),
  );
  const verifiers = new Map(trust.statementKeys.map((key) => [keyFingerprint(key), parseStatementPublicKey(key)]));
  const assets = new Map<string, records.AssetState>();
  const leaves: Uint8Array[] = [];

  for (let index = 0; index < size; index++) {
    const key = keys.entry(index);
    const read = take(key, (record) => {
      const entry = records.decodeEntry(record);
      return { entry, bytes: record.value, statement: parseStatement(entry.envelope.payload) };
    });
    leaves.push(read ? hashLeaf(encodeLeaf(read.entry.envelope)) : new Uint8Array(32));
    if (!read) continue;
    const { entry, bytes, statement } = read;
    const { envelope } = entry;
    if (!records.isAsWritten(bytes, entry)) report(`Entry ${index} is not written as Dossier writes entries`, key);
    if (!isSigned(envelope, bytes)) report(`Entry ${index} was not signed with a key of this ledger`, key);
    if (!mayHaveSigned(trust, origin, envelope.publicKey, index))
      report(`Entry ${index} was signed with a key that was not in use at its place`, key);
    checkRotation(index, statement, envelope);
    followChain(index, statement, entry, leaves[index] as Uint8Array);
    for (const digest of records.digestsIn(statement.subjects))
      expectBytes(keys.digest(digest, index), new Uint8Array());
    expectBytes(keys.seen(entry.occasion), records.encodeIndex(index));
    // One of the digests is of nothing; the others are of claims.
    if (statement.predicate._sd.length > 1) take(keys.salt(index), (record) => checkSalts(index, record, statement));
  }
  for (const [asset, state] of assets) expectBytes(keys.asset(asset), records.encodeAsset(state));
  checkHead();
  for (const index of rotations.keys())
    report(`Entry ${index} does not change the keys of the ledger, as it should`, keys.entry(index));
  for (const key of stored.keys()) report(`The record ${key} belongs to nothing`, key);
  return findings;

  function isSigned({ payload, signature, publicKey }: Envelope, record: Uint8Array): boolean {
    const verifier = verifiers.get(keyFingerprint(publicKey));
    if (!verifier) return false;
    const whole = sha256Hex(record);
    if (verified.has(whole)) return true;
    const signed = verifier.verify(preAuthentication(payload), signature);
    if (signed) verified.add(whole);
    return signed;
  }

  function followChain(index: number, { predicate }: Statement, entry: records.LogEntry, leaf: Uint8Array): void {
    const before = assets.get(predicate.asset);
    if (predicate.prev !== before?.lastLeaf || entry.previous !== before?.lastIndex)
      report(`Entry ${index} does not continue the history of its file`, keys.entry(index));
    const version = (before?.version ?? 0) + (records.beginsVersion(predicate.event) ? 1 : 0);
    if (predicate.version !== version)
      report(`Entry ${index} names another version than its history gives`, keys.entry(index));
    assets.set(predicate.asset, { version, lastIndex: index, lastLeaf: toHex(leaf) });
  }

  /** Every change of keys is one that the ledger goes by, and both keys have signed it. */
  function checkRotation(index: number, statement: Statement, { publicKey }: Envelope): void {
    if (statement.predicate.event !== 'KeyRotate') return;
    const known = rotations.get(index);
    rotations.delete(index);
    const read = attempt(() => readRotation(origin, statement, publicKey));
    const same =
      read &&
      known &&
      [
        [read.former, known.former],
        [read.next, known.next],
      ].every(([a, b]) => equalBytes(a!.log, b!.log) && equalBytes(a!.statement, b!.statement));
    if (!same)
      report(`Entry ${index} changes the keys of the ledger without the signatures of both`, keys.entry(index));
  }

  /**
   * Single salts may be gone, which is erasure, the record may not; those that are there must open what the statement
   * hides, and be written as they were.
   */
  function checkSalts(index: number, record: StateRecord, { predicate }: Statement): void {
    const disclosures = records.decodeSalts(record);
    const foreign = Object.values(disclosures).some(
      (disclosure) => typeof disclosure !== 'string' || !predicate._sd.includes(disclosureDigest(disclosure)),
    );
    const misnamed = Object.entries(disclosures).some(
      ([claim, disclosure]) => !foreign && openDisclosure(disclosure, predicate._sd).claim !== claim,
    );
    if (foreign || misnamed || !equalBytes(record.value, records.encodeSalts(disclosures)))
      report(`The hidden names of entry ${index} were changed`, record.key);
  }

  /** Derives tiles and head from the leaves; gives the roots of the first so many entries. */
  function checkTree(sizes: readonly number[]): ReadonlyMap<number, Uint8Array> {
    const tiles = new Map<string, Uint8Array[]>();
    const roots = new Map<number, Uint8Array>();
    let tree = emptyRange;
    for (const upTo of [...sizes, leaves.length].sort((a, b) => a - b)) {
      tree = appendLeaves(tree, leaves.slice(tree.size, upTo), (level, index, hash) => {
        if (level % 8 !== 0) return;
        const key = keys.tile(level / 8, Math.floor(index / tileWidth));
        const hashes = tiles.get(key);
        if (hashes) hashes.push(hash);
        else tiles.set(key, [hash]);
      });
      roots.set(tree.size, rootOf(tree));
    }
    for (const [key, hashes] of tiles) expectBytes(key, concatBytes(hashes));
    if (head && !equalBytes(head.bytes, records.encodeHead({ ...head, tree })))
      report('The head of the ledger does not fit its entries', keys.head);
    return roots;
  }

  function checkHead(): void {
    const own = head?.note;
    if ((head?.generation ?? 0) !== (trust.rotations ?? []).filter((rotation) => rotation.origin === origin).length)
      report('The head of the ledger does not fit the keys that the ledger has had', keys.head);
    if (size > 0 && own === undefined) report('The ledger has no signed checkpoint', keys.head);
    const checkpoints = new Map([...(own === undefined ? [] : [own]), ...seen].map((note) => [note, openAny(note)]));
    const roots = checkTree([...checkpoints.values()].flatMap((checkpoint) => checkpoint?.size ?? []));
    for (const [note, checkpoint] of checkpoints) {
      const root = checkpoint && roots.get(checkpoint.size);
      if (!checkpoint)
        report(
          note === own
            ? 'The checkpoint of the ledger has no valid signature'
            : 'A checkpoint from elsewhere is not of this ledger',
          keys.head,
        );
      else if (note === own && (checkpoint.size !== head?.signedSize || head.origin !== checkpoint.origin))
        report('The checkpoint of the ledger does not fit its head', keys.head);
      else if (!root)
        report(
          `The ledger was seen with ${checkpoint.size} entries and now has ${leaves.length}: the newest are missing`,
          keys.head,
        );
      else if (!equalBytes(root, checkpoint.root))
        report(`The first ${checkpoint.size} entries are not those that were signed`, keys.head);
    }
  }

  function openAny(note: string): Checkpoint | undefined {
    return attempt(() => openTrusted(note, trust));
  }
}

/** The same for the ledger of a store, its name included. */
export async function auditLedger(
  ports: LedgerPorts,
  known: Pick<AuditOptions, 'seen' | 'verified'> = {},
  signal?: AbortSignal,
): Promise<AuditFinding[]> {
  const { id, all } = records.logKeys(ledgerName);
  try {
    const ledger = await findLedger(ports, signal);
    if (ledger)
      return await auditLog({ store: ports.store, ledger: ledgerName, trust: ledger.trust, ...known }, signal);
    const lost = (known.seen ?? []).length > 0 || (await ports.store.keys(all, signal)).length > 0;
    return lost ? [{ key: id, sentence: 'The name of the ledger is gone: its keys cannot be told without it' }] : [];
  } catch (error) {
    if (isDossierError(error, 'ledger-broken') || isDossierError(error, 'vault-locked'))
      return [{ key: id, sentence: error.message }];
    throw error;
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}
