import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import type { Entry } from '../../../shared/drive/entry.ts';
import type { Link } from '../../../shared/link/link.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type LinkWorld, linkWorlds } from '../../crash/linkWorlds.ts';
import { createWalker, type Walker } from '../../support/linking.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a file that moved to where nothing can be read', () => {
  let world: LinkWorld;
  let walker: Walker;
  let link: Link;
  let file: Entry;

  beforeEach(async () => {
    world = await linkWorlds.nextcloud();
    walker = createWalker(createMemoryState());
    const content = bytes('content');
    file = (await world.drive.upload({ folder: world.linked, name: 'here.txt' }, content, digestsOf(content))).entry;
    link = await walker.link(world.drive, world.linked, world.hashPolicy);
    await walk();
    file = await world.drive.move(file, world.linked, 'there.txt');
  });
  afterEach(() => world.close());

  const walk = async (sweep = false) =>
    (await walker.walk(link, world.drive, { sweep })).changes.map(({ event, path }) => `${event} ${path}`);
  /** Looks while the one entry of the folder cannot be read. */
  const looks = (...sweeps: readonly boolean[]) =>
    world.partly!(1, async () => {
      const events: string[] = [];
      for (const sweep of sweeps) events.push(...(await walk(sweep)));
      return events;
    });

  test('is not gone for as long as that lasts, and has moved once it can be read', async () => {
    expect(await looks(false, false, true, false, true)).toEqual([]);
    expect(await walk()).toEqual([`Rename ${file.path}`]);
    expect(await walk()).toEqual([]);
  });

  test('is gone once that place can be read and it is not there', async () => {
    expect(await looks(false, false, true)).toEqual([]);
    await world.drive.remove(file);
    expect(await walk()).toEqual([`Delete ${world.linked.path}/here.txt`]);
    expect(await walk()).toEqual([]);
  });

  test('does not keep another from being gone that is removed later', async () => {
    const content = bytes('other');
    const other = { folder: world.outside, name: 'other.txt' };
    const outside = (await world.drive.upload(other, content, digestsOf(content))).entry;
    await looks(false);
    const inside = await world.drive.move(outside, world.linked, 'z.txt');
    await looks(false);
    await world.drive.remove(inside);
    expect(await looks(false, true)).toEqual([`Delete ${inside.path}`]);
  });
});
