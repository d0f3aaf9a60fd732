import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { say } from '../../core/sentence.ts';
import type { Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';
import { encodeTrustedRoot } from '../identity/trust.ts';
import { consistencyProof, isConsistent } from '../log/merkle.ts';
import { encodeEntryBundle, tilePath, tilesBetween, tileWidth } from '../log/tiles.ts';
import { growLookup, nodesOfLookup } from '../lookup/growLookup.ts';
import { lookupPath, type NodeSource } from '../lookup/lookupNode.ts';
import { addToLookup, encodeStamp, lookupKeys } from '../lookup/lookupRecords.ts';
import {
  encodePublishedHead,
  endorsementOf,
  openLookupHead,
  type PublishedHead,
  parsePublishedHead,
  publishedHeadName,
} from '../lookup/publishedHead.ts';
import type { Ledger } from '../openLedger.ts';
import { encodeReceipt, parseReceipt } from '../receipt/receipt.ts';
import { verifyReceipt } from '../receipt/verifyReceipt.ts';
import { type Checkpoint, openCheckpointOf } from '../signing/checkpoint.ts';
import { type Envelope, encodeLeaf } from '../signing/envelope.ts';
import { parseStatementPublicKey, statementKeyPem } from '../signing/signingKeys.ts';
import { type FileEvent, parseStatement } from '../statement/statement.ts';
import { checkpointStamps, receiptOf } from '../timestampStore.ts';
import { createPublishedFolder, type PublishedFolder } from './publishedFolder.ts';
import { verificationPage } from './verificationPage.ts';

/** What a publisher remembers of a folder, apart from it. Plain JSON. */
export interface PublishMemory {
  /** The checkpoint that was published last: an older one in the folder was put back there. */
  readonly checkpoint?: string;
  /** See `PublishOptions.policy`. */
  readonly policy?: string;
  /** Stamped checkpoints up to this size are published. */
  readonly stampedTo?: number;
  /** See `PublishedHead.endorsement`, in base64: a signature of its kind is another each time. */
  readonly endorsement?: string;
  /** SHA-256 of the keys and pages, hexadecimal. */
  readonly pages?: string;
  /** Files of a former index may be left over. */
  readonly unswept?: boolean;
}

export interface PublishOptions {
  readonly ledger: Ledger;
  readonly drive: Drive;
  /** Folder that is to hold the public part, behind a web server or a share link: an empty one, or one published before. */
  readonly folder: EntryRef;
  /** Which statements are shown; the leaves of all others stay hashes that say nothing. */
  readonly isPublic: (event: FileEvent, index: number) => boolean;
  /** Stands for what `isPublic` says of the first so many entries: where it is another text than last time, all that is
   * shown is chosen anew. */
  readonly policy: (size: number) => string;
  /** Undefined before the first time. */
  readonly memory?: PublishMemory | undefined;
  /** Makes the memory durable. */
  readonly remember: (memory: PublishMemory) => Promise<void>;
  /** Content of `verify.html`; absent: no page is published. */
  readonly page?: string | undefined;
  /** Writes everything anew, also what seems to be there. */
  readonly whole?: boolean;
  readonly onProgress?: (progress: { readonly entries: number; readonly of: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Published {
  /** Entries of the ledger that are covered now. */
  readonly size: number;
  /** False: everything was there already. */
  readonly changed: boolean;
  /** Somebody had put an older state into the folder, or had changed it; what is there now is right. */
  readonly repaired: boolean;
}

const checkpointName = 'checkpoint';
/** Statements that are taken into the index at a time, so that memory has a bound. */
const indexedAtOnce = 20_000;
const readAtOnce = 64;

/**
 * Writes the public part of a ledger as static files: a transparency log (https://c2sp.org/tlog-tiles), an index by
 * digest, keys and pages. What a head speaks of is written before it, and heads are single files: a reader sees the
 * former state or the next one. Repeats cost only what is new; after a kill the next call goes on. `already-exists` for
 * a folder with other files in it; `ledger-broken` when the folder shows a newer or another history of this ledger.
 * One at a time for each folder.
 */
export async function publishLedger(options: PublishOptions): Promise<Published> {
  const { ledger, drive, memory, remember, policy, signal } = options;
  const head = await ledger.log.head(signal);
  if (!head) return { size: 0, changed: false, repaired: false };
  const folder = createPublishedFolder(drive, options.folder, ledger.clock, signal);
  const before = await publishedBefore(folder, options, head.checkpoint);
  const { size } = head.checkpoint;
  const stamps = await checkpointStamps(ledger, before.stampedTo, signal);
  if (before.lookup && before.checkpoint === head.note && stamps.length === 0 && !memory?.unswept)
    return { size, changed: false, repaired: false };
  // From here on the folder is ours, also when this is cut off.
  await remember({ ...memory, unswept: true });

  const written = await writeEntriesOrRepair(options, folder, before, size);
  await writeHashTiles(options, folder, written.anew ? 0 : before.size, size);
  const rotations = await rotationReceipts(options, folder);
  const endorsement = endorsementFor(ledger, memory?.endorsement);
  const pages = keysAndPages(options, { rotations, endorsement });
  const pagesHash = sha256Hex(concatBytes(pages.map(([, bytes]) => bytes)));
  if (before.lookup === undefined || memory?.pages !== pagesHash)
    for (const [path, bytes] of pages) await folder.renew(path, bytes);
  await folder.renew(checkpointName, utf8(head.note));
  const lookup = ledger.signLookup({ size, root: written.root, at: ledger.clock.now() });
  await folder.renew(
    publishedHeadName,
    encodeHeadOf(ledger, { checkpoint: head.note, lookup, rotations, endorsement }),
  );
  await sweep(folder, written, before.lookup === undefined || memory?.unswept === true);
  const stampedTo = Math.max(before.stampedTo, ...stamps.map((each) => each.size));
  await remember({
    checkpoint: head.note,
    policy: policy(size),
    stampedTo,
    pages: pagesHash,
    endorsement: toBase64(endorsement),
  });
  return { size, changed: true, repaired: before.repaired || (written.anew && before.lookup !== undefined) };
}

interface Before {
  /** Entries that the folder's own head covers; 0 where it has none. */
  readonly size: number;
  readonly checkpoint?: string;
  /** Root of the index that is there, where the new one may begin with it. */
  readonly lookup?: string;
  readonly stampedTo: number;
  readonly repaired: boolean;
}

async function publishedBefore(folder: PublishedFolder, options: PublishOptions, own: Checkpoint): Promise<Before> {
  const { ledger, memory, policy, whole = false, signal } = options;
  const remembered = memory?.checkpoint === undefined ? undefined : openOwn(ledger, memory.checkpoint);
  await demandContinued(ledger, remembered, own, folder.path, signal);
  const bytes = await folder.read(publishedHeadName);
  if (!bytes) {
    if (memory === undefined && !(await folder.isEmpty())) throw occupied(folder);
    return { size: 0, stampedTo: 0, repaired: remembered !== undefined };
  }
  const there = attempt(() => {
    const head = parsePublishedHead(bytes);
    return { ...head, ...openOwn(ledger, head.checkpoint) };
  });
  if (!there) {
    if (memory === undefined) throw occupied(folder);
    return { size: 0, stampedTo: 0, repaired: true };
  }
  await demandContinued(ledger, there, own, folder.path, signal);
  const repaired = remembered !== undefined && remembered.size > there.size;
  const index = attempt(() => openLookup(ledger, there.lookup));
  const goesOn =
    !whole && !repaired && memory !== undefined && memory.policy === policy(there.size) && index?.size === there.size;
  const { checkpoint, size } = there;
  return goesOn
    ? { size, checkpoint, lookup: index.root, stampedTo: memory.stampedTo ?? 0, repaired }
    : { size: whole ? 0 : size, checkpoint, stampedTo: 0, repaired };
}

/** The ledger must continue what was shown. */
async function demandContinued(
  { log }: Ledger,
  shown: Checkpoint | undefined,
  own: Checkpoint,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  if (!shown || shown.size === 0) return;
  if (shown.size > own.size)
    throw new DossierError(
      'ledger-broken',
      say`The folder ${path} shows ${shown.size} entries, this ledger has ${own.size}: it looks like a restored backup`,
    );
  const proof = await consistencyProof(log.nodes(own.size, signal), shown.size, own.size);
  if (!isConsistent(shown.size, shown.root, own.size, own.root, proof))
    throw new DossierError('ledger-broken', say`The folder ${path} shows another history of this ledger`);
}

interface WrittenEntries {
  readonly root: string;
  readonly superseded: ReadonlySet<string>;
  /** Begun anew, because what was there could not be continued. */
  readonly anew: boolean;
}

async function writeEntriesOrRepair(
  options: PublishOptions,
  folder: PublishedFolder,
  before: Before,
  size: number,
): Promise<WrittenEntries> {
  if (before.lookup === undefined)
    return { ...(await writeEntries(options, folder, { tiles: before.size, statements: 0 }, size)), anew: false };
  try {
    const from = { tiles: before.size, statements: before.size, root: before.lookup, stamps: before.stampedTo };
    return { ...(await writeEntries(options, folder, from, size)), anew: false };
  } catch (error) {
    // A file of the index is gone or was changed: all of it follows from the ledger.
    if (!isDossierError(error, 'ledger-broken')) throw error;
    return { ...(await writeEntries(options, folder, { tiles: 0, statements: 0 }, size)), anew: true };
  }
}

/** Where the work begins. */
interface From {
  readonly tiles: number;
  readonly statements: number;
  /** Of the index that is continued. */
  readonly root?: string;
  readonly stamps?: number;
}

/** Entry bundles and index, with one look at each entry. */
async function writeEntries(
  { ledger, isPublic, onProgress, signal }: PublishOptions,
  folder: PublishedFolder,
  from: From,
  size: number,
): Promise<Omit<WrittenEntries, 'anew'>> {
  const source: NodeSource = (hash) => folder.read(lookupPath(hash));
  const bundlesFrom = from.tiles === size ? size : Math.floor(from.tiles / tileWidth) * tileWidth;
  const superseded = new Set<string>();
  let root = from.root;
  let lookup = growLookup(source, root);
  let waiting = 0;
  let bundle: Uint8Array[] = [];
  const grow = async () => {
    const grown = await lookup.grow();
    await folder.write([...grown.written].map(([hash, bytes]) => [lookupPath(hash), bytes] as const));
    for (const hash of grown.superseded) superseded.add(hash);
    for (const hash of grown.written.keys()) superseded.delete(hash);
    root = grown.root;
    lookup = growLookup(source, root);
    waiting = 0;
  };
  for await (const [index, envelope] of entriesOf(ledger, Math.min(bundlesFrom, from.statements), size, signal)) {
    if (index >= bundlesFrom) bundle.push(encodeLeaf(envelope));
    if (bundle.length === tileWidth || (index === size - 1 && bundle.length > 0)) {
      const tile = { level: 'entries', index: Math.floor(index / tileWidth), width: bundle.length } as const;
      await folder.write([[tilePath(tile), encodeEntryBundle(bundle)]]);
      bundle = [];
    }
    if (index >= from.statements && isPublic(parseStatement(envelope.payload).predicate, index)) {
      await addToLookup(lookup, index, envelope);
      waiting++;
    }
    if (waiting >= indexedAtOnce) await grow();
    onProgress?.({ entries: index + 1, of: size });
  }
  for (const { size: covers, stamped } of await checkpointStamps(ledger, from.stamps ?? 0, signal))
    lookup.set(lookupKeys.stamp(covers), encodeStamp(stamped));
  await grow();
  return { root: root as string, superseded };
}

async function* entriesOf(
  { log }: Ledger,
  from: number,
  size: number,
  signal?: AbortSignal,
): AsyncIterable<readonly [number, Envelope]> {
  for (let at = from; at < size; at += readAtOnce) {
    const indexes = Array.from({ length: Math.min(readAtOnce, size - at) }, (_, offset) => at + offset);
    const entries = await Promise.all(indexes.map((index) => log.entry(index, signal)));
    for (const [offset, entry] of entries.entries()) {
      if (!entry) throw new DossierError('ledger-broken', say`Entry ${at + offset} of the ledger is missing`);
      yield [at + offset, entry.envelope];
    }
  }
}

async function writeHashTiles(
  { ledger: { log }, signal }: PublishOptions,
  folder: PublishedFolder,
  before: number,
  size: number,
): Promise<void> {
  const nodes = log.nodes(size, signal);
  const files: (readonly [string, Uint8Array])[] = [];
  for (const tile of tilesBetween(before, size)) {
    const { level, index, width } = tile;
    if (level === 'entries') continue;
    const hashes = Array.from({ length: width }, (_, at) => nodes(level * 8, index * tileWidth + at));
    files.push([tilePath(tile), concatBytes(await Promise.all(hashes))]);
  }
  await folder.write(files);
}

/** Files that change with the keys and with Dossier alone. */
function keysAndPages({ ledger, page }: PublishOptions, signed: SignedKeys): (readonly [string, Uint8Array])[] {
  const { log, trust, since } = ledger;
  const keys = trust.statementKeys.map(
    (key, at) => [at === 0 ? 'statement-key.pem' : `statement-key-${at + 1}.pem`, utf8(statementKeyPem(key))] as const,
  );
  const changes = signed.rotations.map((receipt, at) => [rotationPath(at), receipt] as const);
  return [
    ...keys,
    ...changes,
    ['trusted_root.json', encodeTrustedRoot(trust, since)],
    ['index.html', utf8(verificationPage(log, trust))],
    ...(page === undefined ? [] : [['verify.html', utf8(withKeys(page, ledger, signed))] as const]),
  ];
}

const rotationPath = (at: number) => `rotations/${at + 1}.sigstore.json`;

/** Receipts of the changes of keys: those that are there, as long as they hold, so that nothing changes without need. */
async function rotationReceipts({ ledger, signal }: PublishOptions, folder: PublishedFolder): Promise<Uint8Array[]> {
  const receipts: Uint8Array[] = [];
  for (const [at, { index }] of (ledger.trust.rotations ?? []).entries()) {
    const there = await folder.read(rotationPath(at));
    const known = there && attempt(() => parseReceipt(there));
    const holds = known?.index === index && verifyReceipt(known, ledger.trust).holds;
    receipts.push(holds ? there! : encodeReceipt(await receiptOf(ledger, index, signal)));
  }
  return receipts;
}

type SignedKeys = Pick<PublishedHead, 'endorsement' | 'rotations'>;

function encodeHeadOf(ledger: Ledger, signed: SignedKeys & Pick<PublishedHead, 'checkpoint' | 'lookup'>): Uint8Array {
  const { logs, statementKeys } = ledger.trust;
  return encodePublishedHead({ ...signed, logs, statementKeys });
}

/** The one that was made before, unless the keys were changed since. */
function endorsementFor({ trust, log, endorsement }: Ledger, before: string | undefined): Uint8Array {
  const known = before === undefined ? undefined : attempt(() => fromBase64(before));
  const key = parseStatementPublicKey(trust.statementKeys.at(-1)!);
  return known && key.verify(endorsementOf(log.identity), known) ? known : endorsement();
}

/** The page with the keys in it, so that it can check receipts without the files beside it. */
function withKeys(page: string, ledger: Ledger, signed: SignedKeys): string {
  const keys = fromUtf8(encodeHeadOf(ledger, { ...signed, checkpoint: '', lookup: '' })).trim();
  // As text within a script element it must not end that element.
  return page.replace('id="published">null<', () => `id="published">${keys.replaceAll('<', '\\u003c')}<`);
}

/** Removes what the new index does not need; `all`: whatever is left over of former ones, too. */
async function sweep(folder: PublishedFolder, { root, superseded }: WrittenEntries, all: boolean): Promise<void> {
  if (!all) {
    for (const hash of superseded) await folder.remove(lookupPath(hash));
    return;
  }
  const needed = await nodesOfLookup((hash) => folder.read(lookupPath(hash)), root);
  const paths = new Set([...needed].map(lookupPath));
  for (const path of await folder.list('lookup')) if (!paths.has(path)) await folder.remove(path);
}

function openOwn({ trust }: Ledger, note: string): Checkpoint {
  return openCheckpointOf(note, trust.logs);
}

function openLookup({ trust }: Ledger, note: string) {
  const opened = trust.logs.map((identity) => attempt(() => openLookupHead(note, identity)));
  return opened.find((head) => head !== undefined);
}

function occupied({ path }: PublishedFolder): DossierError {
  return new DossierError('already-exists', say`The folder ${path} holds other files: publish into an empty folder`, {
    path,
  });
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}
