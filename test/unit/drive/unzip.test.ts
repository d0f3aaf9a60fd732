import { describe, expect, it } from 'vitest';
import { readBytes } from '../../../shared/core/bytes.ts';
import { zipOf } from '../../../shared/core/zip.ts';
import { type ByteSource, bytesSource } from '../../../shared/drive/source.ts';
import { unzip } from '../../../shared/drive/unzip.ts';
import { packedZip } from '../../support/packedZip.ts';
import { seededBytes } from '../../support/seeded.ts';

const text = new TextEncoder().encode('water over the road '.repeat(5000));
const noise = seededBytes(300_000, 'noise');
const all = (source: ByteSource) => readBytes(source.open(), 2 ** 30);

describe('a ZIP archive', () => {
  it('is read as it was packed, whole and in part, with a comment at its end', async () => {
    const archive = packedZip(
      [
        { path: 'a/text.txt', bytes: text },
        { path: 'ü.bin', bytes: noise },
        { path: 'empty', bytes: new Uint8Array() },
      ],
      'made by hand',
    );
    const entries = await unzip(bytesSource(archive));
    expect(entries.map(({ path, source }) => [path, source.size])).toEqual([
      ['a/text.txt', text.length],
      ['ü.bin', noise.length],
      ['empty', 0],
    ]);
    expect(Buffer.compare(await all(entries[0]!.source), text)).toBe(0);
    expect(Buffer.compare(await all(entries[1]!.source), noise)).toBe(0);
    expect(await all(entries[2]!.source)).toHaveLength(0);
    const part = await readBytes(entries[1]!.source.open({ start: 1000, end: 200_000 }), 2 ** 20);
    expect(Buffer.compare(part, noise.subarray(1000, 200_000))).toBe(0);
  });

  it('of our own is read, not compressed', async () => {
    async function* files() {
      yield { path: 'x/noise', bytes: noise };
    }
    const [entry] = await unzip(bytesSource(await readBytes(zipOf(files()), 2 ** 20)));
    expect(Buffer.compare(await all(entry!.source), noise)).toBe(0);
  });

  it('is read from the source a few times, however many files are in it', async () => {
    const archive = packedZip(
      Array.from({ length: 500 }, (_, index) => ({ path: `${index}`, bytes: noise.subarray(0, 1000 + index) })),
    );
    let opened = 0;
    const plain = bytesSource(archive);
    const source: ByteSource = { ...plain, open: (range) => (opened++, plain.open(range)) };
    for (const { source: entry } of await unzip(source)) await all(entry);
    expect(opened).toBeLessThan(5);
  });

  it('that is damaged says so, and gives nothing that is not as it was packed', async () => {
    const archive = packedZip([
      { path: 'a', bytes: text },
      { path: 'b', bytes: noise },
    ]);
    const flipped = Buffer.from(archive);
    flipped[50]! ^= 0xff;
    const [a, b] = await unzip(bytesSource(flipped));
    await expect(all(a!.source)).rejects.toMatchObject({ code: 'integrity-mismatch' });
    expect(Buffer.compare(await all(b!.source), noise)).toBe(0);
    await expect(unzip(bytesSource(archive.subarray(0, -30)))).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(unzip(bytesSource(noise))).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(unzip(bytesSource(new Uint8Array()))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('whose file claims to be smaller than it is, is not unpacked beyond', async () => {
    const archive = packedZip([{ path: 'bomb', bytes: new Uint8Array(50_000_000) }]);
    archive.writeUInt32LE(1000, archive.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24);
    const [bomb] = await unzip(bytesSource(archive));
    await expect(all(bomb!.source)).rejects.toMatchObject({ code: 'integrity-mismatch' });
  });

  it('that would unpack to far more than it is, is refused before anything is unpacked', async () => {
    const archive = packedZip(
      Array.from({ length: 3 }, (_, index) => ({ path: `${index}`, bytes: new Uint8Array(30_000_000) })),
    );
    await expect(unzip(bytesSource(archive))).rejects.toMatchObject({ code: 'too-large' });
  });

  it('tells what it cannot read: encrypted, packed in another way', async () => {
    const archive = packedZip([
      { path: 'secret', bytes: text, flags: 1 },
      { path: 'other', bytes: text, method: 12 },
    ]);
    for (const { source } of await unzip(bytesSource(archive)))
      await expect(all(source)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
