import { createHash } from 'node:crypto';
import { drain } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { DavClient } from './client.ts';

interface Content {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** As the answer gives it. */
  readonly etag: string | undefined;
}

/** The bytes of a file, from `start` up to `end`, whatever the server makes of the range. */
export async function readContent(
  client: DavClient,
  path: DrivePath,
  range: { readonly start?: number; readonly end?: number } = {},
  context?: Context,
): Promise<Content> {
  const { start = 0, end } = range;
  const nothing: Content = { bytes: (async function* () {})(), etag: undefined };
  if (end !== undefined && end <= start) return nothing;
  const ranged = start > 0 || end !== undefined;
  const headers = {
    'Accept-Encoding': 'identity',
    ...(ranged && { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
  };
  const purpose = { operation: 'read', path };
  const response = await client
    .spelled(
      path,
      () => client.send({ method: 'GET', url: client.hrefs.urlOf(path), headers }, purpose, context),
      context,
    )
    .catch((error: unknown) => {
      // The range begins behind the end of the file.
      if (isDossierError(error) && error.status === 416) return undefined;
      throw error;
    });
  if (!response) return nothing;
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const offset = response.status === 200 ? 0 : partStart(response.headers['content-range']);
  if (encoding !== 'identity' || offset === undefined || (offset !== start && offset !== 0)) {
    await drain(response.body);
    throw new DossierError('invalid-response', 'The server sent other bytes than were asked for', {
      ...purpose,
      where: client.kind,
      status: response.status,
    });
  }
  return {
    bytes: cut(response.body, start - offset, end === undefined ? undefined : end - offset),
    etag: response.headers['etag'],
  };
}

function partStart(header: string | undefined): number | undefined {
  const start = /^bytes (\d{1,15})-\d{1,15}\/(?:\d{1,15}|\*)$/.exec(header ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

async function* cut(body: AsyncIterable<Uint8Array>, start: number, end = Infinity): AsyncIterable<Uint8Array> {
  let at = 0;
  for await (const bytes of body) {
    const piece = bytes.subarray(
      Math.min(bytes.length, Math.max(0, start - at)),
      Math.min(bytes.length, Math.max(0, end - at)),
    );
    at += bytes.length;
    if (piece.length > 0) yield piece;
    if (at > end) return;
  }
}

export interface Stored {
  readonly size: number;
  /** SHA-256, lower-case hexadecimal. */
  readonly sha256: string;
  readonly etag: string | undefined;
}

/** Reads a stored file back and hashes it; stops as soon as it is longer than it may be. */
export async function readBack(client: DavClient, path: DrivePath, size: number, context?: Context): Promise<Stored> {
  const { bytes, etag } = await readContent(client, path, {}, context);
  const hash = createHash('sha256');
  let read = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    read += piece.length;
    if (read > size) break;
  }
  return { size: read, sha256: hash.digest('hex'), etag };
}
