import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { concatBytes, toHex } from '../../shared/core/bytes.ts';
import { sha256, sha256Hex } from '../../shared/core/hashing.ts';
import { type DrivePath, joinPath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { encodeLedgerName, parseLedgerName } from '../../shared/ledger/identity/ledgerRecord.ts';
import { appendLeaves, emptyRange, hashLeaf, rootOf } from '../../shared/ledger/log/merkle.ts';
import * as records from '../../shared/ledger/log/records.ts';
import { tileWidth } from '../../shared/ledger/log/tiles.ts';
import { keysOf } from '../../shared/ledger/openLedger.ts';
import { signCheckpoint } from '../../shared/ledger/signing/checkpoint.ts';
import { type Envelope, encodeLeaf, preAuthentication } from '../../shared/ledger/signing/envelope.ts';
import { maskClaims } from '../../shared/ledger/statement/mask.ts';
import { encodeStatement } from '../../shared/ledger/statement/statement.ts';
import { createDriveFiles, createSegmentFiles } from '../../shared/state/onDrive/driveFiles.ts';
import { createEpochFolders } from '../../shared/state/onDrive/epochFolders.ts';
import { openFormerStore } from '../../shared/state/onDrive/formerStore.ts';
import { emptyView } from '../../shared/state/onDrive/view.ts';
import type { StoreCipher } from '../../shared/state/segments/cipher.ts';
import { usualLevels, writeSegments } from '../../shared/state/segments/compaction.ts';
import { writeHeads } from '../../shared/state/segments/heads.ts';
import { emptyManifest } from '../../shared/state/segments/manifest.ts';
import { createSegmentReader } from '../../shared/state/segments/reading.ts';
import type { Row } from '../../shared/state/segments/rows.ts';
import { usualShape } from '../../shared/state/segments/segment.ts';
import type { DossierKey } from '../../shared/vault/key.ts';
import { seededBytes } from '../support/seeded.ts';

/** One entry in so many carries a real signature: those that are verified afterwards. */
export const signedEach = 5_000;
const version = 1;

export function syntheticDigest(index: number): string {
  return sha256Hex(`content ${index}`);
}

/** Writes a ledger of so many statements as a store whose segments were all merged. Gives the bytes it takes. */
export async function writeSyntheticStore(
  drive: Drive,
  folder: DrivePath,
  { key, cipher, count }: { readonly key: DossierKey; readonly cipher: StoreCipher; readonly count: number },
): Promise<number> {
  const id = encodeLedgerName({ id: toHex(seededBytes(16, 'ledger')), since: 0 });
  const { log, statement, origin } = keysOf(key, parseLedgerName(id));
  const keys = records.logKeys('main');
  const anySignature = statement.sign(preAuthentication(new Uint8Array(1)));
  const assetOf = (index: number): string => sha256Hex(`asset ${index}`);
  const occasionOf = (index: number): string => sha256Hex(JSON.stringify([assetOf(index), 'Register', 'first']));
  // No signature of this kind is made the same twice.
  const signatures = new Map<number, Uint8Array>();
  const signatureOf = (index: number, payload: Uint8Array): Uint8Array => {
    const known = signatures.get(index) ?? statement.sign(preAuthentication(payload));
    signatures.set(index, known);
    return known;
  };
  const statementOf = (index: number): { envelope: Envelope; salts: Uint8Array } => {
    let drawn = 0;
    const random = (length: number) => sha256(`${index} ${drawn++}`).subarray(0, length);
    const { digests, disclosures } = maskClaims(
      { name: `photo ${index}.jpg`, path: `/Linked/photo ${index}.jpg` },
      random,
    );
    const payload = encodeStatement({
      subjects: [{ sha256: syntheticDigest(index) }],
      predicate: {
        event: 'Register',
        asset: assetOf(index),
        version: 1,
        observedAt: new Date(index * 1000).toISOString(),
        hashSource: 'downloaded',
        _sd: digests,
        _sd_alg: 'sha-256',
      },
    });
    const signature = index % signedEach === 1 ? signatureOf(index, payload) : anySignature;
    return {
      envelope: { payload, signature, publicKey: statement.publicKey },
      salts: records.encodeSalts(disclosures),
    };
  };
  const leaves = new Uint8Array(count * 32);
  const tiles = new Map<string, Uint8Array[]>();
  let tree = emptyRange;
  for (let from = 0; from < count; from += 1024) {
    const some = Array.from({ length: Math.min(1024, count - from) }, (_, at) => {
      const leaf = hashLeaf(encodeLeaf(statementOf(from + at).envelope));
      leaves.set(leaf, (from + at) * 32);
      return leaf;
    });
    tree = appendLeaves(tree, some, (level, index, hash) => {
      if (level % 8 !== 0) return;
      const tile = keys.tile(level / 8, Math.floor(index / tileWidth));
      const known = tiles.get(tile);
      if (known) known.push(hash);
      else tiles.set(tile, [hash]);
    });
  }
  const sorted = (of: (index: number) => string): Uint32Array => {
    const prefixes = Float64Array.from({ length: count }, (_, index) => Number.parseInt(of(index).slice(0, 13), 16));
    return new Uint32Array(count).map((_, index) => index).sort((a, b) => prefixes[a]! - prefixes[b]!);
  };
  const row = (rowKey: string, value: Uint8Array): Row => ({ key: rowKey, version, value });
  const rows = async function* (): AsyncIterable<Row> {
    for (const index of sorted(assetOf)) {
      const lastLeaf = toHex(leaves.subarray(index * 32, index * 32 + 32));
      yield row(keys.asset(assetOf(index)), records.encodeAsset({ version: 1, lastIndex: index, lastLeaf }));
    }
    for (const index of sorted(syntheticDigest))
      yield row(keys.digest(syntheticDigest(index), index), new Uint8Array());
    for (let index = 0; index < count; index++)
      yield row(
        keys.entry(index),
        records.encodeEntry({ envelope: statementOf(index).envelope, occasion: occasionOf(index) }),
      );
    const note = signCheckpoint({ origin, size: count, root: rootOf(tree) }, log);
    yield row(keys.head, records.encodeHead({ origin, tree, note, signedSize: count }));
    yield row(keys.id, id);
    for (let index = 0; index < count; index++) yield row(keys.salt(index), statementOf(index).salts);
    for (const index of sorted(occasionOf)) yield row(keys.seen(occasionOf(index)), records.encodeIndex(index));
    for (const tile of [...tiles.keys()].sort()) yield row(tile, concatBytes(tiles.get(tile)!));
  };
  const random = (length: number) => new Uint8Array(globalThis.crypto.getRandomValues(new Uint8Array(length)));
  const driveFiles = createDriveFiles(drive, nodeClock, Math.random);
  const files = createSegmentFiles(driveFiles, joinPath(folder, 'segments'));
  let bytes = 0;
  const counting = {
    ...files,
    write(file: string, content: Uint8Array) {
      bytes += content.length;
      return files.write(file, content);
    },
  };
  const atHand: Row[] = [];
  const moving = async function* (): AsyncIterable<Row> {
    for await (const each of rows())
      if (isAtHand(each)) atHand.push(each);
      else yield each;
  };
  const reader = createSegmentReader({ files: counting, cipher });
  const ports = { files: counting, cipher, random, shape: usualShape, reader };
  const lower = await writeSegments(moving(), ports);
  const log2 = createEpochFolders({
    files: driveFiles,
    folder: joinPath(folder, 'log'),
    cipher,
    random,
    largest: 2 ** 27,
  });
  await log2.create(1);
  await openFormerStore({ files: driveFiles, folder, cipher, random }).end();
  const { rows: _, size: __, ...view } = emptyView();
  await log2.write({
    ...view,
    kind: 'opening',
    epoch: 1,
    position: 0,
    manifest: await writeHeads({ ...emptyManifest, lower }, { ...ports, levels: usualLevels }, 0),
    rows: atHand,
  });
  await log2.release(1, 0);
  return bytes;
}

/** As a store keeps them, see `createDriveState`. */
function isAtHand({ key, value }: Row): boolean {
  return /\/(?:id|head)$/.test(key) || (key.includes('/tile/') && value!.length < 256 * 32);
}
