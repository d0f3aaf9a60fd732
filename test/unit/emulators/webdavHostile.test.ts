import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient, type FileStat } from 'webdav';
import {
  attackNames,
  attacks,
  goodNames,
  type HostileWebdav,
  type Operation,
  startHostileWebdav,
} from '../../emulators/webdav/index.ts';
import { type Talk, talkTo, textsOf } from './nextcloudTalk.ts';

let server: HostileWebdav;
const start = async (attack?: string): Promise<Talk> => {
  server = await startHostileWebdav(attack === undefined ? {} : { attack });
  return talkTo(server.url, `${server.user}:${server.password}`);
};
afterEach(() => server.close());

const list = (talk: Talk) => talk('PROPFIND', '/target/', { headers: { depth: '1' } });

describe('the honest server underneath', () => {
  it('stores, lists, moves, copies and removes', async () => {
    const talk = await start();
    const headers = { destination: `${server.url}/new/b.txt` };
    expect((await talk('MKCOL', '/new')).status).toBe(201);
    expect((await talk('MKCOL', '/new')).status).toBe(405);
    expect((await talk('MKCOL', '/no/such')).status).toBe(409);
    expect((await talk('PUT', '/new/a.txt', { body: 'abc' })).status).toBe(201);
    expect((await talk('PUT', '/new/a.txt', { body: 'x', headers: { 'if-none-match': '*' } })).status).toBe(412);
    expect((await talk('PUT', '/new/a.txt', { body: 'abcd' })).status).toBe(204);
    expect((await talk('MOVE', '/new/a.txt', { headers })).status).toBe(201);
    expect((await talk('COPY', '/new/b.txt', { headers: { destination: '/dav/new/c.txt' } })).status).toBe(201);
    expect((await talk('MOVE', '/new/c.txt', { headers: { ...headers, overwrite: 'F' } })).status).toBe(412);
    expect((await talk('GET', '/new/b.txt', { headers: { range: 'bytes=1-2' } })).text).toBe('bc');
    const listing = await talk('PROPFIND', '/new', { headers: { depth: '1' } });
    expect(textsOf(listing.text, 'href')).toEqual(['/dav/new/', '/dav/new/b.txt', '/dav/new/c.txt']);
    expect((await talk('DELETE', '/new')).status).toBe(204);
    expect((await talk('GET', '/new/b.txt')).status).toBe(404);
  });

  it('wants its password, in UTF-8', async () => {
    const talk = await start();
    expect((await list(talk)).status).toBe(207);
    expect((await talk('GET', '/target/plain.txt', { auth: 'mara:wrong' })).status).toBe(401);
  });

  it('cannot be led out of its folder itself', async () => {
    const talk = await start();
    for (const path of ['/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/a%2fb', '/%ff', '/%00'])
      expect((await talk('GET', path)).status, path).toBe(404);
  });

  it('serves an ordinary client', async () => {
    await start();
    const client = createClient(server.url, {
      headers: { Authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}` },
    });
    const found = (await client.getDirectoryContents('/target')) as FileStat[];
    expect(found.map(({ basename }) => basename).sort()).toEqual([...goodNames].sort());
  });
});

describe('the attacks', () => {
  it('are many, and each says what a careful client does', () => {
    expect(attackNames.length).toBeGreaterThanOrEqual(300);
    for (const name of attackNames) expect(attacks[name]?.outcome).toBeDefined();
    for (const name of attackNames)
      if (attacks[name]?.outcome === 'keep') expect(attacks[name].name, name).toBeTypeOf('string');
  });

  it.each(attackNames.filter((name) => attacks[name]?.hrefs !== undefined))(
    '%s shows its href among the good ones',
    async (name) => {
      const talk = await start(name);
      const { text } = await list(talk);
      const scene = {
        origin: server.origin,
        stranger: '',
        strangerHost: '',
        folder: '/dav/target/',
        path: '',
        depth: '1',
        turn: 1,
      };
      const [href] = attacks[name]?.hrefs?.(scene) ?? [];
      // What names the stranger differs from run to run.
      if (href !== undefined && !name.includes('foreign-origin'))
        expect(text.includes(`<d:href>${href}</d:href>`)).toBe(true);
      for (const good of goodNames) expect(text).toContain(encodeURIComponent(good));
    },
  );

  const requestFor: Readonly<Record<Operation, string>> = {
    list: 'PROPFIND /dav/target/',
    walk: 'PROPFIND /dav/target/',
    stat: 'PROPFIND /dav/target/plain.txt',
    read: 'GET /dav/target/plain.txt',
    write: 'PUT /dav/target/new.txt',
    createFolder: 'MKCOL /dav/target/new',
    connect: 'GET /status.php',
  };

  /** Some never say anything. */
  const mute = new Set([
    'wire-silence',
    'wire-no-answer',
    'read-silence',
    'write-silence',
    'write-silence-drained',
    'write-reset',
  ]);

  /** Asks, and hangs up on the first thing it hears. */
  const poke = (operation: Operation): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
      const end = (heard: string): void => {
        socket.destroy();
        resolve(heard);
      };
      const authorization = Buffer.from(`${server.user}:${server.password}`).toString('base64');
      socket.write(
        `${requestFor[operation]} HTTP/1.1\r\nHost: x\r\nDepth: 1\r\nAuthorization: Basic ${authorization}\r\nContent-Length: 4\r\n\r\nbody`,
      );
      socket.once('data', (piece: Buffer) => end(piece.toString('latin1')));
      socket.on('error', () => end('')).on('close', () => end(''));
    });

  it.each(attackNames)('%s is answered, and leaves the server standing', async (name) => {
    const talk = await start(name);
    const heard = poke(attacks[name]?.operation ?? 'list');
    if (mute.has(name)) await expect.poll(() => server.requests.length).toBe(1);
    else expect((await heard).length).toBeGreaterThan(0);
    if (attacks[name]?.replies === undefined) expect((await talk('OPTIONS', '/other')).status).toBe(200);
  });
});

describe('they bite: what befalls a client that is not careful', () => {
  const careless = (): ReturnType<typeof createClient> =>
    createClient(server.url, { username: server.user, password: server.password });
  const utf8 = (): ReturnType<typeof createClient> =>
    createClient(server.url, {
      headers: { Authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}` },
    });

  it('takes names from outside of the folder', async () => {
    await start('href-parents');
    const found = (await utf8().getDirectoryContents('/target')) as FileStat[];
    expect(found.some(({ filename }) => filename.includes('..'))).toBe(true);
  });

  it('loses the whole listing to one bad name', async () => {
    await start('href-bad-utf8');
    await expect(utf8().getDirectoryContents('/target')).rejects.toThrow('URI');
  });

  it('hands the credentials to another port', async () => {
    const names = attackNames.filter((name) => /^redirect-list-\d+-port$/.test(name));
    await start(names[0]);
    await utf8()
      .getDirectoryContents('/target')
      .catch(() => undefined);
    expect(server.leaks).toContainEqual({
      to: 'stranger',
      what: 'credentials',
      method: expect.any(String),
      path: '/dav/target',
    });
  });

  it('sends its password in the wrong character set', async () => {
    await start();
    await expect(careless().getDirectoryContents('/target')).rejects.toThrow('401');
  });

  it('is found out when it brings cookies back', async () => {
    const talk = await start('cookies');
    const { headers } = await list(talk);
    await talk('GET', '/target/plain.txt', { headers: { cookie: String(headers['set-cookie']?.[0]) } });
    expect(server.leaks).toEqual([{ to: 'server', what: 'cookie', method: 'GET', path: '/dav/target/plain.txt' }]);
  });
});
