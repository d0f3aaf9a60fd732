import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterEach } from 'vitest';
import { type DropboxEmulator, type EmulatorOptions, startDropboxEmulator } from '../../emulators/dropbox/index.ts';

/** A plain HTTP client for the emulator: it knows the wire format and nothing of the product. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** A list is sent chunked, bytes with their length. */
  readonly body?: string | Buffer | readonly Buffer[];
}

export function talk(address: string, { headers = {}, method = 'POST', body }: Sending = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(address, { method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(pieces);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: bytes.toString(),
          json: asJson(bytes),
        });
      });
    });
    request.once('error', reject);
    if (Array.isArray(body)) for (const piece of body as Buffer[]) request.write(piece);
    else if (body !== undefined) request.setHeader('Content-Length', Buffer.byteLength(body as string | Buffer));
    else if (method === 'POST' && !('Content-Length' in headers)) request.setHeader('Content-Length', 0);
    request.end(Array.isArray(body) ? undefined : body);
  });
}

function asJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}

export const headerJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

export interface Talk {
  readonly emulator: DropboxEmulator;
  rpc(route: string, argument?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  send(
    route: string,
    argument: unknown,
    body: Sending['body'],
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
  upload(path: string, body: string | Buffer, rest?: object): Promise<Reply>;
  download(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Follows a listing to its end; gives all entries and the cursor. */
  walk(reply: Reply): Promise<{ entries: Entry[]; cursor: string; calls: number }>;
}

export type Entry = Readonly<Record<string, unknown>> & { readonly '.tag': string; readonly path_lower: string };

const running: DropboxEmulator[] = [];

afterEach(async () => {
  for (const emulator of running.splice(0)) await emulator.close();
});

export async function start(options: EmulatorOptions = {}): Promise<Talk> {
  const emulator = await startDropboxEmulator(options);
  running.push(emulator);
  return talkTo(emulator);
}

export function talkTo(emulator: DropboxEmulator, token = emulator.token): Talk {
  const bearer = { Authorization: `Bearer ${token}` };
  const at = (route: string): string => `${emulator.url}/2/${route}`;
  const self: Talk = {
    emulator,
    rpc: (route, argument = null, headers = {}) =>
      talk(at(route), {
        headers: { ...bearer, 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(argument),
      }),
    send: (route, argument, body, headers = {}) =>
      talk(at(route), {
        headers: {
          ...bearer,
          'Content-Type': 'application/octet-stream',
          'Dropbox-API-Arg': headerJson(argument),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      }),
    upload: (path, body, rest = {}) => self.send('files/upload', { path, ...rest }, body),
    download: (path, headers = {}) =>
      talk(at('files/download'), { headers: { ...bearer, 'Dropbox-API-Arg': headerJson({ path }), ...headers } }),
    async walk(reply) {
      const entries: Entry[] = [...(reply.json.entries as Entry[])];
      let last = reply;
      let calls = 1;
      while (last.json.has_more) {
        last = await self.rpc('files/list_folder/continue', { cursor: last.json.cursor as string });
        entries.push(...(last.json.entries as Entry[]));
        calls += 1;
      }
      return { entries, cursor: last.json.cursor as string, calls };
    },
  };
  return self;
}

/** The tags of an error, outermost first; its summary has to begin with them. */
export function tagsOf(reply: Reply): string {
  const tags: string[] = [];
  for (let at = reply.json?.error; at?.['.tag'] !== undefined; at = at[at['.tag']] ?? at.reason)
    tags.push(at['.tag'] as string);
  const summary = String(reply.json?.error_summary);
  return new RegExp(`^${tags.join('/')}/\\.*$`).test(summary)
    ? `${reply.status} ${tags.join('/')}`
    : `summary ${summary}`;
}
