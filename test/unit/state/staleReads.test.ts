import { expect, test } from 'vitest';
import { parsePath } from '../../../shared/core/paths.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/drives/memory/index.ts';
import { createDriveState } from '../../../shared/state/onDrive/index.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const value = (text: string) => new TextEncoder().encode(text);

test('a client that may read late does so for as long as it was allowed, up to its next commit, and never commits late', async () => {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => 0);
  const open = (staleMs: number) =>
    createDriveState({ drive: createMemoryDrive(storage), folder: parsePath('/state'), clock, holdMs: 0, staleMs });
  const [late, other] = [open(1_000), open(0)];
  const read = async () => new TextDecoder().decode((await late.get('a'))?.value);
  const [first] = await other.commit([{ key: 'a', value: value('1'), expectedVersion: 0 }]);
  expect(await read()).toBe('1');
  const [second] = await other.commit([{ key: 'a', value: value('2'), expectedVersion: first! }]);
  expect(await read()).toBe('1');
  // What it decides on an old reading is refused, and shows it the truth.
  await expect(late.commit([{ key: 'a', value: value('late'), expectedVersion: first! }])).rejects.toMatchObject({
    code: 'revision-conflict',
  });
  expect(await read()).toBe('2');
  await other.commit([{ key: 'a', value: value('3'), expectedVersion: second! }]);
  expect(await read()).toBe('2');
  await clock.sleep(1_000);
  expect(await read()).toBe('3');
});

test('reads that follow closely are served by one look, for a while', async () => {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => 0);
  const drive = createMemoryDrive(storage);
  let looks = 0;
  const counted = { ...drive, list: (...given: Parameters<typeof drive.list>) => (looks++, drive.list(...given)) };
  const open = (over: typeof drive, staleMs: number) =>
    createDriveState({ drive: over, folder: parsePath('/state'), clock, holdMs: 0, staleMs });
  const [late, other] = [open(counted, 250), open(drive, 0)];
  const [first] = await other.commit([{ key: 'a', value: value('1'), expectedVersion: 0 }]);
  await late.get('a');
  const before = looks;
  for (let read = 0; read < 20; read++) {
    await clock.sleep(200);
    await late.get('a');
  }
  expect(looks).toBe(before);
  await other.commit([{ key: 'a', value: value('2'), expectedVersion: first! }]);
  // Even to one who never stops reading the news comes.
  for (let read = 0; read < 6; read++) {
    await clock.sleep(200);
    await late.get('a');
  }
  expect(new TextDecoder().decode((await late.get('a'))?.value)).toBe('2');
});
