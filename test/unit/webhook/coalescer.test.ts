import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { createCoalescer } from '../../../shared/webhook/coalescer.ts';
import { seeded, seededInteger } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

/** A walk that goes on when the test says so. */
function gatedWalk() {
  const walks: { account: string; end: (error?: Error) => void }[] = [];
  const walk = (account: string) =>
    new Promise<void>((resolve, reject) =>
      walks.push({ account, end: (error) => (error ? reject(error) : resolve()) }),
    );
  return { walks, walk };
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('coalescer', () => {
  test('a burst makes one walk, after it settled', async () => {
    const { walks, walk } = gatedWalk();
    const clock = createVirtualClock();
    const coalescer = createCoalescer({ walk, clock });
    const burst = Array.from({ length: 50 }, () => coalescer.notify('a'));
    await settled();
    expect(walks).toHaveLength(0);
    await clock.advance(1_000);
    await settled();
    expect(walks).toHaveLength(1);
    walks[0]!.end();
    await Promise.all(burst);
    await coalescer.idle();
    expect(walks).toHaveLength(1);
  });

  test('notices during a walk ask for one more, and resolve only with that one', async () => {
    const { walks, walk } = gatedWalk();
    const coalescer = createCoalescer({ walk, clock: createVirtualClock({ auto: true }), settleMs: 0 });
    const first = coalescer.notify('a');
    await settled();
    let told = 0;
    const later = Array.from({ length: 9 }, () => coalescer.notify('a').then(() => told++));
    await settled();
    expect(walks).toHaveLength(1);
    walks[0]!.end();
    await first;
    await settled();
    expect({ walks: walks.length, told }).toEqual({ walks: 2, told: 0 });
    walks[1]!.end();
    await Promise.all(later);
    await settled();
    expect(walks).toHaveLength(2);
  });

  test('accounts do not wait for one another', async () => {
    const { walks, walk } = gatedWalk();
    const coalescer = createCoalescer({ walk, clock: createVirtualClock({ auto: true }), settleMs: 0 });
    void coalescer.notify('a');
    void coalescer.notify('b');
    await settled();
    expect(walks.map(({ account }) => account)).toEqual(['a', 'b']);
    for (const each of walks) each.end();
    await coalescer.idle();
  });

  test('a failed walk fails those who asked for it, and the next one starts all the same', async () => {
    const { walks, walk } = gatedWalk();
    const coalescer = createCoalescer({ walk, clock: createVirtualClock({ auto: true }), settleMs: 0 });
    const first = coalescer.notify('a');
    const failed = expect(first).rejects.toMatchObject({ code: 'offline' });
    await settled();
    const second = coalescer.notify('a');
    walks[0]!.end(new DossierError('offline'));
    await failed;
    await settled();
    walks[1]!.end();
    await second;
  });

  test('cancelled while it settles, it takes notices again', async () => {
    const controller = new AbortController();
    const { walks, walk } = gatedWalk();
    const clock = createVirtualClock();
    const coalescer = createCoalescer({ walk, clock, signal: controller.signal });
    const first = expect(coalescer.notify('a')).rejects.toMatchObject({ code: 'cancelled' });
    await settled();
    controller.abort();
    await first;
    await coalescer.idle();
    await expect(coalescer.notify('a')).rejects.toMatchObject({ code: 'cancelled' });
    expect(walks).toHaveLength(0);
  });

  test('whatever the order of notices and ends: every notice is followed by a walk that began after it', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seeded(`coalescer ${seed}`);
      const { walks, walk } = gatedWalk();
      const coalescer = createCoalescer({ walk, clock: createVirtualClock({ auto: true }), settleMs: 0 });
      const pending: Promise<void>[] = [];
      let open = 0;
      for (let step = 0; step < 60; step++) {
        if (random() < 0.6) {
          const begunBefore = walks.length;
          pending.push(
            coalescer.notify('a').then(() => expect(walks.length, `seed ${seed}`).toBeGreaterThan(begunBefore)),
          );
        } else if (open < walks.length) walks[open++]!.end();
        for (let turn = seededInteger(random, 4); turn > 0; turn--) await settled();
      }
      while (pending.length > 0) {
        await settled();
        if (open < walks.length) walks[open++]!.end();
        else break;
      }
      await Promise.all(pending);
      expect(walks.length).toBeLessThanOrEqual(pending.length);
    }
  });
});
