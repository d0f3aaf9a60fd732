import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inHost } from '../../../.config/buildExtension.ts';
import { buildThread } from '../../../.config/lateModules.ts';
import { type Credentials, readCredentials } from '../../../extension/src/model/credentials/readCredentials.ts';
import { bytesSource } from '../../../shared/index.ts';
import { createSigner, signed, smallJpeg, type TestSigner } from '../../support/contentCredentials.ts';
import { seededBytes } from '../../support/seeded.ts';

/** The program as it is shipped. */
let worker: string;
let folder: string;
let acme: TestSigner;
let picture: Uint8Array;

beforeAll(async () => {
  acme = await createSigner('Acme Cameras');
  picture = await signed(smallJpeg(), acme);
  folder = await mkdtemp(join(tmpdir(), 'dossier-credentials-'));
  worker = await buildThread('extension/src/model/credentials/worker.ts', folder, inHost);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const read = (bytes: Uint8Array, trusted: readonly string[] = []) =>
  readCredentials(bytesSource(bytes), { worker, trusted });

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

describe('content credentials', () => {
  test('hold: by a signer whom the user trusts, or by one whom nobody here vouches for', {
    timeout: 60_000,
  }, async () => {
    const about = { signer: 'Acme Cameras Signer (Acme Cameras)', generator: expect.stringContaining('c2pa-ts') };
    expect(await read(picture, [acme.rootPem])).toEqual({ state: 'valid', ...about });
    expect(await read(picture)).toEqual({ state: 'unknownSigner', ...about });
    const other = await createSigner('Acme Cameras');
    expect(await read(picture, [other.rootPem])).toMatchObject({ state: 'unknownSigner' });
  });

  test('do not hold when one byte of the picture, of a claim or of the signature is another', {
    timeout: 60_000,
  }, async () => {
    const places = [picture.length - 3, picture.indexOf(0x78) + 5];
    for (const text of ['c2pa.hash.data', 'dossier-test']) places.push(Buffer.from(picture).lastIndexOf(text) + 1);
    for (const at of places) {
      const { state } = (await read(flipped(picture, at), [acme.rootPem]))!;
      expect(['altered', 'unjudged'], `byte ${at}`).toContain(state);
    }
    expect(await read(flipped(picture, picture.length - 3), [acme.rootPem])).toMatchObject({ state: 'altered' });
  });

  test('are not judged by a certificate that has expired, nor in formats that nothing here can judge', {
    timeout: 60_000,
  }, async () => {
    const gone = await signed(smallJpeg(), await createSigner('Gone', -1));
    expect(await read(gone, [acme.rootPem])).toMatchObject({ state: 'unjudged', why: 'certificate' });
    const store = storeOf(picture);
    expect(await read(webpWith(store))).toEqual({ state: 'unjudged', why: 'format' });
  });

  test('are absent from what has none', async () => {
    for (const bytes of [smallJpeg(), new Uint8Array(), seededBytes(5000, 'noise'), new TextEncoder().encode('%PDF')])
      expect(await read(bytes)).toBeUndefined();
  });

  describe('that lie elsewhere', () => {
    let asked = 0;
    let server: Server;
    beforeAll(async () => {
      server = createServer((socket) => {
        asked++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => void server.close());

    test('are named, and nobody is asked for them', { timeout: 60_000 }, async () => {
      const { port } = server.address() as { port: number };
      const remote = `http://127.0.0.1:${port}/manifest.c2pa`;
      expect(await read(withXmp(smallJpeg(), remote))).toEqual({ state: 'remote', remote });
      expect(await read(withXmp(picture, remote))).toMatchObject({ state: expect.stringMatching(/altered|unjudged/) });
      expect(asked).toBe(0);
      // The trap works.
      await new Promise((resolve) => connect(port, '127.0.0.1').on('close', resolve).on('error', resolve));
      expect(asked).toBe(1);
    });
  });
});

describe('hostile credentials end in one word, soon', () => {
  const cases: readonly (readonly [string, () => Uint8Array])[] = [
    ['a box of 4 GiB', () => jpegWith(box('jumb', new Uint8Array(30), 0xffffffff))],
    ['a box of 2^60 bytes', () => jpegWith(longBox(2n ** 60n))],
    ['a box of no size, which goes on for ever', () => jpegWith(box('jumb', box('jumb', new Uint8Array(8), 0)))],
    ['a box of 4 bytes', () => jpegWith(box('jumb', box('jumb', new Uint8Array(8), 4)))],
    ['a thousand boxes in one another', () => jpegWith(nested(1000))],
    ['a hundred thousand empty boxes', () => pngWith(box('jumb', many(100_000)))],
    ['nothing but the head of a box', () => jpegWith(box('jumb', new Uint8Array()).subarray(0, 8))],
    ['a PNG chunk of 4 GiB', () => pngWith(new Uint8Array(10), 0xffffffff)],
    ['a video whose box is longer than the file', () => videoWith(new Uint8Array(40), 2 ** 31)],
    ['CBOR that announces 2^40 entries', () => jpegWith(withCbor('9b0000010000000000'))],
    ['CBOR ten thousand lists deep', () => jpegWith(withCbor('81'.repeat(10_000)))],
  ];

  test.each(cases)('%s', { timeout: 30_000 }, async (_what, make) => {
    const bytes = make();
    const heap = process.memoryUsage().rss;
    const result: Credentials | undefined = await read(bytes);
    expect(result).toMatchObject({ state: 'unjudged' });
    expect(process.memoryUsage().rss - heap).toBeLessThan(256 * 2 ** 20);
  });

  test('every truncation and a thousand changed bytes of a real one', { timeout: 120_000 }, async () => {
    const start = Buffer.from(picture).indexOf('jumb') - 20;
    for (let at = start; at < start + 3000; at += 97) {
      const cut = await read(picture.subarray(0, at));
      expect(['valid', 'unknownSigner']).not.toContain(cut?.state);
    }
  });
});

function storeOf(jpeg: Uint8Array): Uint8Array {
  const at = Buffer.from(jpeg).indexOf('jumb') - 4;
  return jpeg.slice(at, at + Buffer.from(jpeg).readUInt32BE(at));
}

function box(type: string, content: Uint8Array, size = content.length + 8): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size, 0);
  head.write(type, 4, 'latin1');
  return new Uint8Array(Buffer.concat([head, content]));
}

function longBox(size: bigint): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32BE(1, 0);
  head.write('jumb', 4);
  head.writeBigUInt64BE(size, 8);
  return new Uint8Array(head);
}

function nested(depth: number): Uint8Array {
  let content: Uint8Array = new Uint8Array();
  for (let level = 0; level < depth; level++) content = box('jumb', content);
  return content;
}

const many = (count: number) =>
  new Uint8Array(Buffer.concat(Array.from({ length: count }, () => box('free', new Uint8Array()))));

function app11(content: Uint8Array): Uint8Array {
  const head = Buffer.from([0xff, 0xeb, 0, 0, 0x4a, 0x50, 0, 1, 0, 0, 0, 1]);
  head.writeUInt16BE(content.length + 10, 2);
  return new Uint8Array(Buffer.concat([head, content]));
}

function jpegWith(store: Uint8Array): Uint8Array {
  const plain = smallJpeg();
  return new Uint8Array(Buffer.concat([plain.subarray(0, 2), app11(store), plain.subarray(2)]));
}

function pngWith(store: Uint8Array, length = store.length): Uint8Array {
  const chunk = Buffer.alloc(8);
  chunk.writeUInt32BE(length, 0);
  chunk.write('caBX', 4);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return new Uint8Array(Buffer.concat([signature, chunk, store, Buffer.alloc(4)]));
}

function videoWith(content: Uint8Array, size: number): Uint8Array {
  const id = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
  return new Uint8Array(
    Buffer.concat([box('ftyp', Buffer.from('isom0000isom')), box('uuid', Buffer.concat([id, content]), size)]),
  );
}

function webpWith(store: Uint8Array): Uint8Array {
  const head = Buffer.from('RIFF0000WEBPC2PA0000');
  head.writeUInt32LE(store.length, 16);
  return new Uint8Array(Buffer.concat([head, store, Buffer.alloc(store.length % 2)]));
}

/** The real store with another content in its claim. */
function withCbor(hex: string): Uint8Array {
  const store = Buffer.from(storeOf(picture));
  const at = store.indexOf('cbor', store.indexOf('c2pa.claim')) + 4;
  const content = Buffer.from(hex, 'hex');
  content.copy(store, at, 0, Math.min(content.length, store.readUInt32BE(at - 8) - 8));
  return new Uint8Array(store);
}

function withXmp(jpeg: Uint8Array, address: string): Uint8Array {
  const xmp = Buffer.from(
    `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description dcterms:provenance="${address}"/></x:xmpmeta>`,
  );
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(xmp.length + 2, 2);
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), head, xmp, jpeg.subarray(2)]));
}
