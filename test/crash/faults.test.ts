import { describe, expect, test } from 'vitest';
import type { Clock } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { dropboxTarget } from './dropboxTarget.ts';
import { allCases, type CalmReport, countRequests, type FaultCase, runCase } from './faultCampaign.ts';
import { faultNames } from './faultShapes.ts';
import type { Between, FaultTarget, FaultTargetKind } from './faultTarget.ts';
import { nextcloudTarget } from './nextcloudTarget.ts';
import { oddAnswersOf } from './oddAnswers.ts';
import { webdavTarget } from './webdavTarget.ts';

/** A share of the whole campaign (`npm run test:faults`), another one for each seed. */
function share(calm: CalmReport, count: number, seed: number): FaultCase[] {
  const random = seeded(seed);
  const cases = allCases(calm).filter(({ fault, lasting }) => fault !== 'stall' || !lasting);
  return Array.from({ length: count }, () => cases.splice(seededInteger(random, cases.length), 1)[0] as FaultCase);
}

/** Cases that no share may leave out: each went wrong once, in a way of its own. */
const onceWrong: readonly (readonly [FaultTargetKind, string, number, boolean])[] = [
  [dropboxTarget, 'dropbox: shown late', 3, false],
  [dropboxTarget, 'dropbox: upload done, not found', 3, false],
  [dropboxTarget, 'dropbox: file said to be taken', 3, false],
  [dropboxTarget, 'dropbox: listing without its first entry', 1, true],
  [webdavTarget, '401', 14, true],
  [webdavTarget, '507', 11, false],
  [webdavTarget, 'dav: PUT done, 404', 5, false],
  [webdavTarget, 'dav: one child 404', 2, true],
  [nextcloudTarget('local'), 'dav: PUT done, 404', 8, false],
  [nextcloudTarget('local'), 'dav: shown late', 1, true],
  [nextcloudTarget('local'), 'dav: shown late', 4, true],
  [nextcloudTarget('s3v2'), 'dav: shown late', 3, true],
  [nextcloudTarget('s3v2'), 'dav: shown late', 7, true],
];

const right = {
  falseSubmitted: false,
  lost: false,
  doubled: [],
  littered: [],
  wrongCode: undefined,
  impatient: undefined,
};

describe('faults on the way of a report', () => {
  test.each(onceWrong.map(([target, fault, at, lasting]) => ({ target, fault, at, lasting, name: target.name })))(
    '$name: $fault, from request $at on, lasting $lasting',
    async ({ target, fault, at, lasting }) => {
      const { requests } = await countRequests(target);
      const each = { fault, at, lasting, calm: requests };
      expect(await runCase(target, each)).toEqual({ case: each, ...right });
    },
  );

  test.each([
    [dropboxTarget, 20],
    [nextcloudTarget('local'), 40],
    [nextcloudTarget('s3v2'), 40],
    [webdavTarget, 40],
  ])(
    '$name: a share of all requests and faults: nothing lost, doubled or said to be there that is not',
    { timeout: 240_000 },
    async (target, count) => {
      for (const each of share(await countRequests(target), count, 20_261_121)) {
        expect(await runCase(target, each)).toEqual({ case: each, ...right });
      }
    },
  );

  test('a client that says what is not so is found out', async () => {
    const lying: FaultTargetKind = {
      ...dropboxTarget,
      async open() {
        const target = await dropboxTarget.open();
        const client = (clock: Clock, between: Between): Drive => {
          const drive = target.client(clock, between);
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
    for (const protocol of ['dav', 'dropbox'] as const)
      expect(oddAnswersOf(protocol).length).toBeGreaterThanOrEqual(protocol === 'dav' ? 17 : 7);
  });
});
