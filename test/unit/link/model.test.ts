import { describe, expect, test } from 'vitest';
import { runLinkHistory } from '../../crash/linkHistory.ts';
import { linkWorlds } from '../../crash/linkWorlds.ts';

/** A share of `npm run test:links`, which runs 500 on each server. */
const shares = { memory: 12, dropbox: 15, nextcloud: 12 } as const;

describe.each(Object.keys(linkWorlds) as (keyof typeof linkWorlds)[])(
  'random histories of a linked folder on %s',
  (name) => {
    test('end in exactly the assets and versions that there were, with walkers that are killed and meet', async () => {
      const world = await linkWorlds[name]();
      const total = { versions: 0, kills: 0 };
      try {
        for (let seed = 1; seed <= shares[name]; seed++) {
          const { faults, versions, kills } = await runLinkHistory(seed, await world.fresh());
          expect(faults, `${name}, seed ${seed}`).toEqual([]);
          total.versions += versions;
          total.kills += kills;
        }
      } finally {
        await world.close();
      }
      // The histories must be worth something.
      expect(total.versions).toBeGreaterThan(50);
      expect(total.kills).toBeGreaterThan(15);
    });
  },
);
