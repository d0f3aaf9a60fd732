import { readBytes } from '../../core/bytes.ts';
import { DossierError, type ErrorCode, isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, namesOf } from '../../core/paths.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { EntryRef } from '../../drive/entry.ts';
import type { StoreCipher } from '../segments/cipher.ts';
import type { DriveFiles } from './driveFiles.ts';
import { type Append, decodeRecord, type EpochRecord, encodeRecord, type Opening } from './epochRecord.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

/** What an epoch's folder shows. */
export interface Progress {
  /** Of the last record; -1 when there is none. */
  readonly position: number;
  /** Its holder is done with it. */
  readonly released: boolean;
  /** Signs of life of a holder that takes long to open it. */
  readonly beats: number;
}

/** What a listing of the log shows. */
export interface Standing {
  /** Numbers of all epochs, ascending. */
  readonly epochs: readonly number[];
  readonly highest: number;
  /** Epochs that somebody waits for. */
  readonly wanted: ReadonlySet<number>;
  /** Names in each epoch's folder, where the same listing told of them. */
  readonly names: ReadonlyMap<number, readonly string[]>;
}

/**
 * The folders and files of an epoch log, and nothing of its rules. Everything but `create` is safe to repeat, and is
 * repeated.
 */
export interface EpochFolders {
  /** `deep` asks for the names in the folders as well, where that costs no more. */
  standing(deep?: boolean): Promise<Standing>;
  /** True when the epoch is ours alone; false when it is not, or when nobody can tell whose it is. */
  create(epoch: number): Promise<boolean>;
  /** Undefined when the epoch is not there. `state-corrupt` when a record in between is missing. */
  progress(epoch: number, standing: Standing): Promise<Progress | undefined>;
  opening(epoch: number): Promise<Opening>;
  record(epoch: number, position: number): Promise<Append>;
  /** False when the epoch was folded away: a later one has decided already what is in it. */
  write(record: EpochRecord): Promise<boolean>;
  /** Says behind the last record that the holder is done. */
  release(epoch: number, position: number): Promise<void>;
  /** A sign of life of the holder of an epoch that is not opened yet. */
  beat(epoch: number, count: number): Promise<void>;
  /** Tells the holder of an epoch that somebody waits. */
  want(epoch: number): Promise<void>;
  /** Removes epochs below `epoch`. */
  fold(epoch: number, standing: Standing): Promise<void>;
}

export interface EpochFoldersOptions {
  readonly files: DriveFiles;
  readonly folder: DrivePath;
  readonly cipher: StoreCipher;
  readonly random: RandomBytes;
  /** Bytes of the largest record that is written, or taken for one. */
  readonly largest: number;
}

const epochName = (epoch: number): string => String(epoch).padStart(12, '0');
const wantedName = (epoch: number): string => `wanted-${epochName(epoch)}`;

/** Nobody looks for old records in a trash. */
const forGood = { permanently: true } as const;

/**
 * What a write into an epoch ends with that a later owner removes at that moment: before it, between its parts, or just
 * after it. An id of a folder that is gone may be called no path at all. Whatever it was, a look follows.
 */
const foldedAway: ReadonlySet<ErrorCode> = new Set(['parent-missing', 'not-found', 'session-expired', 'invalid-path']);

export function createEpochFolders(options: EpochFoldersOptions): EpochFolders {
  const { files, folder: log, cipher, random, largest } = options;
  const { drive, repeated } = files;
  // A service that keeps a feed of changes tells of all levels of a folder in one answer; others are asked level by
  // level.
  const listsDeep = drive.capabilities.changes === 'feed';
  /** The folder of the epoch that we created last; where uploads by id need no look, by its id. */
  let own: { readonly epoch: number; readonly folder: EntryRef } | undefined;
  const homeOf = (epoch: number): EntryRef => (own?.epoch === epoch ? own.folder : { path: pathOf(epoch) });
  const pathOf = (epoch: number): DrivePath => joinPath(log, epochName(epoch));
  const read = async (epoch: number, position: number): Promise<EpochRecord> => {
    const path = joinPath(pathOf(epoch), String(position));
    const bytes = await repeated(() => readBytes(drive.read({ path }), largest));
    return decodeRecord(decodeFrame(bytes, path, cipher), path, epoch, position);
  };

  return {
    async standing(deep = false) {
      const entries = (await files.entriesOf(log, deep && listsDeep)) ?? [];
      const epochs = entries
        .filter(({ type, name }) => type === 'folder' && /^\d{12}$/.test(name))
        .map(({ name }) => Number(name));
      epochs.sort((a, b) => a - b);
      const wanted = entries
        .filter(({ name }) => /^wanted-\d{12}$/.test(name))
        .map(({ name }) => Number(name.slice(7)));
      const names = new Map<number, string[]>(deep && listsDeep ? epochs.map((epoch) => [epoch, []]) : []);
      for (const { type, path, name } of entries)
        if (type === 'file') names.get(Number(namesOf(path).at(-2)))?.push(name);
      return { epochs, highest: epochs.at(-1) ?? 0, wanted: new Set(wanted), names };
    },
    async create(epoch): Promise<boolean> {
      const make = () => drive.createFolder({ path: log }, epochName(epoch));
      try {
        const folder = await make().catch(async (error: unknown) => {
          if (!isDossierError(error, 'parent-missing')) throw error;
          await repeated(() => ensureFolder(drive, log));
          return make();
        });
        own = drive.capabilities.writesById ? { epoch, folder } : undefined;
        return true;
      } catch (error) {
        // Whatever happened, the epoch is not surely ours. Nobody having it costs a wait, two having it would cost a
        // commit.
        if (isDossierError(error, 'already-exists') || (isDossierError(error) && error.retry === 'later')) return false;
        throw error;
      }
    },
    async progress(epoch, standing) {
      const names = standing.names.get(epoch) ?? (await files.entriesOf(pathOf(epoch)))?.map((entry) => entry.name);
      return names && progressOf(names, epoch, log);
    },
    opening: async (epoch) => (await read(epoch, 0)) as Opening,
    record: async (epoch, position) => (await read(epoch, position)) as Append,
    async write(record) {
      const bytes = encodeFrame(encodeRecord(record), cipher, random);
      try {
        await files.put(homeOf(record.epoch), String(record.position), bytes);
        return true;
      } catch (error) {
        if (isDossierError(error) && foldedAway.has(error.code)) return false;
        throw error;
      }
    },
    release: (epoch, position) => files.put(homeOf(epoch), `${position}-end`, new Uint8Array([10])),
    beat: (epoch, count) => files.put(homeOf(epoch), `beat-${count}`, new Uint8Array([10])),
    async want(epoch) {
      await drive.createFolder({ path: log }, wantedName(epoch)).catch(() => undefined);
    },
    async fold(epoch, { epochs: all, wanted }) {
      for (const other of all.filter((number) => number < epoch)) await drive.remove({ path: pathOf(other) }, forGood);
      for (const other of [...wanted].filter((number) => number < epoch))
        await drive.remove({ path: joinPath(log, wantedName(other)) }, forGood);
    },
  };
}

function progressOf(names: readonly string[], epoch: number, log: DrivePath): Progress {
  const positions = names.flatMap((name) => (/^\d+$/.test(name) ? Number(name) : [])).sort((a, b) => a - b);
  const missing = positions.findIndex((position, index) => position !== index);
  if (missing >= 0)
    throw new DossierError('state-corrupt', say`Record ${missing} of epoch ${epoch} is gone from ${log}`, {
      path: log,
    });
  const position = positions.length - 1;
  const ended = names.flatMap((name) => (/^\d+-end$/.test(name) ? Number.parseInt(name, 10) : []));
  if (ended.some((end) => end > position))
    throw new DossierError('state-corrupt', say`The last record of epoch ${epoch} is gone from ${log}`, { path: log });
  return {
    position,
    released: names.includes(`${position}-end`),
    beats: names.filter((name) => name.startsWith('beat-')).length,
  };
}
