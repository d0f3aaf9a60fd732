import { expect, test } from 'vitest';
import { runOutboxModel } from '../../crash/outboxModel.ts';

test('two windows and a worker on one outbox, with kills, stalls, clock jumps and lost answers: every report once and whole', async () => {
  let kills = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const run = await runOutboxModel(seed);
    expect([...run.twice, ...run.lost, ...run.litter], `seed ${seed}`).toEqual([]);
    kills += run.kills;
  }
  // The schedules must really hurt.
  expect(kills).toBeGreaterThan(30);
});
