import { describe, expect, test } from 'vitest';
import { fromUtf8, fromUtf8Lossy } from '../../../shared/core/bytes.ts';
import { DossierError, isDossierError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { joinPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { hashLeaf, inclusionProof, rootFromInclusion } from '../../../shared/ledger/log/merkle.ts';
import { decodeEntryBundle, tileNodeReader, tilePath } from '../../../shared/ledger/log/tiles.ts';
import type { Ledger } from '../../../shared/ledger/openLedger.ts';
import { openCheckpoint } from '../../../shared/ledger/signing/checkpoint.ts';
import { verifyInTiles } from '../../../shared/ledger/verify/verifyInTiles.ts';
import { openPublished } from '../../../shared/ledger/verify/verifyPublished.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { openTestLedger, publicFolder, publishInMemory, shownStatements } from '../../support/publishing.ts';
import { seededBytes } from '../../support/seeded.ts';

const planted = {
  name: 'plantedname.heic',
  path: '/plantedfolder/plantedname.heic',
  size: 98_765_432,
  author: 'planted@example.org',
};
const digestOf = (at: number) => sha256Hex(seededBytes(4, at));
const append = ({ log }: Ledger, from: number, to: number) =>
  log.append(
    Array.from({ length: to - from }, (_, at) => ({
      event: 'Register' as const,
      asset: `a${from + at}`,
      occasion: 'r',
      observedAt: 0,
      subjects: [{ sha256: digestOf(from + at) }],
      masked: planted,
    })),
  );

const prepare = async () => {
  const ledger = await openTestLedger();
  return { ledger, publication: await publishInMemory(ledger) };
};

describe('publishing', () => {
  test('the static files alone prove every entry, after each of several rounds', async () => {
    const { ledger, publication } = await prepare();
    const required = async (path: string) => (await publication.read(path))!;
    for (const [from, to] of [
      [0, 3],
      [3, 300],
      [300, 520],
    ] as const) {
      await append(ledger, from, to);
      expect(await publication.publish()).toEqual({ size: to, changed: true, repaired: false });
      const checkpoint = openCheckpoint(fromUtf8Lossy(await required('checkpoint')), ledger.log.identity);
      expect(checkpoint.size).toBe(to);
      const nodes = tileNodeReader(to, (tile) => required(tilePath(tile)));
      for (const index of [0, from, to - 1]) {
        const width = Math.min(256, to - Math.floor(index / 256) * 256);
        const tile = { level: 'entries', index: Math.floor(index / 256), width } as const;
        const bundle = decodeEntryBundle(await required(tilePath(tile)), width);
        expect(
          rootFromInclusion(hashLeaf(bundle[index % 256]!), index, to, await inclusionProof(nodes, index, to)),
        ).toEqual(checkpoint.root);
      }
      expect(await verifyInTiles(publication.read, ledger.trust)).toMatchObject({ size: to, entries: to });
    }
    expect(await publication.publish()).toEqual({ size: 520, changed: false, repaired: false });
  });

  test('nothing published holds a name, a path, an extension or a size', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 20);
    await publication.publish();
    const files = await publication.files();
    for (const [path, bytes] of files) {
      const text = fromUtf8Lossy(bytes);
      const decoded = (text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []).map((run) =>
        Buffer.from(run, 'base64').toString('latin1'),
      );
      for (const each of [path, text, ...decoded]) expect(each).not.toMatch(/planted|heic|98765432/);
    }
    expect(files.size).toBeGreaterThan(7);
  });

  test('only public statements are shown; what becomes public or private later is shown or taken away', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 4);
    const even = { isPublic: (_: unknown, index: number) => index % 2 === 0, policy: () => 'even' };
    await publication.publish(even);
    expect([...shownStatements(await publication.files()).keys()].sort()).toEqual([0, 2]);
    expect(await publication.publish({ isPublic: (_, index) => index === 1, policy: () => 'one' })).toMatchObject({
      changed: true,
    });
    const files = await publication.files();
    expect([...shownStatements(files).keys()]).toEqual([1]);
    expect([...files.values()].map(fromUtf8Lossy).join()).not.toContain(digestOf(0));
  });

  test('each statement is read once, however long the ledger is', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 300);
    let reads = 0;
    const entry: Ledger['log']['entry'] = (index, signal) => (reads++, ledger.log.entry(index, signal));
    const counting = { ...ledger, log: { ...ledger.log, entry } };
    await publication.publish({ ledger: counting });
    expect(reads).toBe(300);
    await append(ledger, 300, 310);
    await publication.publish({ ledger: counting });
    // The bundle that has grown is written whole again.
    expect(reads).toBe(300 + 310 - 256);
  });

  test('files of the index stay small, and a question reads few of them, among ten thousand', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 10_000);
    await publication.publish();
    const files = await publication.files();
    const index = [...files].filter(([path]) => path.startsWith('lookup/'));
    expect(Math.max(...index.map(([, { length }]) => length))).toBeLessThan(80_000);
    const asked: string[] = [];
    const published = await openPublished({ read: async (path) => (asked.push(path), files.get(path)) });
    expect(await published.ask({ digests: { sha256: digestOf(7_777) } })).toMatchObject({
      answer: 'known',
      versions: [{ index: 7_777, version: 1, standing: 'newest', newestVersion: 1 }],
    });
    expect(asked.length).toBeLessThanOrEqual(8);
  });

  test('cut off anywhere, it shows the former state or the next one, and the next call completes it', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 5);
    await publication.publish();
    await append(ledger, 5, 300);
    const { drive } = publication;
    for (let allowed = 0; ; allowed++) {
      let writes = 0;
      const cut: Drive = {
        ...drive,
        upload: async (...given) => {
          if (writes++ >= allowed) throw new DossierError('forbidden', 'cut off');
          return drive.upload(...given);
        },
        remove: async (...given) => {
          if (writes++ >= allowed) throw new DossierError('forbidden', 'cut off');
          return drive.remove(...given);
        },
      };
      const over = await publication.publish({ drive: cut }).then(
        () => true,
        (error: unknown) => (isDossierError(error, 'forbidden') ? false : Promise.reject(error)),
      );
      const published = await openPublished({ read: publication.read });
      expect([5, 300]).toContain(published.size);
      expect(await published.ask({ digests: { sha256: digestOf(3) } })).toMatchObject({ answer: 'known' });
      const newer = await published.ask({ digests: { sha256: digestOf(299) } });
      expect(newer.answer).toBe(published.size === 300 ? 'known' : 'unknown');
      if (over) break;
      expect(allowed).toBeLessThan(60);
    }
    expect(await verifyInTiles(publication.read, ledger.trust)).toMatchObject({ size: 300 });
    // Nothing of the attempts that were cut off is left over.
    const left = [...(await publication.files()).keys()].filter((path) => path.startsWith('lookup/'));
    const fresh = await publishInMemory(ledger);
    await fresh.publish();
    expect(left.length).toBeLessThanOrEqual([...(await fresh.files()).keys()].length);
  });

  test('keys and pages are written once, not with each publishing', async () => {
    const { ledger, publication } = await prepare();
    const page = '<script type="application/json" id="published">null</script>';
    await append(ledger, 0, 2);
    await publication.publish({ page });
    const before = await publication.read('verify.html');
    expect(fromUtf8Lossy(before!)).toContain(ledger.log.identity.origin);
    await append(ledger, 2, 4);
    const written: string[] = [];
    const { drive } = publication;
    const upload: Drive['upload'] = (target, ...given) => (written.push(target.name), drive.upload(target, ...given));
    await publication.publish({ page, drive: { ...drive, upload } });
    expect(written).toEqual(expect.arrayContaining(['checkpoint', 'ledger.json']));
    expect(written.filter((name) => /html|pem|root/.test(name))).toEqual([]);
    expect(await publication.read('verify.html')).toEqual(before);
  });

  test('an old state that was put back is noticed and repaired', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 5);
    await publication.publish();
    const old = await publication.read('ledger.json');
    await append(ledger, 5, 9);
    await publication.publish();
    const path = joinPath(publicFolder.path, 'ledger.json');
    await publication.drive.remove({ path });
    await publication.drive.upload({ folder: publicFolder, name: 'ledger.json' }, old!, {
      sha256: sha256Hex(old!),
      dropboxContentHash: '',
    });
    expect(await publication.publish()).toEqual({ size: 9, changed: true, repaired: true });
    expect((await openPublished({ read: publication.read })).size).toBe(9);
  });

  test('a file of the index that was changed or lost is written anew', async () => {
    const { ledger, publication } = await prepare();
    await append(ledger, 0, 5);
    await publication.publish();
    for (const path of [...(await publication.files()).keys()].filter((each) => each.startsWith('lookup/')))
      await publication.drive.remove({ path: joinPath(publicFolder.path, ...path.split('/')) });
    await expect(
      (await openPublished({ read: publication.read })).ask({ digests: { sha256: digestOf(1) } }),
    ).rejects.toThrow(/missing/);
    await append(ledger, 5, 6);
    expect(await publication.publish()).toEqual({ size: 6, changed: true, repaired: true });
    expect(
      await (await openPublished({ read: publication.read })).ask({ digests: { sha256: digestOf(1) } }),
    ).toMatchObject({ answer: 'known' });
  });

  test('a restored backup, another history and a folder of other files are not written over', async () => {
    const store = createMemoryState();
    const ledger = await openTestLedger(store);
    const name = (await store.list('ledger/')).find(({ key }) => key.endsWith('/id'))!;
    const publication = await publishInMemory(ledger);
    await append(ledger, 0, 5);
    await publication.publish();
    const copy = async () => {
      const other = createMemoryState();
      await other.commit([{ key: name.key, value: name.value, expectedVersion: 0 }]);
      return openTestLedger(other);
    };
    const backup = await copy();
    await append(backup, 0, 2);
    const before = fromUtf8((await publication.read('ledger.json'))!);
    await expect(publication.publish({ ledger: backup, memory: undefined })).rejects.toThrow(/restored backup/);
    const fork = await copy();
    await append(fork, 10, 17);
    await expect(publication.publish({ ledger: fork, memory: undefined })).rejects.toThrow(/another history/);
    const stranger = await openTestLedger(createMemoryState(), 'stranger');
    await append(stranger, 0, 9);
    await expect(publication.publish({ ledger: stranger, memory: undefined })).rejects.toSatisfy((error) =>
      isDossierError(error, 'already-exists'),
    );
    expect(fromUtf8((await publication.read('ledger.json'))!)).toBe(before);
  });
});
