import { createDriveState, createKey, createVault, type Drive, parseKey } from '../../shared/index.ts';
import { usualLevels } from '../../shared/state/segments/compaction.ts';
import { createStoreCipher } from '../../shared/testing.ts';
import { createFormerDriveState } from '../support/formerStore/index.ts';
import { seededBytes } from '../support/seeded.ts';
import { type EpochRun, runEpochWorld } from './epochModel.ts';

export interface SegmentRun extends EpochRun {
  /** Begun as a store of format 1. */
  readonly migrated: boolean;
  readonly segmentsWritten: number;
  readonly segmentsRemoved: number;
}

/** So small that a few commits do what a million does. */
const sizes = {
  levels: { ...usualLevels, tail: 300, runs: 1_200, upper: 2_000, atOnce: 4_000 },
  shape: { blockSize: 150, segmentSize: 600 },
  cache: 4_000,
  graceMs: 6_000,
};

const key = parseKey(createKey((length) => seededBytes(length, 'segment model')));
const cipher = createVault(key).then((vault) => createStoreCipher(key, vault));

/** The epoch model with records that go through all levels of segments within one run. */
export async function runSegmentModel(seed: number, drive: Drive): Promise<SegmentRun> {
  const migrated = seed % 3 === 0;
  let [segmentsWritten, segmentsRemoved] = [0, 0];
  const counted: Drive = {
    ...drive,
    upload(target, ...rest) {
      if (target.folder.path.endsWith('/segments')) segmentsWritten++;
      return drive.upload(target, ...rest);
    },
    remove(ref, ...rest) {
      if (ref.path.includes('/segments/')) segmentsRemoved++;
      return drive.remove(ref, ...rest);
    },
  };
  const run = await runEpochWorld({
    seed,
    drive: counted,
    sizes,
    commitsEach: 7,
    entrySize: 60,
    // What a client of before has written is as it is: only stores of format 2 are sealed as a whole.
    ...(migrated ? {} : { cipher: await cipher }),
    open: (options, client) =>
      migrated && Number(client.name.slice(1)) % 2 === 0 ? createFormerDriveState(options) : createDriveState(options),
  });
  // A client of before stops where it meets the new store, and says why.
  const faults = run.faults.filter((fault) => !(migrated && /newer version of Dossier/.test(fault)));
  return { ...run, faults, migrated, segmentsWritten, segmentsRemoved };
}
