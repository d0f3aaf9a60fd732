import { describe, expect, test } from 'vitest';
import { seeded, seededInteger } from '../support/seeded.ts';
import { dropboxTarget } from './dropboxTarget.ts';
import { allCases, countRequests, type FaultCase, runCase } from './faultCampaign.ts';
import { faultNames } from './faultShapes.ts';

/** A share of the whole campaign (`npm run test:faults`), another one for each seed. */
function share(requests: number, count: number, seed: number): FaultCase[] {
  const random = seeded(seed);
  const cases = allCases(requests).filter(({ fault, lasting }) => fault !== 'stall' || !lasting);
  return Array.from({ length: count }, () => cases.splice(seededInteger(random, cases.length), 1)[0] as FaultCase);
}

describe('faults of Dropbox on the way of a report', () => {
  test('a share of all requests and faults: nothing lost, doubled or said to be there that is not', { timeout: 240_000 }, async () => {
    for (const each of share(await countRequests(dropboxTarget), 20, 20_261_121)) {
      expect(await runCase(dropboxTarget, each)).toEqual({ case: each, falseSubmitted: false, lost: false, doubled: false, wrongCode: undefined, impatient: undefined });
    }
  });

  test('the whole campaign has at least 400 cases', async () => {
    expect(allCases(await countRequests(dropboxTarget)).length).toBeGreaterThanOrEqual(400);
    expect(faultNames).toHaveLength(14);
  });
});
