/** File contents on disk. A blob is written once, streamed, and never changed afterwards. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Blob {
  readonly file: string;
  readonly size: number;
}

export interface Received {
  readonly blob: Blob;
  readonly digests: ReadonlyMap<string, string>;
  /** Set when the sender went away before the end of an unsized body. */
  readonly cut: boolean;
}

export const hashNames = ['md5', 'sha1', 'sha256', 'sha512'] as const;

export interface Blobs {
  /** Writes a body to disk, hashing it on the way. A body that breaks off leaves nothing unless `keepCut`. */
  receive(
    body: AsyncIterable<Uint8Array>,
    options?: { hashes?: readonly string[]; keepCut?: boolean },
  ): Promise<Received>;
  concat(parts: readonly Blob[], hashes?: readonly string[]): Promise<Received>;
  copy(blob: Blob): Promise<Blob>;
  read(blob: Blob, start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Of the content, or of the content read several times on end. */
  digest(blob: Blob, hash: string, times?: number): Promise<string>;
  remove(blob: Blob): Promise<void>;
}

export async function createBlobs(folder: string, firstNumber = 1): Promise<Blobs> {
  await mkdir(folder, { recursive: true });
  let next = firstNumber;
  const fresh = (): string => join(folder, `${process.pid.toString(36)}-${next++}`);

  async function receive(
    body: AsyncIterable<Uint8Array>,
    options: { hashes?: readonly string[]; keepCut?: boolean } = {},
  ): Promise<Received> {
    const file = fresh();
    const hashes = new Map<string, Hash>((options.hashes ?? []).map((name) => [name, createHash(name)]));
    const handle = await open(file, 'w');
    let size = 0;
    let cut = false;
    try {
      for await (const piece of body) {
        for (const hash of hashes.values()) hash.update(piece);
        await handle.writeFile(piece);
        size += piece.length;
      }
    } catch (error) {
      if (options.keepCut !== true) {
        await handle.close();
        await rm(file, { force: true });
        throw error;
      }
      cut = true;
    }
    await handle.close();
    const digests = new Map([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
    return { blob: { file, size }, digests, cut };
  }

  const read = (blob: Blob, start = 0, end = blob.size - 1): AsyncIterable<Uint8Array> =>
    end < start ? emptyBody() : createReadStream(blob.file, { start, end });

  async function* inOrder(parts: readonly Blob[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield* read(part);
  }

  return {
    receive,
    concat: (parts, hashes = []) => receive(inOrder(parts), { hashes }),
    async copy(blob) {
      const file = fresh();
      await link(blob.file, file);
      return { file, size: blob.size };
    },
    read,
    async digest(blob, name, times = 1) {
      const hash = createHash(name);
      for (let time = 0; time < times; time += 1) for await (const piece of read(blob)) hash.update(piece);
      return hash.digest('hex');
    },
    remove: (blob) => rm(blob.file, { force: true }),
  };
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // Nothing to read: a file of no bytes has no first byte to start from.
}
