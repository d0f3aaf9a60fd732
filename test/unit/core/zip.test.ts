import { spawnSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../../shared/core/archive.ts';
import type { StreamedFile } from '../../../shared/core/zip.ts';
import { bytesSource, readBytes, utf8, zipOf } from '../../../shared/index.ts';
import { ensureDebian } from '../../hosts/debian.ts';
import { seededBytes } from '../../support/seeded.ts';

let work: string;
beforeAll(async () => {
  await ensureDebian(['python3']);
  work = await mkdtemp(join(tmpdir(), 'dossier-zip-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

type Files = Parameters<typeof zipOf>[0];

async function* from<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}

async function archived(files: Files): Promise<Uint8Array> {
  return readBytes(zipOf(files), 2 ** 28);
}

async function unpacked(archive: Uint8Array): Promise<Record<string, string>> {
  const { files, read } = await openArchive(bytesSource(archive));
  const found: Record<string, string> = {};
  for (const { path } of files) found[path] = Buffer.from(await readBytes(read(path), 2 ** 28)).toString('latin1');
  return found;
}

/** Made by another program: compressed, with a folder of its own, and a remark at its end. */
function othersArchive(script: string): Promise<Buffer> {
  const path = join(work, 'other.zip');
  const { status, stderr } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFile(path);
}

describe('an archive', () => {
  test('of files in memory and of streamed ones is read by others', async () => {
    const bytes = seededBytes(300_000, 'zip');
    const files = [
      { path: 'top/größe.txt', bytes: utf8('a') },
      { path: 'top/streamed', body: bytesSource(bytes) },
      { path: 'top/empty', body: bytesSource(new Uint8Array()) },
    ];
    const path = join(work, 'mixed.zip');
    await writeFile(path, await archived(from(files)));
    const script =
      'import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.namelist())';
    const { stdout, stderr } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
    expect([stdout.trim(), stderr]).toEqual(["['top/größe.txt', 'top/streamed', 'top/empty']", '']);
    expect((await unpacked(await archived(from(files))))['top/streamed']).toBe(Buffer.from(bytes).toString('latin1'));
  });

  test('of more than 65,535 files has them all', async () => {
    const all = Array.from({ length: 70_000 }, (_, index) => ({ path: `f${index}`, bytes: new Uint8Array() }));
    const archive = await archived(from(all));
    expect((await openArchive(bytesSource(archive))).files).toHaveLength(70_000);
    const path = join(work, 'many.zip');
    await writeFile(path, archive);
    const script = 'import zipfile,sys; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))';
    expect(spawnSync('python3', ['-c', script, path], { encoding: 'utf8' }).stdout.trim()).toBe('70000');
  });

  test('of more than 4 GiB has 64 bits where they are needed', { timeout: 120_000 }, async () => {
    const size = 2 ** 32 + 7;
    const zeros = new Uint8Array(4 * 1024 * 1024);
    const body: StreamedFile['body'] = {
      size,
      async *open() {
        for (let at = 0; at < size; at += zeros.length) yield zeros.subarray(0, Math.min(zeros.length, size - at));
      },
    };
    const files = from([
      { path: 'large', body },
      { path: 'after', bytes: utf8('after') },
    ]);
    const path = join(work, 'large.zip');
    const file = await open(path, 'w');
    let at = 0;
    for await (const piece of zipOf(files)) {
      // The zeros are a hole in the file.
      if (piece.buffer !== zeros.buffer) await file.write(piece, 0, piece.length, at);
      at += piece.length;
    }
    await file.close();
    const script =
      'import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); print([i.file_size for i in z.infolist()], z.read("after"))';
    const { stdout } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(`[${size}, 5] b'after'`);
    await rm(path);
  });

  test('of a content that is not as long as it said is refused', async () => {
    const body = { ...bytesSource(utf8('abc')), size: 4 };
    await expect(archived(from([{ path: 'a', body }]))).rejects.toMatchObject({ code: 'source-changed' });
  });

  test('of another program is read, compressed or not', async () => {
    const archive = await othersArchive(
      'import zipfile,sys\nz=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)\nz.comment=b"remark PK\\5\\6"\nz.mkdir("d") if hasattr(z,"mkdir") else None\nz.writestr("d/a","x"*100000)\nz.writestr(zipfile.ZipInfo("d/b"),"stored")\nz.close()',
    );
    expect(await unpacked(archive)).toEqual({ 'd/a': 'x'.repeat(100_000), 'd/b': 'stored' });
  });
});

/** One file with what is given in the place of what is right. */
function crafted(
  files: readonly Partial<
    Record<'mode' | 'size' | 'flags' | 'method' | 'at', number> & { name: string; local: string; content: Uint8Array }
  >[],
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name = 'a', local = name, content = utf8('x'), ...given } of files) {
    const { mode = 0o100644, method = 0, flags = 0x800, size = content.length } = given;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(Buffer.byteLength(local), 26);
    parts.push(header, Buffer.from(local), Buffer.from(content));
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0314, 4);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(mode * 0x10000, 38);
    entry.writeUInt32LE(given.at ?? at, 42);
    directory.push(entry, Buffer.from(name));
    at += 30 + Buffer.byteLength(local) + content.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

describe('a hostile archive is refused in one sentence, and soon', () => {
  const zeros = deflateRawSync(Buffer.alloc(100 * 2 ** 20));
  test.each<[string, RegExp, () => Uint8Array]>([
    ['a name that climbs', /lead out/, () => crafted([{ name: 'data/../../x' }])],
    ['an absolute name', /lead out/, () => crafted([{ name: '/etc/passwd' }])],
    ['a name of Windows', /lead out/, () => crafted([{ name: 'a\\..\\x' }])],
    ['a name twice', /twice/, () => crafted([{}, {}])],
    ['a link', /link/, () => crafted([{ mode: 0o120777 }])],
    ['two files in the same place', /overlap/, () => crafted([{ name: 'a' }, { name: 'b', at: 0 }])],
    ['a header with another name', /contradict/, () => crafted([{ name: 'a', local: 'b' }])],
    ['encryption', /encrypted/, () => crafted([{ flags: 0x801 }])],
    ['an unusual method', /unusual/, () => crafted([{ method: 14 }])],
    ['a bomb', /times its size/, () => crafted([{ method: 8, content: zeros, size: 100 * 2 ** 20 }])],
    ['a bomb that says it is small', /damaged/, () => crafted([{ method: 8, content: zeros, size: 1000 }])],
    ['a content that is no deflate', /damaged/, () => crafted([{ method: 8, content: utf8('zzzz'), size: 9 }])],
    ['nothing', /no ZIP/, () => new Uint8Array()],
    ['its end cut off', /no ZIP/, () => crafted([{}]).subarray(0, -1)],
    ['something before it', /not where/, () => Buffer.concat([Buffer.from('junk'), crafted([{}])])],
    [
      'names in another encoding',
      /UTF-8/,
      () => Buffer.from(crafted([{ name: 'q' }]).map((byte) => (byte === 113 ? 0xff : byte))),
    ],
  ])('%s', async (_what, sentence, archive) => {
    const bytes = archive();
    const began = performance.now();
    await expect(unpacked(bytes)).rejects.toThrow(sentence);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('every change of one byte is refused, or is read as what it says', async () => {
    const archive = await archived(
      from([
        { path: 'a', bytes: utf8('content') },
        { path: 'b', body: bytesSource(utf8('b')) },
      ]),
    );
    for (let at = 0; at < archive.length; at++)
      for (const bit of [1, 0x80]) {
        const changed = Uint8Array.from(archive);
        changed[at]! ^= bit;
        const error = await unpacked(changed).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error !== undefined) expect(error).toMatchObject({ name: 'DossierError' });
      }
  });
});
