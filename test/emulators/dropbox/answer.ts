import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Contents } from './contents.ts';
import { plainRefusal, type Refusal } from './errors.ts';
import type { RequestRecord } from './requests.ts';
import type { Download } from './service.ts';

/** A complete answer, ready to be sent, cut or lost. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly length: number;
  open(): Readable;
}

function textAnswer(
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const bytes = Buffer.from(text);
  return {
    status,
    headers: { ...(bytes.length > 0 ? { 'Content-Type': type } : {}), ...headers },
    length: bytes.length,
    open: () => Readable.from([bytes], { objectMode: false }),
  };
}

export const jsonAnswer = (value: unknown, headers?: Readonly<Record<string, string>>): Answer =>
  textAnswer(200, 'application/json', JSON.stringify(value), headers);

export const htmlAnswer = (status: number, page: string): Answer =>
  textAnswer(status, 'text/html; charset=utf-8', page, {
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
  });

export const redirectAnswer = (location: string): Answer => textAnswer(302, 'text/plain', '', { Location: location });

export function refusalAnswer({ status, headers, body }: Refusal): Answer {
  return 'json' in body
    ? textAnswer(status, 'application/json', JSON.stringify(body.json), headers)
    : textAnswer(status, body.type ?? 'text/plain; charset=utf-8', body.text, headers);
}

/** JSON for a header: nothing but printable ASCII. */
const headerJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A file, or the part of it that a `Range` header asks for. */
export function downloadAnswer(download: Download, contents: Contents, range: string | undefined): Answer {
  const { content, size, etag, result } = download;
  const part = range === undefined ? undefined : parseRange(range, size);
  if (part === 'unsatisfiable') return refusalAnswer(plainRefusal(416, ''));
  const [start, end] = part ?? [0, size];
  return {
    status: part ? 206 : 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Accept-Ranges': 'bytes',
      'Dropbox-API-Result': headerJson(result),
      ETag: `W/"${etag}"`,
      ...(part ? { 'Content-Range': `bytes ${start}-${end - 1}/${size}` } : {}),
    },
    length: end - start,
    open: () => contents.read(content, start, end),
  };
}

function parseRange(header: string, size: number): readonly [start: number, end: number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const suffix = Math.min(size, Number(match[2]));
    return suffix === 0 ? 'unsatisfiable' : [size - suffix, size];
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  return start >= size || end <= start ? 'unsatisfiable' : [start, end];
}

/** Sends an answer, or only its first half where the connection is to break. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  record: RequestRecord,
  cut: (() => void) | undefined,
): Promise<void> {
  record.status = answer.status;
  response.writeHead(answer.status, {
    ...answer.headers,
    'Content-Length': answer.length,
    'X-Dropbox-Request-Id': `emulator${record.index}`,
  });
  const goal = cut ? Math.floor(answer.length / 2) : answer.length;
  async function* counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of source) {
      const part = bytes.subarray(0, goal - record.bytesOut);
      record.bytesOut += part.length;
      if (part.length > 0) yield part;
      if (record.bytesOut >= goal) return;
    }
  }
  if (!cut) {
    await pipeline(answer.open(), counted, response);
    return;
  }
  for await (const part of counted(answer.open())) response.write(part);
  await new Promise<void>((resolve) => response.write('', () => resolve()));
  cut();
}
