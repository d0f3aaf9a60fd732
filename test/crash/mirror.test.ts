import { expect, test } from 'vitest';
import { runMirrorHistory } from './mirrorHistory.ts';
import { killAt, openKillScene } from './mirrorKill.ts';
import { mirrorWorldNames, mirrorWorlds } from './mirrorWorlds.ts';

const good = { source_touched: 0, lost: 0, overwritten_unasked: 0, diverged: 0, sentences: [] };
const historiesEach = 3;

test.each(mirrorWorldNames)(
  'a mirror into %s keeps its promises through random histories of both sides',
  async (name) => {
    const world = await mirrorWorlds[name]();
    try {
      let conflicts = 0;
      // Every run of the tests takes the same histories; `npm run test:mirror` takes many more.
      for (let seed = 1001; seed < 1001 + historiesEach; seed++) {
        const verdict = await runMirrorHistory(seed, world);
        expect(verdict).toMatchObject({ seed, ...good });
        conflicts += verdict.conflicts;
      }
      expect(conflicts).toBeGreaterThan(0);
    } finally {
      await world.close();
    }
  },
  120_000,
);

test.each(['dropbox', 'nextcloud', 'local'] as const)(
  'a mirror into %s that is killed is gone on with by the next run',
  async (name) => {
    const world = await mirrorWorlds[name]();
    const scene = await openKillScene();
    try {
      const killable = { ...world, address: world.address! };
      const { steps } = await killAt(scene, killable, undefined);
      expect(steps).toBeGreaterThan(15);
      for (const part of [0.3, 0.6, 0.9]) {
        const point = { step: Math.ceil(steps * part), when: 'after' } as const;
        expect(await killAt(scene, killable, point)).toMatchObject({ point, ...good });
      }
    } finally {
      await scene.close();
      await world.close();
    }
  },
  120_000,
);
