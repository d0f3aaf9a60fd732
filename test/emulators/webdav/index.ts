/**
 * A WebDAV server that means harm. Each attack has a name; without one the server is honest.
 * Who follows it elsewhere is met by a stranger, who writes down what he is told.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attack, entryXml, multistatusXml, type Scene } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { answerAsNextcloud } from './attacks/nextcloud.ts';
import { answerHonestly, pathIn, responsesFor, root } from './plainDav.ts';
import { createStore, type Store } from './store.ts';

export type { Attack, Operation, Outcome } from './attack.ts';
export { goodNames } from './attack.ts';
export { attacks } from './attacks/index.ts';

/** Every attack there is, for campaigns that go through them all. */
export const attackNames: readonly string[] = Object.keys(attacks);

export interface HostileWebdavOptions {
  /** One of `attackNames`; an honest server without it. */
  attack?: string;
  port?: number;
  /** Where contents are kept; a temporary folder that is removed at the end, if not given. */
  data?: string;
}

/** Something that must never have been said. */
export interface Leak {
  readonly to: 'stranger' | 'server';
  readonly what: 'credentials' | 'cookie' | 'body';
  readonly method: string;
  readonly path: string;
}

export interface HostileWebdav {
  /** Root of the files. */
  readonly url: string;
  /** Without the path; where it claims to be a Nextcloud. */
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  /** The folder that is attacked, below `url`; it holds `goodNames`, and `victim.txt` where an attack needs one. */
  readonly target: string;
  readonly attack: Attack | undefined;
  readonly requests: readonly { readonly method: string; readonly path: string }[];
  readonly leaks: readonly Leak[];
  /** Requests that reached the stranger, with or without secrets. */
  readonly contacts: readonly string[];
  close(): Promise<void>;
}

const user = 'mara';
const password = 'Straße-7';
const cookie = 'tracker=evil';
const target = '/target';

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function furnish(store: Store): Promise<void> {
  for (const folder of [target, `${target}/inner`, '/other']) store.makeFolder(folder);
  for (const name of ['plain.txt', 'spaced name.txt', 'é.txt'])
    await store.write(`${target}/${name}`, contentOf('good'));
  await store.write('/other/evil.txt', contentOf('evil'));
}

async function* contentOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export async function startHostileWebdav(options: HostileWebdavOptions = {}): Promise<HostileWebdav> {
  const attack = options.attack === undefined ? undefined : attacks[options.attack];
  if (options.attack !== undefined && attack === undefined) throw new Error(`there is no attack ${options.attack}`);
  const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'hostile-webdav-')));
  const store = await createStore(join(folder, 'contents'));
  await furnish(store);
  const requests: { method: string; path: string }[] = [];
  const leaks: Leak[] = [];
  const contacts: string[] = [];

  const stranger = createServer((request, response) => {
    const { method = '', url: path = '' } = request;
    const note = (what: Leak['what']): void => void leaks.push({ to: 'stranger', what, method, path });
    contacts.push(`${method} ${path}`);
    if (request.headers.authorization !== undefined) note('credentials');
    if (request.headers.cookie !== undefined) note('cookie');
    request.once('data', () => note('body'));
    request.resume();
    response
      .writeHead(method === 'PROPFIND' ? 207 : 200, { 'Content-Type': 'application/xml' })
      .end(multistatusXml(entryXml('/dav/target/stolen.txt')));
  });
  const strangerPort = await listen(stranger, 0);

  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    response.on('error', () => undefined);
    void handle(request, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0);
  const origin = `http://127.0.0.1:${port}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    if (path === '/__emulator/requests')
      return void response.end(JSON.stringify({ total: requests.length, leaks, contacts }));
    requests.push({ method, path });
    if (request.headers.cookie !== undefined) leaks.push({ to: 'server', what: 'cookie', method, path });
    if (attack !== undefined) response.setHeader('Set-Cookie', [cookie, `${cookie}-too; Domain=127.0.0.1; Path=/`]);
    const scene: Scene = {
      origin,
      path,
      depth: String(request.headers.depth ?? ''),
      folder: `${root}${target}/`,
      turn: requests.length,
      stranger: `http://127.0.0.1:${strangerPort}`,
      strangerHost: `http://localhost:${strangerPort}`,
    };
    if (
      attack?.replies !== undefined &&
      answerAsNextcloud(attack.replies(scene), path.replace(/\?.*$/, ''), request, response)
    )
      return;
    const inside = pathIn(path);
    if (inside === undefined) return void response.writeHead(404, { 'Content-Length': '0' }).end();
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (request.headers.authorization !== expected) {
      request.resume();
      return void response
        .writeHead(401, { 'WWW-Authenticate': 'Basic realm="dav", charset="UTF-8"', 'Content-Length': '0' })
        .end();
    }
    const atTarget = inside === target || inside.startsWith(`${target}/`);
    if (attack?.answer !== undefined && atTarget && attack.methods?.includes(method) === true)
      return attack.answer(scene, request, response);
    if (attack !== undefined && atTarget && method === 'PROPFIND')
      return spoil(attack, scene, inside, request, response);
    await answerHonestly({ request, response, store, path: inside });
  }

  /** The honest listing with something added to it, or in place of it. */
  async function spoil(
    chosen: Attack,
    scene: Scene,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const responses = responsesFor(store, path, scene.depth);
    if (responses === undefined || (chosen.operation === 'list' && (path !== target || scene.depth === '0'))) {
      return answerHonestly({ request, response, store, path });
    }
    request.resume();
    const added = [
      ...(chosen.hrefs?.(scene) ?? []).map((href) => entryXml(href)),
      ...(chosen.responses?.(scene) ?? []),
      ...(chosen.properties === undefined ? [] : [entryXml(`${scene.folder}victim.txt`, chosen.properties)]),
    ];
    const honest = multistatusXml([...responses, ...added].join(''));
    response.writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8' });
    const document = chosen.document?.(scene, honest) ?? honest;
    if (typeof document === 'string' || document instanceof Uint8Array) return void response.end(document);
    for await (const piece of document) {
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  }

  return {
    url: origin + root,
    origin,
    user,
    password,
    target,
    attack,
    requests,
    leaks,
    contacts,
    async close() {
      await Promise.all([close(server), close(stranger)]);
      if (options.data === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}
