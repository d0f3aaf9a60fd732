import { expect, test } from 'vitest';
import { isDossierError } from '../../../shared/core/errors.ts';
import { createTurns } from '../../../shared/ledger/backends/lock.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import type { StateStore } from '../../../shared/state/state.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const key = 'ledger/test/turn';
const isLocked = (error: unknown) => isDossierError(error, 'locked');

test('one at a time, in one process and over several', async () => {
  const store = createMemoryState();
  const clock = createVirtualClock({ auto: true });
  const processes = [createTurns(store, key, clock), createTurns(store, key, clock), createTurns(store, key, clock)];
  let inside = 0;
  let done = 0;
  const work = async (renew: () => Promise<void>) => {
    expect(++inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    await renew();
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 12 }, (_, at) => processes[at % 3]!.take(work)));
  expect(done).toBe(12);
});

test('a failure ends the turn, and the next one has it at once', async () => {
  const store = createMemoryState();
  const clock = createVirtualClock();
  await expect(createTurns(store, key, clock).take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await createTurns(store, key, clock).take(async () => 'mine')).toBe('mine');
});

test('a sender that died is waited for and no longer, and one that wakes up late may send nothing', async () => {
  const store = createMemoryState();
  const clock = createVirtualClock({ auto: true });
  const dead: StateStore = { ...store };
  let wake = (): void => undefined;
  const asleep = new Promise<void>((resolve) => (wake = resolve));
  const sent: string[] = [];
  const late = createTurns(dead, key, clock).take(async (renew) => {
    await asleep;
    await renew();
    sent.push('late');
  });
  late.catch(() => undefined);
  const began = clock.now();
  await createTurns(store, key, clock).take(async (renew) => {
    await renew();
    sent.push('second');
  });
  expect(clock.now() - began).toBeGreaterThanOrEqual(120_000);
  expect(clock.now() - began).toBeLessThan(125_000);
  wake();
  await expect(late).rejects.toSatisfy(isLocked);
  expect(sent).toEqual(['second']);
});

test('a long turn is renewed before it runs out', async () => {
  const store = createMemoryState();
  const clock = createVirtualClock({ auto: true });
  const rival = createTurns(store, key, clock);
  let isOver = false;
  let rivals: Promise<void> | undefined;
  await createTurns(store, key, clock).take(async (renew) => {
    rivals = rival.take(async () => expect(isOver).toBe(true));
    for (let acts = 0; acts < 20; acts++) {
      await clock.advance(5_000);
      await renew();
    }
    isOver = true;
  });
  await rivals;
});
