import { equalBytes, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { mayHaveSigned, openTrusted } from '../identity/keyPeriods.ts';
import type { Trust } from '../identity/trust.ts';
import {
  consistencyProof,
  hashLeaf,
  inclusionProof,
  isConsistent,
  type NodeReader,
  rootFromInclusion,
} from '../log/merkle.ts';
import { tileNodeReader, tilePath } from '../log/tiles.ts';
import { findInLookup, firstFrom, lookupPath, type NodeSource } from '../lookup/lookupNode.ts';
import {
  type AssetPage,
  type DigestPlace,
  lookupKeys,
  type PublishedStatement,
  parseAssetPage,
  parseDigestPlaces,
  parseStamp,
} from '../lookup/lookupRecords.ts';
import {
  endorsementOf,
  openLookupHead,
  type PublishedHead,
  parsePublishedHead,
  publishedHeadName,
} from '../lookup/publishedHead.ts';
import { followRotations } from '../receipt/followRotations.ts';
import { parseReceipt, type Receipt } from '../receipt/receipt.ts';
import { isSame, verifyReceipt } from '../receipt/verifyReceipt.ts';
import { type Checkpoint, logId, openCheckpointOf } from '../signing/checkpoint.ts';
import { encodeLeaf, preAuthentication } from '../signing/envelope.ts';
import { keyFingerprint, parseStatementPublicKey } from '../signing/signingKeys.ts';
import { custodyEvents, parseStatement, type SubjectDigests } from '../statement/statement.ts';
import {
  type HistoryItem,
  type KnownVersion,
  lastOfFile,
  type Question,
  unknownReasons,
  type Verdict,
} from './verdict.ts';
import type { TileReader } from './verifyInTiles.ts';

export interface PublishedQuestion {
  readonly read: TileReader;
  /**
   * Fingerprint of a statement key that the owner told by another way. Without one, the keys are taken as the folder
   * names them: then the answer is about whoever wrote the folder.
   */
  readonly fingerprint?: string | undefined;
  /** Checkpoints of this ledger that this reader saw before: an older state is not taken for the newest. */
  readonly seen?: readonly string[];
  /** Time-stamp authorities that this reader believes. */
  readonly timestampChains?: Trust['timestampChains'];
  /** Judges a stamp; absent: stamps prove nothing here. */
  readonly timeOf?: (stamp: Uint8Array, message: Uint8Array) => number | undefined;
}

/** What became of a version that was found. */
export type Standing = 'newest' | 'superseded' | 'withdrawn' | 'deleted';

export interface PublishedVersion extends KnownVersion {
  readonly standing: Standing;
  /** Number of the asset's newest version. */
  readonly newestVersion: number;
  /** Proof of the version, for other verifiers. */
  readonly receipt: Receipt;
}

export type PublishedVerdict =
  | {
      readonly answer: 'known';
      readonly versions: readonly PublishedVersion[];
      /** How often the content was recorded; `versions` has the oldest and the newest of them. */
      readonly count: number;
    }
  | Exclude<Verdict, { readonly answer: 'known' }>;

/** An opened published ledger, as one state of it. */
export interface PublishedLedger {
  readonly origin: string;
  /** Entries that the state covers. */
  readonly size: number;
  /** When the owner published it, by their clock, milliseconds since 1970 UTC. */
  readonly at: number;
  /** Signed note: to be remembered, and given as `seen` the next time. */
  readonly checkpoint: string;
  readonly trust: Trust;
  /** The newest statement key's. */
  readonly fingerprint: string;
  /** Fingerprints of all statement keys that the ledger has had, oldest first. */
  readonly fingerprints: readonly string[];
  /** Whether the keys were compared with a fingerprint that the reader had. */
  readonly compared: boolean;
  ask(question: Question): Promise<PublishedVerdict>;
}

const mostVersions = 8;

/**
 * Opens a published ledger from its static files. Every file is checked against what is signed: a changed, missing,
 * mixed or older one ends in `ledger-broken`, which names it; a key without the told fingerprint in
 * `invalid-input`. Files that are just
 * being published anew may not fit one another for a moment: opening again gives the newer state.
 */
export async function openPublished(options: PublishedQuestion): Promise<PublishedLedger> {
  const bytes = await options.read(publishedHeadName);
  if (!bytes)
    throw new DossierError(
      'not-found',
      say`There is no published ledger at this address: ${publishedHeadName} is missing`,
    );
  const head = parsePublishedHead(bytes);
  const trust = trustInHead(head, options);
  const checkpoint = openTrusted(head.checkpoint, trust);
  const newest = trust.logs.at(-1)!;
  const lookup = openLookupHead(head.lookup, newest);
  if (lookup.size !== checkpoint.size)
    throw new DossierError('ledger-broken', 'The published index is of another state than the ledger');
  const { origin, size } = checkpoint;
  const nodes = tileNodeReader(size, (tile) => required(options.read, tilePath(tile)));
  for (const note of options.seen ?? []) await demandContinues(note, { checkpoint, trust, nodes });
  const state: State = {
    ...options,
    head,
    trust,
    checkpoint,
    nodes,
    root: lookup.root,
    source: nodeSource(options.read),
  };
  const fingerprints = trust.statementKeys.map(keyFingerprint);
  return {
    origin,
    size,
    at: lookup.at,
    checkpoint: head.checkpoint,
    trust,
    fingerprints,
    fingerprint: fingerprints.at(-1)!,
    compared: options.fingerprint !== undefined,
    ask: (question) => answer(state, question),
  };
}

interface State extends PublishedQuestion {
  readonly head: PublishedHead;
  readonly trust: Trust;
  readonly checkpoint: Checkpoint;
  readonly nodes: NodeReader;
  readonly root: string;
  readonly source: NodeSource;
}

/** Each file once, however many questions are asked. */
function nodeSource(read: TileReader): NodeSource {
  const kept = new Map<string, Promise<Uint8Array | undefined>>();
  return (hash) => {
    const node = kept.get(hash) ?? read(lookupPath(hash));
    kept.set(hash, node);
    node.catch(() => kept.delete(hash));
    return node;
  };
}

/**
 * All keys that the folder names, bound to one another by the signatures of both sides of each change, and the newest
 * log key to the newest statement key. So one fingerprint, of any of them, vouches for all. `invalid-input` when none of
 * them has it; `ledger-broken` names what is not bound.
 */
export function trustInHead(head: PublishedHead, { fingerprint, timestampChains = [] }: PublishedQuestion): Trust {
  const [firstLog, firstKey] = [head.logs[0]!, head.statementKeys[0]!];
  const trust = followRotations(
    { logs: [firstLog], statementKeys: [firstKey], timestampChains },
    head.rotations.map(parseReceipt),
  );
  const told = fingerprint?.replace(/[\s:]/g, '').toLowerCase();
  if (told !== undefined && !trust.statementKeys.some((key) => keyFingerprint(key) === told))
    throw new DossierError(
      'invalid-input',
      'The ledger at this address is not signed with the key that has this fingerprint: it is somebody else’s, or the fingerprint was mistyped',
    );
  const endorsed = parseStatementPublicKey(trust.statementKeys.at(-1)!).verify(
    endorsementOf(trust.logs.at(-1)!),
    head.endorsement,
  );
  if (!endorsed)
    throw new DossierError('ledger-broken', 'The key of the log is not one that the owner of the ledger has named');
  return trust;
}

/** What was seen before must be the beginning of what is shown now. */
async function demandContinues(
  note: string,
  { checkpoint, trust, nodes }: Pick<State, 'checkpoint' | 'trust' | 'nodes'>,
): Promise<void> {
  if (!note.startsWith(`${checkpoint.origin}\n`)) return;
  const seen = openCheckpointOf(note, trust.logs);
  if (seen.size > checkpoint.size)
    throw new DossierError(
      'ledger-broken',
      say`An older state of the ledger is shown, with ${checkpoint.size} entries: it was seen with ${seen.size} before. Somebody has put it back, or the place has not caught up yet`,
    );
  const proof = await consistencyProof(nodes, seen.size, checkpoint.size);
  if (!isConsistent(seen.size, seen.root, checkpoint.size, checkpoint.root, proof))
    throw new DossierError(
      'ledger-broken',
      'The ledger is shown with another history than the one that was seen before',
    );
}

async function answer(state: State, { digests, asset }: Question): Promise<PublishedVerdict> {
  const places = new Map<number, DigestPlace>();
  let count = 0;
  for (const digest of [digests.sha256, digests.dropboxContentHash]) {
    const found = digest === undefined ? undefined : await look(state, lookupKeys.digest(digest));
    if (found === undefined) continue;
    const known = parseDigestPlaces(found);
    count = Math.max(count, known.count);
    for (const place of known.places) places.set(place.index, place);
  }
  const all = [...places.values()].sort((a, b) => a.index - b.index);
  const chosen = all.length > mostVersions ? [...all.slice(0, 1), ...all.slice(-(mostVersions - 1))] : all;
  const versions: PublishedVersion[] = [];
  for (const place of chosen) {
    const found = await versionAt(state, digests, place);
    // A file that was moved or removed was recorded with its content again: the first time counts.
    if (!versions.some(({ asset: known, version }) => known === found.asset && version === found.version))
      versions.push(found);
  }
  if (versions.length > 0) return { answer: 'known', versions, count };
  const page = asset === undefined ? undefined : await pageOf(state, lookupKeys.asset(asset));
  if (asset === undefined || !page) return { answer: 'unknown', reasons: unknownReasons };
  const history = await provedHistory(state, asset, page);
  const last = history.findLast(({ predicate }) => !endings.has(predicate.event)) ?? history.at(-1)!;
  return { answer: 'changed', asset, last, history };
}

const endings: ReadonlySet<string> = new Set(['Delete', 'Withdraw', ...custodyEvents]);

async function versionAt(state: State, digests: SubjectDigests, place: DigestPlace): Promise<PublishedVersion> {
  const newest = await pageOf(state, lookupKeys.asset(place.asset));
  if (!newest) throw inconsistent();
  const page = place.page === newest.pages ? newest : await pageOf(state, lookupKeys.page(place.asset, place.page));
  const statement = page?.statements.find(({ index }) => index === place.index);
  if (!page || !statement) throw inconsistent();
  const receipt = await receiptFor(state, statement);
  const proof = verifyReceipt(receipt, state.trust, digests);
  const read = parseStatement(statement.payload);
  if (!proof.holds || !read.subjects.some((subject) => isSame(subject, digests))) throw unproved(statement);
  const history: HistoryItem[] = [];
  // That it was removed, or consent taken back, may be told on any page since.
  for (let at = place.page; at < newest.pages; at++) {
    const between = at === place.page ? page : await pageOf(state, lookupKeys.page(place.asset, at));
    if (!between) throw inconsistent();
    history.push(...(await provedHistory(state, place.asset, between)));
  }
  history.push(...(await provedHistory(state, place.asset, newest)));
  const stampedAt = await stampedTime(state, statement);
  return {
    asset: place.asset,
    version: read.predicate.version,
    index: place.index,
    proof,
    receipt,
    level: stampedAt === undefined ? 'L0' : 'L1',
    ...(stampedAt === undefined ? {} : { stampedAt }),
    history,
    ...standingOf(read.predicate.version, history),
  };
}

function standingOf(
  version: number,
  history: readonly HistoryItem[],
): Pick<PublishedVersion, 'standing' | 'newestVersion'> {
  const { event, version: newestVersion } = lastOfFile(history)!.predicate;
  if (event === 'Withdraw') return { standing: 'withdrawn', newestVersion };
  if (event === 'Delete') return { standing: 'deleted', newestVersion };
  return { standing: version === newestVersion ? 'newest' : 'superseded', newestVersion };
}

/** The statements of a page: the newest of them is proved to be in the log, all by their signatures. */
async function provedHistory(state: State, asset: string, { statements }: AssetPage): Promise<HistoryItem[]> {
  const items = statements.map((statement) => ({ statement, ...parseStatement(statement.payload) }));
  const last = statements.at(-1);
  if (!last || items.some(({ predicate }) => predicate.asset !== asset)) throw inconsistent();
  if (!verifyReceipt(await receiptFor(state, last), state.trust).holds) throw unproved(last);
  for (const { statement } of items)
    if (statement !== last && !keyThatSigned(state, statement)) throw unproved(statement);
  return items.map(({ statement: { index }, subjects, predicate }) => ({ index, subjects, predicate }));
}

/** The receipt of a published statement, made from the tiles. */
async function receiptFor(state: State, statement: PublishedStatement): Promise<Receipt> {
  const { trust, head, checkpoint, nodes } = state;
  const { index, payload, signature } = statement;
  const publicKey = keyThatSigned(state, statement);
  if (!publicKey || index >= checkpoint.size) throw unproved(statement);
  const sealedBy = trust.logs.findLast((identity) => isSealedBy(head.checkpoint, identity));
  return {
    payload,
    signature,
    leafBody: encodeLeaf({ payload, signature, publicKey }),
    index,
    treeSize: checkpoint.size,
    proof: await inclusionProof(nodes, index, checkpoint.size),
    root: checkpoint.root,
    checkpoint: head.checkpoint,
    timestamps: [],
    logId: logId(sealedBy ?? trust.logs.at(-1)!),
    keyHint: keyFingerprint(publicKey),
  };
}

function isSealedBy(note: string, identity: Trust['logs'][number]): boolean {
  try {
    openCheckpointOf(note, [identity]);
    return true;
  } catch (error) {
    if (isDossierError(error)) return false;
    throw error;
  }
}

function keyThatSigned({ trust, checkpoint }: State, { index, payload, signature }: PublishedStatement) {
  return trust.statementKeys.find(
    (key) =>
      mayHaveSigned(trust, checkpoint.origin, key, index) &&
      parseStatementPublicKey(key).verify(preAuthentication(payload), signature),
  );
}

/** The time that an authority vouches for: of the first stamped checkpoint that covers the statement. */
async function stampedTime(state: State, statement: PublishedStatement): Promise<number | undefined> {
  const { timeOf, trust, source, root, nodes, checkpoint } = state;
  const found = timeOf && (await firstFrom(source, root, lookupKeys.stamp(statement.index + 1)));
  if (!timeOf || !found?.[0].startsWith('stamp ')) return undefined;
  const { note, stamp } = parseStamp(found[1]);
  const stamped = openCheckpointOf(note, trust.logs);
  const publicKey = keyThatSigned(state, statement);
  if (!publicKey || stamped.size <= statement.index || stamped.size > checkpoint.size) return undefined;
  const leaf = hashLeaf(encodeLeaf({ ...statement, publicKey }));
  const proof = await inclusionProof(nodes, statement.index, stamped.size);
  const leadsTo = rootFromInclusion(leaf, statement.index, stamped.size, proof);
  return leadsTo && equalBytes(leadsTo, stamped.root) ? timeOf(stamp, utf8(note)) : undefined;
}

async function look({ source, root }: State, key: string) {
  return findInLookup(source, root, key);
}

async function pageOf(state: State, key: string): Promise<AssetPage | undefined> {
  const found = await look(state, key);
  return found === undefined ? undefined : parseAssetPage(found);
}

async function required(read: TileReader, path: string): Promise<Uint8Array> {
  const bytes = await read(path);
  if (!bytes) throw new DossierError('ledger-broken', say`The published file ${path} is missing`, { path });
  return bytes;
}

function inconsistent(): DossierError {
  return new DossierError('ledger-broken', 'The published index does not fit itself');
}

function unproved({ index }: PublishedStatement): DossierError {
  return new DossierError(
    'ledger-broken',
    say`Entry ${index} of the published ledger is not what the ledger has signed`,
  );
}
