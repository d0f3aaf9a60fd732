import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createContentHasher, hashBlockBytes, hashOfBlocks } from './contentHash.ts';

/**
 * The bytes of files, streamed to and from disk. A content is written once, at offsets, and never changes afterwards.
 */
export interface Contents {
  create(): string;
  /** Opens for writing; the caller closes. */
  open(content: string): Promise<FileHandle>;
  truncate(content: string, size: number): Promise<void>;
  read(content: string, start: number, end: number): Readable;
  hash(content: string): Promise<string>;
  remove(content: string): Promise<void>;
}

/**
 * A content that is computed instead of stored: 32 bytes made from a seed, repeated. As a block is a multiple of 32
 * bytes all full blocks are equal, so the hash of a file of any size is known at once.
 */
export function virtualContent(seed: string, size: number): { content: string; hash: string } {
  const pattern = createHash('sha256').update(seed).digest();
  const digestOf = (bytes: number): Buffer => createHash('sha256').update(Buffer.alloc(bytes, pattern)).digest();
  const full = Math.floor(size / hashBlockBytes);
  const blocks: Buffer[] = full > 0 ? new Array<Buffer>(full).fill(digestOf(hashBlockBytes)) : [];
  if (size % hashBlockBytes > 0) blocks.push(digestOf(size % hashBlockBytes));
  return { content: `virtual:${pattern.toString('hex')}`, hash: hashOfBlocks(blocks) };
}

function readVirtual(content: string, start: number, end: number): Readable {
  const pattern = Buffer.from(content.slice('virtual:'.length), 'hex');
  const piece = Buffer.alloc(64 * 1024 + pattern.length, pattern);
  function* pieces(): Generator<Buffer> {
    for (let at = start; at < end; ) {
      const turn = at % pattern.length;
      const length = Math.min(64 * 1024, end - at);
      yield piece.subarray(turn, turn + length);
      at += length;
    }
  }
  return Readable.from(pieces());
}

export async function openContents(folder: string): Promise<Contents> {
  const root = join(folder, 'contents');
  await mkdir(root, { recursive: true });
  const place = (content: string): string => join(root, content.slice(0, 2), content);
  const contents: Contents = {
    create: () => randomBytes(12).toString('hex'),
    async open(content) {
      await mkdir(join(root, content.slice(0, 2)), { recursive: true });
      // Appends in concurrent sessions arrive at any offset and at the same time: whoever comes first creates, and
      // nobody empties.
      return open(place(content), constants.O_RDWR | constants.O_CREAT);
    },
    async truncate(content, size) {
      // A content without bytes was never opened.
      await truncate(place(content), size).catch(async () => (await contents.open(content)).close());
    },
    read(content, start, end) {
      if (content.startsWith('virtual:')) return readVirtual(content, start, end);
      if (end <= start) return Readable.from([]);
      return createReadStream(place(content), { start, end: end - 1, highWaterMark: 256 * 1024 });
    },
    async hash(content) {
      const hasher = createContentHasher();
      for await (const bytes of createReadStream(place(content), { highWaterMark: 1024 * 1024 })) {
        hasher.update(bytes as Buffer);
      }
      return hasher.end().hash;
    },
    async remove(content) {
      await rm(place(content), { force: true });
    },
  };
  return contents;
}
