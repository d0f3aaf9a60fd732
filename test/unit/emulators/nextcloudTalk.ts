/** Plain requests to a server under test: nothing is followed, retried or remembered. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  headers?: Record<string, string>;
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** `login:secret`, or null for none. */
  auth?: string | null;
}

export type Talk = (method: string, path: string, ask?: Ask) => Promise<Reply>;

/** `base` is put before every path; `auth` is used unless the request says otherwise. */
export function talkTo(base: string, auth: string): Talk {
  return (method, path, ask = {}) =>
    new Promise<Reply>((resolve, reject) => {
      const given = ask.auth === undefined ? auth : ask.auth;
      const target = new URL(base);
      const { body = '' } = ask;
      const isWhole = typeof body === 'string' || body instanceof Uint8Array;
      const options = {
        method,
        host: target.hostname,
        port: target.port,
        // Not through URL, which would tidy up what is to be tested.
        path: (target.pathname === '/' ? '' : target.pathname) + path,
        rejectUnauthorized: false,
        agent: false as const,
        headers: {
          ...(given === null ? {} : { authorization: `Basic ${Buffer.from(given).toString('base64')}` }),
          ...(isWhole && (body.length > 0 || method === 'PUT')
            ? { 'content-length': String(Buffer.byteLength(body)) }
            : {}),
          ...ask.headers,
        },
      };
      const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(options, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(pieces);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text: whole.toString() });
        });
      });
      request.on('error', reject);
      if (isWhole) request.end(body);
      else void sendPieces(body, request).catch(() => request.destroy());
    });
}

async function sendPieces(pieces: AsyncIterable<Uint8Array>, request: NodeJS.WritableStream): Promise<void> {
  for await (const piece of pieces) request.write(piece);
  request.end();
}

/** The text of every element of that local name, entities resolved. */
export function textsOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</(?:\\w+:)?${name}>)`, 'g');
  return [...xml.matchAll(pattern)].map(([, inner = '']) =>
    inner.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

export const propfind = (...properties: string[]): string =>
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>' +
  `${properties.map((property) => `<${property}/>`).join('')}</d:prop></d:propfind>`;
