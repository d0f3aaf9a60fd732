import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { canRevoke, parseConnection, revoke } from '../../../shared/connection/connection.ts';
import { dropboxRedirectUris, dropboxScopes } from '../../../shared/connection/dropboxApp.ts';
import {
  beginDropboxSignIn,
  dropboxCode,
  finishDropboxSignIn,
  revokeDropboxSignIn,
} from '../../../shared/connection/dropboxSignIn.ts';
import { createTokenSource, type DropboxTokens, withBearer } from '../../../shared/connection/dropboxTokens.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { HttpPort, HttpRequest } from '../../../shared/core/ports.ts';
import { createDropboxDrive } from '../../../shared/drives/dropbox/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { endpointsAt } from '../../support/dropbox.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

let emulator: DropboxEmulator;
const clock = createVirtualClock({ start: Date.now() });

beforeAll(async () => {
  emulator = await startDropboxEmulator({ app: { redirectUris: [...dropboxRedirectUris] } });
});
afterAll(() => emulator.close());

/** Everything that goes out, to look for what must not be there. */
function watched(): HttpPort & { readonly requests: HttpRequest[] } {
  const http = createNodeHttp();
  const requests: HttpRequest[] = [];
  return { requests, send: (request) => (requests.push(request), http.send(request)) };
}

const auth = () => ({ authorize: `${emulator.url}/oauth2/authorize`, api: emulator.url });
const app = () => ({ key: emulator.appKey });

function source(
  http: HttpPort,
  tokens: Partial<DropboxTokens> = {},
  save: (tokens: DropboxTokens) => Promise<void> = async () => undefined,
) {
  const given = {
    accessToken: emulator.token,
    refreshToken: emulator.refreshToken,
    expiresAt: clock.now() + 3_600_000,
    ...tokens,
  };
  return createTokenSource({
    http,
    clock,
    app: { key: emulator.appKey, secret: emulator.appSecret },
    tokens: given,
    save,
    endpoints: auth(),
  });
}

/** The user says yes on the page. */
async function allow(url: string): Promise<string> {
  const page = await (await fetch(url)).text();
  const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? '';
  const fields = [...page.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(
    ([, name, value]) => [unescape(name), unescape(value)] as [string, string],
  );
  const buttons = [...page.matchAll(/<button[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(
    ([, name, value]) => [unescape(name), unescape(value)] as [string, string],
  );
  const yes = buttons.find(([, value]) => /allow|yes/i.test(value)) ?? buttons[0];
  const answer = await fetch(new URL(unescape(action), url), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams([...fields, ...(yes ? [yes] : [])]),
  });
  return answer.headers.get('location') ?? (await answer.text());
}

function unescape(text = ''): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe('token source', () => {
  test('of many calls with a stale token one renews, and all go on', async () => {
    emulator.requests.reset();
    const saved: DropboxTokens[] = [];
    const tokens = source(
      createNodeHttp(),
      { expiresAt: clock.now() - 1 },
      async (renewed) => void saved.push(renewed),
    );
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.token()));
    expect(new Set(all).size).toBe(1);
    expect(emulator.requests.count('oauth2/token')).toBe(1);
    expect(saved).toMatchObject([{ accessToken: all[0], refreshToken: emulator.refreshToken }]);
    expect(saved[0]?.expiresAt).toBe(clock.now() + 14_400_000);
  });

  test('tokens refused while many calls are under way are renewed once', async () => {
    const { accessToken, refreshToken } = emulator.tokens.issue();
    emulator.tokens.expire(accessToken);
    emulator.requests.reset();
    const http = createNodeHttp();
    const drive = createDropboxDrive({
      http: withBearer(http, source(http, { accessToken, refreshToken })),
      clock,
      endpoints: endpointsAt(emulator.url),
    });
    await Promise.all(Array.from({ length: 10 }, () => drive.stat({ path: rootPath })));
    expect(emulator.requests.count('oauth2/token')).toBe(1);
  });

  test('a new token is used only once it is stored', async () => {
    const tokens = source(createNodeHttp(), { expiresAt: 0 }, () =>
      Promise.reject(new Error('the key ring is closed')),
    );
    await expect(tokens.token()).rejects.toThrow('key ring');
  });

  test('whoever asks for a token waits until the new one is stored', async () => {
    const order: string[] = [];
    const tokens = source(createNodeHttp(), { expiresAt: 0 }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('stored');
    });
    await tokens.token().then(() => order.push('used'));
    expect(order).toEqual(['stored', 'used']);
  });

  test('a missing permission is not mended by signing in anew', async () => {
    const { accessToken, refreshToken } = emulator.tokens.issue({
      scopes: ['account_info.read', 'files.metadata.read'],
    });
    emulator.requests.reset();
    const http = createNodeHttp();
    const drive = createDropboxDrive({
      http: withBearer(http, source(http, { accessToken, refreshToken })),
      clock,
      endpoints: endpointsAt(emulator.url),
    });
    await expect(drive.createFolder({ path: rootPath }, 'x')).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('files.content.write'),
    });
    expect(emulator.requests.count('oauth2/token')).toBe(0);
  });

  test('without files.content.read everything works but reading', async () => {
    const { accessToken } = emulator.tokens.issue({ scopes: dropboxScopes.deliver });
    const http = withBearer(createNodeHttp(), { token: async () => accessToken, renew: async () => accessToken });
    const drive = createDropboxDrive({ http, clock, endpoints: endpointsAt(emulator.url) });
    const folder = await drive.createFolder({ path: rootPath }, 'Least');
    const file = await drive.move(folder, { path: rootPath }, 'Less');
    await expect(drive.read(file)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('files.content.read'),
    });
    await drive.remove(file);
  });

  test('a sign-in that was withdrawn is unauthorized, with what to do', async () => {
    const { accessToken, refreshToken } = emulator.tokens.issue();
    emulator.tokens.revoke(accessToken);
    const http = createNodeHttp();
    const drive = createDropboxDrive({
      http: withBearer(http, source(http, { accessToken, refreshToken })),
      clock,
      endpoints: endpointsAt(emulator.url),
    });
    await expect(drive.account()).rejects.toMatchObject({
      code: 'unauthorized',
      retry: 'afterUser',
      message: expect.stringContaining('Sign in'),
    });
  });

  test('refresh credentials are in no address and no header', async () => {
    const http = watched();
    await source(http, { expiresAt: 0 }).token();
    const [request] = http.requests;
    expect(`${request?.url} ${JSON.stringify(request?.headers)}`).not.toMatch(
      new RegExp(`${emulator.refreshToken}|${emulator.appSecret}`),
    );
    expect(request?.anonymous).toBe(true);
  });
});

describe('sign-in', () => {
  const begin = (redirectUri?: string) =>
    beginDropboxSignIn({
      app: app(),
      job: 'deliver',
      randomBytes: (length) => randomBytes(length),
      endpoints: auth(),
      ...(redirectUri === undefined ? {} : { redirectUri }),
    });

  test('by the browser and a loopback address: tokens that work, with the scopes asked for', async () => {
    const signIn = begin(dropboxRedirectUris[0]);
    const http = watched();
    const code = dropboxCode(signIn, await allow(signIn.url));
    const tokens = await finishDropboxSignIn(http, clock, app(), signIn, code, auth());
    expect(tokens).toMatchObject({ expiresAt: clock.now() + 14_400_000, refreshToken: expect.any(String) });
    expect([...(tokens.scopes ?? [])].sort()).toEqual([...dropboxScopes.deliver].sort());
    expect(http.requests.map(({ url }) => url).join()).not.toContain(code);
    const drive = createDropboxDrive({
      http: withBearer(http, source(http, tokens)),
      clock,
      endpoints: endpointsAt(emulator.url),
    });
    expect((await drive.account()).label).toContain('Ada');
    await expect(finishDropboxSignIn(http, clock, app(), signIn, code, auth())).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  test('by a code that the user pastes', async () => {
    const signIn = begin();
    const page = await allow(signIn.url);
    const code = /<(?:code|output|input)[^>]*?(?:value="|>)([\w-]{8,})/.exec(page)?.[1] ?? '';
    const tokens = await finishDropboxSignIn(
      createNodeHttp(),
      clock,
      app(),
      signIn,
      dropboxCode(signIn, ` ${code}\n`),
      auth(),
    );
    expect(tokens.refreshToken).toBeTruthy();
  });

  test('disconnecting ends the sign-in at Dropbox, and is content when it had ended', async () => {
    const { accessToken, refreshToken } = emulator.tokens.issue();
    const http = createNodeHttp();
    const tokens = source(http, { accessToken, refreshToken });
    await revokeDropboxSignIn(withBearer(http, tokens), auth());
    const drive = createDropboxDrive({ http: withBearer(http, tokens), clock, endpoints: endpointsAt(emulator.url) });
    await expect(drive.account()).rejects.toMatchObject({ code: 'unauthorized' });
    await revokeDropboxSignIn(withBearer(http, tokens), auth()).catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'unauthorized' }),
    );
  });

  test('a connection gives its sign-in back where its service knows one, and asks nobody elsewhere', async () => {
    const { accessToken, refreshToken } = emulator.tokens.issue();
    const connection = (fields: object) => parseConnection({ id: 'c', name: 'c', ...fields });
    const dropbox = connection({ kind: 'dropbox', endpoint: emulator.url });
    const signedIn = withBearer(createNodeHttp(), source(createNodeHttp(), { accessToken, refreshToken }));
    expect(await revoke(dropbox, signedIn)).toBe(true);
    const drive = createDropboxDrive({ http: signedIn, clock, endpoints: endpointsAt(emulator.url) });
    await expect(drive.account()).rejects.toMatchObject({ code: 'unauthorized' });
    const silent = { send: () => expect.unreachable() };
    const webdav = connection({ kind: 'webdav', url: 'https://dav.example.org' });
    expect([canRevoke(dropbox), canRevoke(webdav), await revoke(webdav, silent)]).toEqual([true, false, false]);
  });

  test('an answer with another state belongs to somebody else', () => {
    const signIn = begin(dropboxRedirectUris[0]);
    expect(() => dropboxCode(signIn, `${dropboxRedirectUris[0]}/?code=abcdefghij&state=${'0'.repeat(32)}`)).toThrow(
      expect.objectContaining({ code: 'unauthorized' }),
    );
    expect(() => dropboxCode(signIn, `${dropboxRedirectUris[0]}/?code=abcdefghij`)).toThrow(
      expect.objectContaining({ code: 'unauthorized' }),
    );
    expect(dropboxCode(signIn, `${dropboxRedirectUris[0]}/?code=abcdefghij&state=${signIn.state}`)).toBe('abcdefghij');
  });

  test('saying no is cancelled; what is no code is refused before it is sent', () => {
    const signIn = begin(dropboxRedirectUris[0]);
    expect(() => dropboxCode(signIn, `${dropboxRedirectUris[0]}/?error=access_denied&state=${signIn.state}`)).toThrow(
      expect.objectContaining({ code: 'cancelled' }),
    );
    for (const text of ['', 'short', 'with space inside', '"><script>', 'x'.repeat(600)])
      expect(() => dropboxCode(signIn, text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });

  test('the challenge is the SHA-256 of a verifier of at least 43 characters, and both differ each time', () => {
    const [one, other] = [begin(), begin()];
    const query = new URL(one.url).searchParams;
    expect(one.verifier).toMatch(/^[\w-]{43,128}$/);
    expect(query.get('code_challenge_method')).toBe('S256');
    expect(query.get('token_access_type')).toBe('offline');
    expect(one.verifier).not.toBe(other.verifier);
    expect(one.state).not.toBe(other.state);
    expect(one.url).not.toContain(one.verifier);
  });
});
