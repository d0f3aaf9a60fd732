import { expect, test } from 'vitest';
import { parsePath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { createMemoryStorage } from '../../../shared/drives/memory/storage.ts';
import { createDriveState } from '../../../shared/state/onDrive/index.ts';
import { seeded } from '../../support/seeded.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtualClock.ts';

const asking = [
  'stat',
  'upload',
  'createFolder',
  'remove',
  'move',
  'commit',
  'startUploads',
  'append',
  'prove',
] as const;

/** Each request takes so long; `requests` counts them. */
function slowly(drive: Drive, clock: VirtualClock, ms: number, requests: { count: number }): Drive {
  const request = async () => {
    requests.count++;
    await clock.sleep(ms);
  };
  const methods = asking.map((name) => {
    const act = drive[name] as (...given: unknown[]) => Promise<unknown>;
    return [name, async (...given: unknown[]) => request().then(() => act.apply(drive, given))] as const;
  });
  return {
    ...drive,
    capabilities: { ...drive.capabilities, changes: 'walk' },
    ...Object.fromEntries(methods),
    async *list(...given) {
      await request();
      yield* drive.list(...given);
    },
    async *read(...given) {
      await request();
      yield* drive.read(...given);
    },
  };
}

/** Clients that begin at once and write some entries each, one after the other: when each was through, and its requests. */
async function meet(clients: number, commitsEach: number, ms: number) {
  const clock = createVirtualClock();
  const storage = createMemoryStorage(() => clock.now());
  const began = clock.now();
  const ends: number[] = [];
  const requests: { count: number }[] = [];
  for (let client = 0; client < clients; client++) {
    const counted = { count: 0 };
    requests.push(counted);
    const drive = slowly(createMemoryDrive(storage), clock, ms, counted);
    const jitter = seeded(`client ${client}`);
    const state = createDriveState({ drive, folder: parsePath('/state'), clock, jitter });
    void (async () => {
      for (let commit = 0; commit < commitsEach; commit++)
        await state.commit([{ key: `c${client}/${commit}`, value: new Uint8Array([commit]), expectedVersion: 0 }]);
      await state.close();
      ends.push(clock.now() - began);
    })();
  }
  for (let seconds = 0; seconds < 3_600 && ends.length < clients; seconds++) await clock.advance(1_000);
  const reader = createDriveState({ drive: createMemoryDrive(storage), folder: parsePath('/state'), clock });
  return { ends, requests: requests.map(({ count }) => count), keys: await reader.keys('c') };
}

test.each([
  [1_700, 300],
  [5_000, 900],
])(
  'six clients on a line of %i ms a request write three entries each in %i s, and nobody asks without end',
  async (ms, seconds) => {
    const { ends, requests, keys } = await meet(6, 3, ms);
    expect(keys).toHaveLength(18);
    expect(ends).toHaveLength(6);
    expect(Math.max(...ends)).toBeLessThan(seconds * 1_000);
    expect(Math.max(...requests)).toBeLessThan(200);
  },
);
