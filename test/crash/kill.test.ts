import { expect, test } from 'vitest';
import { seeded, seededInteger } from '../support/seeded.ts';
import { allPoints, allScenes, openScene } from './killCampaign.ts';

const pointsEach = 3;

test.each(allScenes)('%s, state %s: killed at some of its points, a report arrives once and whole', async (place, state) => {
  const random = seeded(`kill ${place} ${state}`);
  const scene = await openScene(place, state);
  try {
    const points = allPoints(scene.steps);
    // Every run of the tests takes the same points; `npm run test:crash` takes all.
    for (let count = 0; count < pointsEach; count++) {
      const point = points[seededInteger(random, points.length)]!;
      expect(await scene.run(point)).toMatchObject({ point, lost: 0, doubled: 0, falseSubmitted: false, resent: 0 });
    }
    expect(scene.steps).toBeGreaterThan(20);
  } finally {
    await scene.close();
  }
}, 120_000);
