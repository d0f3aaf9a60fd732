import { expect, test } from 'vitest';
import { runOutboxModel } from '../../crash/outboxModel.ts';

test('two windows and a worker on one outbox, with kills, stalls, clock jumps and lost answers: every report once and whole', async () => {
  let kills = 0;
  let littered = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const run = await runOutboxModel(seed);
    expect(run.faults, `seed ${seed}`).toEqual([]);
    kills += run.kills;
    littered += run.litter > 0 ? 1 : 0;
  }
  // The schedules must really hurt.
  expect(kills).toBeGreaterThan(30);
  expect(littered).toBeLessThan(3);
});
