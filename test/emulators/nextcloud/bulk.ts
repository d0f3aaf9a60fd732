/** Many small files in one `multipart/related` request, as desktop clients send them. */
import { createHash } from 'node:crypto';
import { DavError } from './davError.ts';
import { lockKey, type Place, parentOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { checkName, decodePath } from './names.ts';
import { quoteEtag } from './resource.ts';
import { ocId, type Site } from './site.ts';
import { checkQuota, storeFile } from './writeFile.ts';

const maximumBody = 64 * 1024 * 1024;

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly content: Buffer;
}

/** The parts one after the other: each says its own length, as the server insists. */
function* partsOf(body: Buffer, boundary: string): Generator<Part> {
  const opening = Buffer.from(`--${boundary}`);
  let at = body.indexOf(opening);
  while (at >= 0) {
    at += opening.length;
    if (body.subarray(at, at + 2).toString() === '--') return;
    const headersEnd = body.indexOf('\r\n\r\n', at);
    if (headersEnd < 0) throw new DavError('BadRequest', 'Headers of a part are not terminated');
    const lines = body
      .subarray(at, headersEnd)
      .toString()
      .split('\r\n')
      .filter((line) => line !== '');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const length = headers.get('content-length');
    if (length === undefined) throw new DavError('BadRequest', 'The Content-Length header must not be null.');
    const start = headersEnd + 4;
    const end = start + Number(length);
    yield { headers, content: body.subarray(start, end) };
    at = body.indexOf(opening, end);
  }
  throw new DavError('BadRequest', 'The body has no end');
}

function checkHash({ headers, content }: Part): void {
  const [algorithm = '', expected = ''] = (
    headers.get('oc-checksum') ?? `md5:${headers.get('x-file-md5') ?? ''}`
  ).split(':');
  const known = ['md5', 'sha1', 'sha256', 'sha512'].includes(algorithm.toLowerCase());
  if (expected === '' || !known) throw new DavError('BadRequest', 'The hash headers must not be null.');
  const actual = createHash(algorithm.toLowerCase()).update(content).digest('hex');
  if (actual !== expected.toLowerCase()) throw new DavError('BadRequest', 'Computed hash is incorrect.');
}

export async function bulk(exchange: Exchange, site: Site): Promise<void> {
  const type = exchange.header('content-type') ?? '';
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (!type.toLowerCase().startsWith('multipart/related') || boundary === undefined) {
    throw new DavError('UnsupportedMediaType', 'Content-Type must be multipart/related');
  }
  const written: Record<string, unknown> = {};
  const json = { 'Content-Type': 'application/json; charset=utf-8' };
  const body = await exchange.bytes(maximumBody);
  try {
    for (const part of partsOf(body, boundary)) {
      checkHash(part);
      const path = part.headers.get('x-file-path') ?? '';
      written[path] = await storePart(exchange, site, part, path);
    }
  } catch (error) {
    if (error instanceof DavError) return exchange.send(error.status, json, JSON.stringify(written));
    throw error;
  }
  return exchange.send(200, json, JSON.stringify(written));
}

async function storePart(exchange: Exchange, site: Site, part: Part, path: string): Promise<unknown> {
  try {
    const segments = decodePath(encodeURI(path).replaceAll('?', '%3f').replaceAll('#', '%23'));
    const { owner } = exchange;
    const place: Place = {
      account: owner,
      segments,
      path: { base: '', area: 'files', user: owner.userId, root: [], segments },
    };
    if (parentOf(place) === undefined) throw new DavError('NotFound', `No folder for ${path}`);
    checkName(segments.at(-1) ?? '');
    checkQuota(place, part.content.length);
    site.locks.assertFree(lockKey(place));
    const { blob } = await site.blobs.receive(single(part.content));
    const mtime = Number(
      part.headers.get('x-oc-mtime') ?? part.headers.get('x-file-mtime') ?? Math.floor(Date.now() / 1000),
    );
    const { node } = storeFile(site, place, blob, { mtime });
    return {
      error: false,
      etag: quoteEtag(node.etag).slice(1, -1),
      fileid: ocId(site, node.id),
      permissions: 'RGDNVW',
    };
  } catch (error) {
    if (error instanceof DavError) return { error: true, message: error.message };
    throw error;
  }
}

async function* single(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
