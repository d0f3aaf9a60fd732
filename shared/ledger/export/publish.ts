import { concatBytes, equalBytes, readBytes, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { type DrivePath, joinPath, nameOf, parentOf } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import type { Drive } from '../../drive/drive.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { EntryRef } from '../../drive/entry.ts';
import { encodeTrustedRoot, type Trust } from '../identity/trust.ts';
import type { Log } from '../log/log.ts';
import { consistencyProof, isConsistent } from '../log/merkle.ts';
import { encodeEntryBundle, tilePath, tilesBetween, tileWidth } from '../log/tiles.ts';
import { createReceipt, encodeReceipt } from '../receipt/receipt.ts';
import { openCheckpointOf } from '../signing/checkpoint.ts';
import { encodeLeaf, envelopeJson } from '../signing/envelope.ts';
import { type FileEvent, parseStatement } from '../statement/statement.ts';
import { verificationPage } from './verificationPage.ts';

export interface PublishOptions {
  readonly log: Log;
  readonly trust: Trust;
  readonly drive: Drive;
  /** Folder that is to hold the public part, behind a share link or a web server. It must be there. */
  readonly folder: EntryRef;
  readonly clock: Clock;
  /** Which statements are shown; the leaves of all others stay hashes that say nothing. */
  readonly isPublic: (event: FileEvent, index: number) => boolean;
  /** When the keys came into use, milliseconds since 1970 UTC. */
  readonly since: number;
  readonly signal?: AbortSignal;
}

const checkpointName = 'checkpoint';

/**
 * Writes the public part of a ledger as static files (https://c2sp.org/tlog-tiles): tiles and entry bundles first, the
 * checkpoint that speaks of them last, so that a reader never meets a checkpoint without its tiles. Repeats cost only
 * what is new. `ledger-broken` when the folder holds a newer or another history. Gives the number of entries that are
 * public now.
 */
export async function publishLedger(options: PublishOptions): Promise<number> {
  const { log, drive, folder, trust, isPublic, since, signal } = options;
  const head = await log.head(signal);
  if (!head) return 0;
  const { size } = head.checkpoint;
  const before = await publishedBefore(options);
  if (before.size > size)
    throw new DossierError(
      'ledger-broken',
      `The folder ${folder.path} shows ${before.size} entries, this ledger has ${size}: it looks like a restored backup`,
    );
  if (before.size > 0) {
    const proof = await consistencyProof(log.nodes(size, signal), before.size, size);
    if (!isConsistent(before.size, before.root, size, head.checkpoint.root, proof))
      throw new DossierError('ledger-broken', `The folder ${folder.path} shows another history of this ledger`);
  }
  const nodes = log.nodes(size, signal);
  for (const tile of tilesBetween(before.size, size)) {
    const { level, index, width } = tile;
    const first = index * tileWidth;
    const positions = Array.from({ length: width }, (_, at) => first + at);
    const content =
      level === 'entries'
        ? encodeEntryBundle(
            await Promise.all(positions.map(async (at) => encodeLeaf((await entryOf(log, at, signal)).envelope))),
          )
        : concatBytes(await Promise.all(positions.map((at) => nodes(level * 8, at))));
    await place(options, tilePath(tile), content);
  }
  for (let index = before.size; index < size; index++) {
    const { envelope } = await entryOf(log, index, signal);
    if (isPublic(parseStatement(envelope.payload).predicate, index))
      await place(options, `statements/${index}.json`, utf8(JSON.stringify(envelopeJson(envelope))));
  }
  // Beside a checkpoint of ours these are ours, too; they change when the ledger changes its keys.
  const write = before.size > 0 ? renew : place;
  for (const [at, { index }] of (trust.rotations ?? []).entries())
    await placeOnce(options, `rotations/${at + 1}.sigstore.json`, async () =>
      encodeReceipt(await createReceipt(log, index, [], signal)),
    );
  await write(options, 'trusted_root.json', encodeTrustedRoot(trust, since));
  await write(options, 'index.html', utf8(verificationPage(log, trust)));
  await writeCheckpoint(drive, folder, utf8(head.note), before.revision, options);
  return size;
}

async function entryOf(log: Log, index: number, signal: AbortSignal | undefined) {
  const entry = await log.entry(index, signal);
  if (!entry) throw new DossierError('ledger-broken', `Entry ${index} of the ledger is missing`);
  return entry;
}

async function publishedBefore({
  drive,
  folder,
  log,
  trust,
  signal,
}: PublishOptions): Promise<{ size: number; root: Uint8Array; revision?: string }> {
  const entry = await drive.stat({ path: joinPath(folder.path, checkpointName) }, { signal });
  if (entry?.type !== 'file') return { size: 0, root: new Uint8Array() };
  const note = new TextDecoder().decode(await readBytes(drive.read(entry, {}, { signal }), 10_000));
  const { size, root } = openCheckpointOf(note, [
    log.identity,
    ...trust.logs.filter(({ origin }) => origin === log.identity.origin),
  ]);
  return { size, root, revision: entry.revision };
}

/** A file that never changes once it is there; what is there already must be the same. */
async function place(
  { drive, folder, clock, signal }: PublishOptions,
  relative: string,
  bytes: Uint8Array,
): Promise<void> {
  const path = joinPath(folder.path, ...relative.split('/'));
  const parent: DrivePath = parentOf(path);
  await retry(
    async () => {
      await ensureFolder(drive, parent, { signal });
      try {
        await drive.upload({ folder: { path: parent }, name: nameOf(path) }, bytes, digestsOf(bytes), { signal });
      } catch (error) {
        if (!isDossierError(error, 'already-exists')) throw error;
        const there = await readBytes(drive.read({ path }, {}, { signal }), bytes.length + 1_000_000);
        if (!equalBytes(there, bytes))
          throw new DossierError('already-exists', `${path} holds something else: publish into a folder of its own`, {
            path,
          });
      }
    },
    { clock, signal },
  );
}

/** A proof that could be written in many ways and is as good in each. */
async function placeOnce(options: PublishOptions, relative: string, make: () => Promise<Uint8Array>): Promise<void> {
  const { drive, folder, clock, signal } = options;
  const path = joinPath(folder.path, ...relative.split('/'));
  const there = await retry(() => drive.stat({ path }, { signal }), { clock, signal });
  if (there === undefined) await place(options, relative, await make());
}

/** A file of ours in its newest form. */
async function renew(options: PublishOptions, relative: string, bytes: Uint8Array): Promise<void> {
  const { drive, folder, clock, signal } = options;
  const path = joinPath(folder.path, relative);
  const write = async (): Promise<void> => {
    const there = await drive.stat({ path }, { signal });
    if (there?.type !== 'file') return place(options, relative, bytes);
    if (
      there.size === bytes.length &&
      equalBytes(await readBytes(drive.read(there, {}, { signal }), bytes.length), bytes)
    )
      return;
    await drive.upload(
      { folder, name: relative, ...(there.revision === undefined ? {} : { replace: there.revision }) },
      bytes,
      digestsOf(bytes),
      { signal },
    );
  };
  await retry(write, { clock, signal });
}

async function writeCheckpoint(
  drive: Drive,
  folder: EntryRef,
  note: Uint8Array,
  replace: string | undefined,
  { clock, signal }: PublishOptions,
): Promise<void> {
  const target = { folder, name: checkpointName, ...(replace === undefined ? {} : { replace }) };
  await retry(() => drive.upload(target, note, digestsOf(note), { signal }), { clock, signal });
}
