import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { batchOf, createHandOver, type Finder } from '../../nodes/host/handOver.ts';
import { createDriveState, parsePath, utf8 } from '../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { createVirtualClock } from '../support/virtualClock.ts';

const trigger = (node: string) =>
  ({ getWorkflow: () => ({ id: 'Workflow1' }), getNode: () => ({ id: node }) }) as unknown as IWebhookFunctions;

const itemsIn = ({ from, to }: { from: number; to: number }) =>
  Array.from({ length: to - from }, (_, index) => ({ index: from + index }));
const upTo = (to: number): Finder => ({
  async find(position) {
    const given = { from: Number(position), to: Math.max(Number(position), to) };
    return { items: itemsIn(given), position: given.to, given };
  },
  again: async (given) => itemsIn(given as unknown as { from: number; to: number }),
});
const batchesOf = (items: readonly IDataObject[]) => [...new Set(items.map((item) => batchOf(item)!))];
const indexes = (items: readonly IDataObject[]) => items.map(({ index }) => Number(index));

function processes() {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => 0);
  let now = 1_000_000;
  const storeOf = () =>
    createDriveState({ drive: createMemoryDrive(storage), folder: parsePath('/state'), clock, holdMs: 0 });
  return {
    storeOf,
    processOf: (node: string) => createHandOver(storeOf(), trigger(node), () => now),
    pass: (ms: number) => void (now += ms),
  };
}

it('gives each statement to one of several processes, and to each trigger', async () => {
  const { processOf } = processes();
  const all = Array.from({ length: 4 }, () => processOf('A'));
  await Promise.all(all.map((each) => each.begin(10)));
  const taken: number[] = [];
  for (const to of [13, 13, 14, 20])
    for (const items of await Promise.all(all.map((each) => each.take(upTo(to))))) taken.push(...indexes(items));
  expect(taken.sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  const other = processOf('B');
  expect(await other.position()).toBeUndefined();
  expect(await other.take(upTo(20))).toEqual([]);
  await other.begin(15);
  await other.begin(99);
  expect(await other.position()).toBe(15);
});

it('gives again what no execution took over in time, and to one execution in the end', async () => {
  const { processOf, pass } = processes();
  const [one, two] = [processOf('A'), processOf('A')];
  await one.begin(0);
  const first = await one.take(upTo(3));
  expect(first.map(({ change }) => change)).toEqual(['1.0', '1.1', '1.2']);
  expect(await two.take(upTo(3))).toEqual([]);
  pass(121_000);
  // The process died before the execution began: somebody else has the same items.
  const second = await two.take(upTo(5));
  expect(indexes(second)).toEqual([0, 1, 2, 3, 4]);
  expect(second.slice(0, 3)).toEqual(first);
  const claims = await Promise.all([one.claim(batchesOf(first), 'e1'), two.claim(batchesOf(second), 'e2')]);
  expect(claims.flatMap((mine) => [...mine]).sort()).toEqual([1, 2]);
  const winner = claims[0].has(1) ? 'e1' : 'e2';
  // A job that the queue delivers again is the same execution.
  expect(await one.claim([1], winner)).toEqual(new Set([1]));
  expect(await one.claim([1], 'e3')).toEqual(new Set());
  pass(1_000_000);
  expect(await one.take(upTo(5))).toEqual([]);
});

it('goes on from the position of former versions', async () => {
  const { processOf, storeOf } = processes();
  const now = processOf('A');
  await now.begin(7);
  const store = storeOf();
  const [key = ''] = await store.keys('trigger/');
  const { version } = (await store.get(key))!;
  await store.commit([{ key, value: utf8('42'), expectedVersion: version }]);
  expect(indexes(await now.take(upTo(44)))).toEqual([42, 43]);
});
