import { describe, expect, test } from 'vitest';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/testing.ts';
import { runEpochModel } from '../../crash/epochModel.ts';

describe('epoch log under stalls, kills, lost answers and late requests', () => {
  test('no acknowledged commit is lost and there is one history', async () => {
    let kills = 0;
    let acknowledged = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const run = await runEpochModel(seed, createMemoryDrive(createMemoryStorage(() => 0)));
      expect(run.faults, `seed ${seed}`).toEqual([]);
      kills += run.kills;
      acknowledged += run.acknowledged;
    }
    // The schedules must really hurt, and the clients really get through.
    expect(kills).toBeGreaterThan(50);
    expect(acknowledged).toBeGreaterThan(1000);
  });
});
