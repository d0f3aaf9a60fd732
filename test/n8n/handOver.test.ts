import type { IWebhookFunctions } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { createHandOver } from '../../nodes/host/handOver.ts';
import { createDriveState, createMemoryDrive, createMemoryStorage, parsePath } from '../../shared/index.ts';
import { createVirtualClock } from '../support/virtualClock.ts';

const trigger = (node: string) =>
  ({ getWorkflow: () => ({ id: 'Workflow1' }), getNode: () => ({ id: node }) }) as unknown as IWebhookFunctions;

it('gives each statement to one of several processes, and to each trigger', async () => {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => 0);
  const processOf = (node: string) => {
    const store = createDriveState({
      drive: createMemoryDrive(storage),
      folder: parsePath('/state'),
      clock,
      holdMs: 0,
    });
    return createHandOver({ store } as Parameters<typeof createHandOver>[0], trigger(node));
  };
  const processes = Array.from({ length: 4 }, () => processOf('A'));
  await Promise.all(processes.map((each) => each.begin(10)));
  const taken: number[] = [];
  for (const to of [13, 13, 14, 20]) {
    const take = async (each: (typeof processes)[number]) => {
      const from = await each.next();
      if (from < to && (await each.take({ from, to }))) for (let index = from; index < to; index++) taken.push(index);
    };
    await Promise.all(processes.map(take));
  }
  expect(taken).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  const other = processOf('B');
  expect(await other.next()).toBe(Infinity);
  await other.begin(15);
  await other.begin(99);
  expect(await other.next()).toBe(15);
});
