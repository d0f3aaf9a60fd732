import { describe, expect, test } from 'vitest';
import {
  type Attachment,
  bytesSource,
  createKey,
  createVault,
  parseKey,
  parsePath,
  readBytes,
} from '../../../shared/index.ts';
import { createCopies, createMemoryDrive, createMemoryStorage, sourcesByKind } from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { createOriginals, listing } from './submitting.ts';

const folder = parsePath('/.dossier/vault');

async function scene() {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => clock.now());
  const drive = createMemoryDrive(storage);
  const vault = await createVault(parseKey(createKey()));
  return { clock, drive, vault, copies: createCopies({ drive, folder, vault, clock }) };
}

const attachment = (kept: Pick<Attachment, 'source' | 'fingerprint' | 'size'>): Attachment => ({
  id: 'a',
  name: 'photo.jpg',
  mediaType: 'image/jpeg',
  ...kept,
});

describe('copies of attachments in the vault', () => {
  test.each([0, 1, 65_536, 200_000])('%d bytes are kept encrypted and come back, whole and in part', async (size) => {
    const { drive, copies } = await scene();
    const content = seededBytes(size, 'copy');
    const kept = attachment(await copies.keep(bytesSource(content)));
    const source = await copies.open(kept);
    expect(source.size).toBe(size);
    expect(await source.fingerprint()).toBe(kept.fingerprint);
    expect(Buffer.compare(await readBytes(source.open(), size), content)).toBe(0);
    expect(Buffer.compare(await readBytes(source.open({ start: size >> 1 }), size), content.subarray(size >> 1))).toBe(
      0,
    );
    for (const entry of await listing(drive, '/.dossier/vault')) {
      if (size > 16)
        expect(
          Buffer.from(await readBytes(drive.read(entry), 2 ** 20)).includes(Buffer.from(content.subarray(0, 16))),
        ).toBe(false);
    }
  });

  test('a discarded copy is gone, and only copies are ever discarded (P2)', async () => {
    const { copies, drive } = await scene();
    const kept = attachment(await copies.keep(bytesSource(seededBytes(10, 'x'))));
    await copies.discard(kept);
    await copies.discard(kept);
    await expect(copies.open(kept)).rejects.toMatchObject({ code: 'source-missing' });
    await copies.discard({ ...kept, source: { kind: 'file', path: '/.dossier' } });
    expect(await listing(drive, '/.dossier')).toHaveLength(1);
  });

  test('what nobody refers to is swept after a day, and nothing else', async () => {
    const { copies, clock } = await scene();
    const kept = attachment(await copies.keep(bytesSource(seededBytes(10, 'kept'))));
    await copies.keep(bytesSource(seededBytes(10, 'left over')));
    expect(await copies.sweep([kept])).toBe(0);
    await clock.advance(25 * 60 * 60_000);
    const fresh = attachment(await copies.keep(bytesSource(seededBytes(10, 'just made'))));
    expect(await copies.sweep([kept])).toBe(1);
    await expect(copies.open(kept)).resolves.toBeDefined();
    await expect(copies.open(fresh)).resolves.toBeDefined();
  });

  test('a reference that names something else than a copy leads nowhere', async () => {
    const { copies } = await scene();
    for (const object of ['../../secret', '', 7, null, 'x'.repeat(26)]) {
      const hostile = attachment({ source: { kind: 'vault', object }, fingerprint: '', size: 1 });
      await expect(copies.open(hostile)).rejects.toMatchObject({ code: 'source-missing' });
      await expect(copies.discard(hostile)).rejects.toMatchObject({ code: 'source-missing' });
    }
  });

  test('each kind of reference is opened by its own host part, and an unknown one says what to do', async () => {
    const { copies } = await scene();
    const originals = createOriginals();
    const sources = sourcesByKind({ vault: copies, test: originals });
    const kept = attachment(await copies.keep(bytesSource(seededBytes(5, 'k'))));
    expect((await sources.open(kept)).size).toBe(5);
    expect((await sources.open(originals.attach('o', 'o.txt', seededBytes(6, 'o')))).size).toBe(6);
    await expect(sources.open({ ...kept, source: { kind: 'toString' } })).rejects.toMatchObject({
      code: 'source-missing',
    });
  });
});
