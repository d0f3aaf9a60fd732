import type { files } from 'dropbox';
import { drain } from '../../core/bytes.ts';
import type { Drive } from '../../drive/drive.ts';
import type { DropboxApi } from './api.ts';
import { pathArgument } from './metadata.ts';

/** Streamed downloads. The SDK holds a whole file in memory, so the route is called here. */
export function createRead(api: DropboxApi): Drive['read'] {
  return async function* read(ref, { start = 0, end } = {}, context) {
    if (end !== undefined && end <= start) return;
    const whole = start === 0 && end === undefined;
    const headers: Record<string, string> = whole
      ? {}
      : { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
    const argument = { path: pathArgument(ref) } satisfies files.DownloadArg;
    const response = await api.download(
      'files/download',
      argument,
      headers,
      { operation: 'read', path: ref.path },
      context,
    );
    if (whole || response.status === 206) yield* response.body;
    // A server that does not know ranges sends everything.
    else if (response.status === 200) yield* cut(response.body, start, end ?? Infinity);
    else await drain(response.body);
  };
}

async function* cut(body: AsyncIterable<Uint8Array>, start: number, end: number): AsyncIterable<Uint8Array> {
  let at = 0;
  for await (const part of body) {
    const piece = part.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += part.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}
