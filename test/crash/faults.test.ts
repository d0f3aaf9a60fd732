import { describe, expect, test } from 'vitest';
import type { Clock } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { dropboxTarget } from './dropboxTarget.ts';
import { allCases, countRequests, type FaultCase, runCase } from './faultCampaign.ts';
import { faultNames } from './faultShapes.ts';
import type { FaultTarget, FaultTargetKind } from './faultTarget.ts';
import { nextcloudTarget } from './nextcloudTarget.ts';

/** A share of the whole campaign (`npm run test:faults`), another one for each seed. */
function share(requests: number, count: number, seed: number): FaultCase[] {
  const random = seeded(seed);
  const cases = allCases(requests).filter(({ fault, lasting }) => fault !== 'stall' || !lasting);
  return Array.from({ length: count }, () => cases.splice(seededInteger(random, cases.length), 1)[0] as FaultCase);
}

describe('faults on the way of a report', () => {
  test.each([
    [dropboxTarget, 20],
    [nextcloudTarget('local'), 40],
    [nextcloudTarget('s3v2'), 40],
  ])(
    '$name: a share of all requests and faults: nothing lost, doubled or said to be there that is not',
    { timeout: 240_000 },
    async (target, count) => {
      for (const each of share(await countRequests(target), count, 20_261_121)) {
        expect(await runCase(target, each)).toEqual({
          case: each,
          falseSubmitted: false,
          lost: false,
          doubled: [],
          wrongCode: undefined,
          impatient: undefined,
        });
      }
    },
  );

  test('a client that says what is not so is found out', async () => {
    const lying: FaultTargetKind = {
      ...dropboxTarget,
      async open() {
        const target = await dropboxTarget.open();
        const client = (clock: Clock): Drive => {
          const drive = target.client(clock);
          const upload: Drive['upload'] = async (to, bytes, digests, context) => {
            const committed = await drive.upload(to, bytes, digests, context);
            if (to.name === 'dossier.json') await drive.remove(committed.entry);
            return committed;
          };
          return { ...drive, upload };
        };
        return Object.assign(Object.create(target) as FaultTarget, { client });
      },
    };
    expect(await runCase(lying, { fault: '500', at: 1, lasting: false, calm: 1 })).toMatchObject({
      falseSubmitted: true,
      lost: true,
    });
  });

  test('the whole campaign has at least 400 cases', async () => {
    expect(allCases(await countRequests(dropboxTarget)).length).toBeGreaterThanOrEqual(400);
    expect(faultNames).toHaveLength(14);
  });
});
