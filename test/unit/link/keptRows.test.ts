import { expect, test, vi } from 'vitest';
import { KeptRows } from '../../../extension/src/links/keptRows.ts';

interface Folder {
  readonly name: string;
  readonly listed: number;
}

/** Two servers; `slow` lists only when it is told to. */
function tree(names = ['quick', 'slow']) {
  const listed = new Map<string, number>();
  const waiting: (() => void)[] = [];
  const draw = vi.fn();
  let isHeld = false;
  const kept = new KeptRows<Folder, Folder>({
    roots: async () => names.map((name) => ({ name, listed: 0 })),
    folderOf: (row) => row,
    keyOf: ({ name }) => name,
    draw,
    async rowsIn({ name }) {
      const times = (listed.get(name) ?? 0) + 1;
      listed.set(name, times);
      if (isHeld && name.startsWith('slow')) await new Promise<void>((resolve) => waiting.push(resolve));
      return name.includes('/') ? [] : [{ name: `${name}/inner`, listed: times }];
    },
  });
  const folder = (name: string): Folder => ({ name, listed: 0 });
  return {
    kept,
    draw,
    listed,
    folder,
    hold: () => (isHeld = true),
    goOn: () => {
      isHeld = false;
      for (const go of waiting.splice(0)) go();
    },
  };
}

test('rows of before are given while they are made anew, and drawn when they are there', async () => {
  const { kept, draw, folder, hold, goOn } = tree(['slow']);
  expect(await kept.of(folder('slow'))).toEqual([{ name: 'slow/inner', listed: 1 }]);
  hold();
  const renewed = kept.renew();
  expect(await kept.of(folder('slow'))).toEqual([{ name: 'slow/inner', listed: 1 }]);
  expect(draw).not.toHaveBeenCalled();
  goOn();
  await renewed;
  expect(draw).toHaveBeenCalledTimes(1);
  expect(await kept.of(folder('slow'))).toEqual([{ name: 'slow/inner', listed: 2 }]);
});

test('a server that does not answer keeps nobody else waiting', async () => {
  const { kept, draw, folder, hold, goOn } = tree();
  for (const name of ['quick', 'slow']) await kept.of(folder(name));
  hold();
  const renewed = kept.renew();
  await vi.waitFor(() => expect(draw).toHaveBeenCalledTimes(1));
  expect(await kept.of(folder('quick'))).toEqual([{ name: 'quick/inner', listed: 2 }]);
  goOn();
  await renewed;
  expect(draw).toHaveBeenCalledTimes(2);
});

test('nor what is asked for once more while it does not answer', async () => {
  const { kept, draw, folder, hold, goOn } = tree();
  for (const name of ['quick', 'slow']) await kept.of(folder(name));
  hold();
  const first = kept.renew();
  await vi.waitFor(() => expect(draw).toHaveBeenCalledTimes(1));
  const second = kept.renew();
  await vi.waitFor(() => expect(draw).toHaveBeenCalledTimes(2));
  expect(await kept.of(folder('quick'))).toEqual([{ name: 'quick/inner', listed: 3 }]);
  goOn();
  await Promise.all([first, second]);
});

test('only what is open is listed anew, from the top', async () => {
  const { kept, listed, folder } = tree(['quick']);
  await kept.of(folder('quick'));
  await kept.of(folder('quick/inner'));
  await kept.renew();
  expect([...listed]).toEqual([
    ['quick', 2],
    ['quick/inner', 2],
  ]);
  kept.forget(folder('quick/inner'));
  await kept.renew();
  expect([...listed]).toEqual([
    ['quick', 3],
    ['quick/inner', 2],
  ]);
  kept.forgetAll();
  await kept.renew();
  expect(listed.get('quick')).toBe(3);
});

test('a connection that went takes its rows along', async () => {
  const names = ['quick', 'slow'];
  const { kept, draw, listed, folder } = tree(names);
  await kept.of(folder('slow'));
  names.pop();
  await kept.renew();
  names.push('slow');
  await kept.of(folder('slow'));
  expect(listed.get('slow')).toBe(2);
  names.length = 0;
  draw.mockClear();
  await kept.renew();
  expect(draw).toHaveBeenCalledTimes(1);
});

test('asked for while it is under way, everything is made once more, not twice', async () => {
  const { kept, listed, folder, hold, goOn } = tree(['slow']);
  await kept.of(folder('slow'));
  hold();
  void kept.renew();
  await vi.waitFor(() => expect(listed.get('slow')).toBe(2));
  void kept.renew();
  void kept.renew();
  goOn();
  await vi.waitFor(() => expect(listed.get('slow')).toBe(3));
  await kept.renew();
  expect(listed.get('slow')).toBeLessThanOrEqual(4);
  expect(await kept.of(folder('slow'))).toEqual([{ name: 'slow/inner', listed: listed.get('slow') }]);
});

test('what was asked for first and answered last does not take the place of what is newer', async () => {
  const { kept, folder, hold, goOn } = tree(['slow']);
  hold();
  const first = kept.of(folder('slow'));
  goOn();
  hold();
  const late = kept.renewIn(folder('slow'));
  goOn();
  await Promise.all([first, late]);
  expect(await kept.of(folder('slow'))).toEqual([{ name: 'slow/inner', listed: 2 }]);
});
