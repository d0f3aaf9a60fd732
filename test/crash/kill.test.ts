import { expect, test } from 'vitest';
import { seeded, seededInteger } from '../support/seeded.ts';
import { allPoints, countSteps, runPoint } from './killCampaign.ts';
import { allScenes, closeScene, openScene } from './killScene.ts';

const pointsEach = 3;

test.each(allScenes)(
  '%s, state %s: killed at some of its points, a report arrives once and whole',
  async (place, state) => {
    const random = seeded(`kill ${place} ${state}`);
    const scene = await openScene(place, state);
    try {
      const steps = await countSteps(scene);
      const points = allPoints(steps);
      // Every run of the tests takes the same points; `npm run test:crash` takes all.
      for (let count = 0; count < pointsEach; count++) {
        const point = points[seededInteger(random, points.length)]!;
        expect(await runPoint(scene, point)).toMatchObject({
          point,
          lost: 0,
          doubled: 0,
          falseSubmitted: false,
          // What an odd answer hides is sent again.
          ...(place.endsWith('odd') ? {} : { resent: 0 }),
          ...(/dropbox|odd/.test(place) || state === 'by key' ? {} : { resentAnswered: 0 }),
        });
      }
      expect(steps).toBeGreaterThan(10);
    } finally {
      closeScene(scene);
    }
  },
  120_000,
);
