import { fromBase64, readBytes, toHex } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { StoreCipher } from '../segments/cipher.ts';
import type { Row } from '../segments/rows.ts';
import type { DriveFiles } from './driveFiles.ts';
import { decodeFormer, type FormerBatch, frameFormer } from './formerRecord.ts';
import { readSnapshot } from './formerSnapshot.ts';

/** What a store of format 1 held in the end. */
export interface FormerContent {
  /** Its highest epoch: its versions are made of that and of lower ones. */
  readonly base: number;
  /** Records in no order, to be read once. They count once the end is reached. */
  readonly snapshot: AsyncIterable<Row>;
  /** What is newer, by key. */
  readonly rows: ReadonlyMap<string, Row>;
}

/** A store of format 1 in the same folder, or that there is none. */
export interface FormerStore {
  /**
   * Ends it for good. A client that knows format 1 only takes the marker for the highest epoch: it commits nothing any
   * more, as its owner counts a commit only when no higher epoch is there, and says that a newer version of Dossier
   * wrote the store. There is no higher epoch that it could create. Made for new stores as well, so that such a client
   * never begins another one beside them.
   */
  end(): Promise<void>;
  /** Whether there is something of it. */
  isThere(): Promise<boolean>;
  /** `vault-locked` when it was made with another key: it is not to be ended then. */
  check(): Promise<void>;
  /** What counted before the end; every commit that was ever acknowledged is in it. */
  content(): Promise<FormerContent | undefined>;
  /** Removes what the store consisted of; the marker stays. */
  remove(): Promise<void>;
}

const epochName = (epoch: number): string => String(epoch).padStart(12, '0');
const marker = 999_999_999_999;
const markerRecord = frameFormer('{"schema":2,"kind":"opening","note":"This store is continued in the folder log"}');
/** Looks at a store in use, before what is not there is taken for lost. */
const mostLooks = 5;
/** Bytes of a record of format 1 that its writers refused to exceed. */
const largestRecord = 512 * 1024 * 1024;

export interface FormerStoreOptions {
  readonly files: DriveFiles;
  readonly folder: DrivePath;
  readonly cipher: StoreCipher;
  readonly random: RandomBytes;
}

export function openFormerStore({ files, folder, cipher, random }: FormerStoreOptions): FormerStore {
  const { drive, repeated, entriesOf, put, parts } = files;
  const epochs = joinPath(folder, 'epochs');
  const snapshots = joinPath(folder, 'snapshots');
  const numbers = async (): Promise<number[]> =>
    ((await entriesOf(epochs)) ?? [])
      .filter(({ type, name }) => type === 'folder' && /^\d{12}$/.test(name))
      .map(({ name }) => Number(name))
      .filter((number) => number !== marker)
      .sort((a, b) => a - b);
  const lastPosition = async (epoch: number): Promise<number> => {
    const entries = (await entriesOf(joinPath(epochs, epochName(epoch)))) ?? [];
    const positions = entries.flatMap(({ name }) => (/^\d+\.json$/.test(name) ? Number.parseInt(name, 10) : []));
    positions.sort((a, b) => a - b);
    const missing = positions.findIndex((position, index) => position !== index);
    if (missing >= 0)
      throw new DossierError('state-corrupt', say`Record ${missing} of epoch ${epoch} is gone from ${epochs}`, {
        path: epochs,
      });
    return positions.length - 1;
  };
  const read = async (epoch: number, position: number) => {
    const path = joinPath(epochs, epochName(epoch), `${position}.json`);
    const bytes = await repeated(() => readBytes(drive.read({ path }), largestRecord));
    return { path, bytes };
  };
  const opened = async ([key, version, value]: readonly [string, number, Uint8Array]): Promise<Row> => ({
    key,
    version,
    value: await cipher.openFormer(key, value),
  });
  const isMark = (key: string): boolean => key === cipher.formerMark;

  const snapshotRows = async function* (reference: { name: string; sha256: string } | undefined): AsyncIterable<Row> {
    if (!reference) return;
    const path = joinPath(snapshots, reference.name);
    for await (const record of readSnapshot(parts(path), { path, sha256: reference.sha256 })) {
      const row = await opened(record);
      if (!isMark(row.key)) yield row;
    }
  };
  const rowsOf = async (batches: readonly FormerBatch[]): Promise<Map<string, Row>> => {
    const newest = new Map<string, readonly [number, string | null]>();
    for (const { version, changes } of batches) for (const [key, value] of changes) newest.set(key, [version, value]);
    const rows = new Map<string, Row>();
    for (const [key, [version, value]] of newest) {
      const row = value === null ? { key, version, value: undefined } : await opened([key, version, fromBase64(value)]);
      // Opened all the same: it tells whose store it is.
      if (!isMark(key)) rows.set(key, row);
    }
    return rows;
  };

  const content = async (): Promise<FormerContent | undefined> => {
    const all = await numbers();
    for (const epoch of [...all].reverse()) {
      const last = await lastPosition(epoch);
      if (last < 0) continue;
      const first = await read(epoch, 0);
      const { snapshot, tail } = decodeFormer(first.bytes, first.path, 'opening');
      const batches = [...tail];
      for (let position = 1; position <= last; position++) {
        const { bytes, path } = await read(epoch, position);
        const record = decodeFormer(bytes, path, 'append', 'release');
        if (record.kind === 'append') batches.push(record.batch);
      }
      return { base: all.at(-1)!, snapshot: snapshotRows(snapshot), rows: await rowsOf(batches) };
    }
    // Nothing was ever opened only if every epoch there ever was is still there and empty.
    if (all.some((epoch, index) => epoch !== index + 1))
      throw new DossierError('state-corrupt', 'Stored records have been removed by something other than Dossier');
    return undefined;
  };

  return {
    async end() {
      if (await repeated(() => drive.stat({ path: joinPath(epochs, epochName(marker), '0.json') }))) return;
      // Made elsewhere and moved: at no moment is there a marker that says nothing, at which others would wait.
      const name = `ending-${toHex(random(8))}`;
      const made = joinPath(epochs, name);
      await repeated(() => ensureFolder(drive, made));
      await put({ path: made }, '0.json', markerRecord);
      try {
        await drive.move({ path: made }, { path: epochs }, epochName(marker));
      } catch (error) {
        if (!isDossierError(error, 'already-exists')) throw error;
        await drive.remove({ path: made }, { permanently: true }).catch(() => undefined);
      }
    },
    isThere: async () => (await numbers()).length > 0,
    async check() {
      // It is in use still: what a look has found may be folded away before it is read.
      for (let look = 1; ; look++) {
        try {
          for await (const _ of (await content())?.snapshot ?? []) return;
          return;
        } catch (error) {
          const isFolded = isDossierError(error, 'not-found') || isDossierError(error, 'state-corrupt');
          if (!isFolded || look === mostLooks) throw error;
        }
      }
    },
    content,
    async remove() {
      // Epochs last: while one of them is there, whoever comes next does the rest.
      await drive.remove({ path: snapshots }, { permanently: true });
      for (const { name } of (await entriesOf(epochs)) ?? [])
        if (name !== epochName(marker)) await drive.remove({ path: joinPath(epochs, name) }, { permanently: true });
    },
  };
}
