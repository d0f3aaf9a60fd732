import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { type DrivePath, isDossierError, joinPath, namesOf, parsePath } from '../../../shared/index.ts';
import type { Board, ShownFolder } from './board.ts';
import { changesPart, document, escaped, openingPage, runningPart } from './page.ts';

export interface Opening {
  readonly url: string;
  close(): Promise<void>;
}

const usualPort = 4747;
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.pem': 'text/plain',
  '.jpg': 'image/jpeg',
  '.mp4': 'video/mp4',
};
const mediaType = (name: string) => mediaTypes[extname(name)] ?? 'application/octet-stream';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

const html = (body: string): Answer => ({ headers: { 'content-type': 'text/html; charset=utf-8' }, body });
const nothing: Answer = { status: 404, body: 'Nothing is here.' };

/** The page that `npm start` opens on: on loopback, at its usual port or, where that is busy, at any. */
export async function startOpening(board: Board, port = usualPort): Promise<Opening> {
  let origin = '';
  const server = createServer((request, response) => {
    answerTo(request, board, origin)
      .catch(
        (error: unknown): Answer => ({ status: 500, body: error instanceof Error ? error.message : String(error) }),
      )
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  await listen(server, port).catch(() => listen(server, 0));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

async function send(response: ServerResponse, { status = 200, headers = {}, body = '' }: Answer): Promise<void> {
  response.writeHead(status, { 'cache-control': 'no-store', ...headers } as Record<string, string>);
  if (typeof body === 'string' || body instanceof Uint8Array) response.end(body);
  else for await (const piece of Readable.from(body)) response.write(piece);
  response.end();
}

async function answerTo(request: IncomingMessage, board: Board, origin: string): Promise<Answer> {
  // Other sites that a browser has open are not to be answered, nor to press buttons here.
  const asked = `http://${request.headers.host}`;
  if (asked === origin.replace('127.0.0.1', 'localhost'))
    return { status: 302, headers: { location: `${origin}${request.url ?? '/'}` } };
  if (asked !== origin) return { status: 403, body: 'Open the address that was printed.' };
  const url = new URL(request.url ?? '/', origin);
  const [, room = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (request.method === 'POST') {
    if (request.headers.origin !== origin) return { status: 403, body: 'Only this page may ask for that.' };
    return room === 'report' ? report(request, board, origin) : room === 'change' ? change(board) : nothing;
  }
  const rooms: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '': () => html(openingPage(board)),
    'part': async () => html(rest[0] === 'running' ? runningPart(board) : await changesPart(board)),
    'n8n': () => toN8n(board, url.searchParams.get('to')),
    'files': () => files(board.folders.get(rest[0] ?? ''), rest),
    'proofs': () => fileBelow(board.proofs?.folder, rest),
    'published': () => fileBelow(board.proofs?.published, rest),
  };
  return (rooms[room] ?? (() => nothing))();
}

/** n8n believes a cookie, and cookies do not know ports: here the browser gets it. */
async function toN8n({ signIn }: Board, to: string | null): Promise<Answer> {
  if (!signIn) return nothing;
  const { cookies, url } = await signIn();
  const path = to !== null && /^\/[\w/-]*$/.test(to) ? to : '';
  return { status: 302, headers: { 'location': `${url}${path}`, 'set-cookie': cookies } };
}

async function change({ linked }: Board): Promise<Answer> {
  await linked?.change();
  return { status: linked ? 204 : 404 };
}

async function report(request: IncomingMessage, { firstReport }: Board, origin: string): Promise<Answer> {
  if (!firstReport) return nothing;
  const form = await new Request(`${origin}/report`, {
    method: 'POST',
    headers: { 'content-type': request.headers['content-type'] ?? '' },
    body: Readable.toWeb(request) as ReadableStream<Uint8Array>,
    duplex: 'half',
  } as RequestInit).formData();
  const { ok, answer } = await firstReport.submit(form);
  const place = ok ? /"path":"(\/Reports\/[^"/]+)/.exec(answer)?.[1] : undefined;
  const link =
    place === undefined ? '' : ` <a href="/files/dropbox${encodeURI(place)}/" target="_blank">Look at it</a>.`;
  return html(
    ok
      ? `<p>Submitted: every file is there, and its hash was compared.${link} <a href="/n8n?to=/home/executions" target="_blank">See how it ran</a>.</p>`
      : `<p class="failure">${escaped(answer.slice(0, 1000))}</p>`,
  );
}

async function fileBelow(folder: string | undefined, names: readonly string[]): Promise<Answer> {
  const path = normalize(names.join('/'));
  if (folder === undefined || path.startsWith('..') || path.startsWith('/')) return nothing;
  const body = await readFile(join(folder, path)).catch(() => undefined);
  return body ? { headers: { 'content-type': mediaType(path) }, body } : nothing;
}

async function files(shown: ShownFolder | undefined, [key = '', ...names]: readonly string[]): Promise<Answer> {
  if (!shown) return nothing;
  const path = joinPath(parsePath('/'), ...names.filter((name) => name !== ''));
  const entry = names.some((name) => name !== '') ? await shown.drive.stat({ path }) : { type: 'folder' as const };
  if (!entry) return nothing;
  if (entry.type === 'folder') return html(await listing(shown, key, path));
  return {
    // What lies in a folder is shown, never run.
    headers: {
      'content-type': mediaType(path),
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    },
    body: shown.drive.read({ path }),
  };
}

async function listing({ name, drive }: ShownFolder, key: string, path: DrivePath): Promise<string> {
  const rows: string[] = [];
  try {
    for await (const page of drive.list({ path }))
      for (const entry of page) {
        const [end, size] = entry.type === 'folder' ? ['/', ''] : ['', `${entry.size.toLocaleString('en')} bytes`];
        const href = `${encodeURIComponent(entry.name)}${end}`;
        rows.push(`<tr><td><a href="${href}">${escaped(entry.name)}${end}</a></td><td>${size}</td></tr>`);
      }
  } catch (error) {
    if (!isDossierError(error)) throw error;
    rows.push(`<tr><td colspan="2">${escaped(error.message)}</td></tr>`);
  }
  const parents = namesOf(path).map((each, at, all) => {
    const up = '../'.repeat(all.length - 1 - at);
    return `<a href="${up === '' ? './' : up}">${escaped(each)}</a>`;
  });
  const trail = [`<a href="/files/${encodeURIComponent(key)}/">${escaped(name)}</a>`, ...parents].join(' / ');
  const body = rows.length > 0 ? `<table><tbody>${rows.join('')}</tbody></table>` : '<p>Nothing is here yet.</p>';
  return document(
    name,
    `<header><p><a href="/">Dossier</a></p><h1>${escaped(name)}</h1></header><p>${trail}</p>${body}`,
  );
}
