import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Reply, start, type Talk, tagsOf, talk, talkTo } from './dropboxTalk.ts';

const redirect = 'http://localhost:9999/oauth/callback';
const app = { redirectUris: [redirect], scopes: ['account_info.read', 'files.metadata.read', 'files.content.write'] };
const form = (fields: object) => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields as Record<string, string>).toString(),
});
const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
const verifier = randomBytes(48).toString('base64url');
const pkce = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };

const question = ({ emulator }: Talk, extra: object = {}): Record<string, string> => ({
  client_id: emulator.appKey,
  response_type: 'code',
  redirect_uri: redirect,
  state: 's 1&2',
  token_access_type: 'offline',
  ...extra,
});
const decide = ({ emulator }: Talk, asked: object, decision = 'allow') =>
  talk(`${emulator.url}/oauth2/authorize`, form({ ...asked, decision }));
const codeOf = (reply: Reply): string => new URL(String(reply.headers.location)).searchParams.get('code') ?? '';
const token = ({ emulator }: Talk, fields: object, query = '') =>
  talk(`${emulator.url}/oauth2/token${query}`, form(fields));

describe('the authorize page', () => {
  it('asks, and leads back with a code and the state', async () => {
    const talker = await start({ app });
    const { emulator } = talker;
    const page = await talk(
      `${emulator.url}/oauth2/authorize?${new URLSearchParams(question(talker, { scope: 'files.metadata.read files.content.read' }))}`,
      { method: 'GET' },
    );
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.text).toContain('id="allow"');
    expect(page.text).toContain('files.metadata.read');
    // Not ticked in the app's settings, so never granted.
    expect(page.text).not.toContain('<li>files.content.read');
    const back = await decide(talker, question(talker));
    expect(back.status).toBe(302);
    const target = new URL(String(back.headers.location));
    expect([target.origin + target.pathname, target.searchParams.get('state')]).toEqual([redirect, 's 1&2']);
    const denied = await decide(talker, question(talker), 'deny');
    expect(new URL(String(denied.headers.location)).searchParams.get('error')).toBe('access_denied');
  });

  it('shows the code where there is no address to return to', async () => {
    const talker = await start({ app });
    const { redirect_uri, ...asked } = question(talker);
    const page = await decide(talker, asked);
    const code = /id="code">([^<]+)</.exec(page.text)?.[1] ?? '';
    const wrong = {
      grant_type: 'authorization_code',
      client_id: talker.emulator.appKey,
      client_secret: talker.emulator.appSecret,
      code,
    };
    expect((await token(talker, wrong)).json.access_token).toMatch(/^sl\./);
    expect(redirect_uri).toBe(redirect);
  });

  it.each([
    ['http://localhost:9999/oauth/callback/'],
    ['http://localhost:9998/oauth/callback'],
    ['http://localhost:9999'],
    ['https://localhost:9999/oauth/callback'],
    ['http://localhost:9999/oauth/Callback'],
  ])('does not know %s', async (redirect_uri) => {
    const talker = await start({ app });
    for (const reply of [
      await decide(talker, question(talker, { redirect_uri })),
      await talk(`${talker.emulator.url}/oauth2/authorize?${new URLSearchParams(question(talker, { redirect_uri }))}`, {
        method: 'GET',
      }),
    ]) {
      expect(reply.status).toBe(400);
      expect(reply.text).toContain('Invalid redirect_uri');
      expect(reply.headers.location).toBeUndefined();
    }
  });

  it('wants https, except on this machine, and writes nothing it was given as markup', async () => {
    const evil = 'http://evil.example/';
    const talker = await start({ app: { ...app, redirectUris: [evil, redirect] } });
    expect((await decide(talker, question(talker, { redirect_uri: evil }))).text).toContain('must use https');
    const scheme = { redirect_uri: 'vscode://dossier/callback' };
    for (const [schemeRedirect, status] of [
      ['refuse', 400],
      ['accept', 302],
    ] as const) {
      const other = await start({ app: { redirectUris: [scheme.redirect_uri] }, behaviour: { schemeRedirect } });
      expect((await decide(other, question(other, scheme))).status).toBe(status);
    }
    const page = await decide(talker, question(talker, { client_id: '"><script>alert(1)</script>' }));
    expect(page.text).not.toContain('<script>');
  });
});

describe('tokens', () => {
  it('come for a code and its verifier, and say whose they are', async () => {
    const talker = await start({
      app,
      accounts: [
        { name: 'A B', email: 'a@example.com', kind: 'pro' },
        { name: 'C D', email: 'c@example.com', kind: 'basic' },
      ],
    });
    const { emulator } = talker;
    const second = emulator.accounts[1]!;
    const code = codeOf(await decide(talker, question(talker, { ...pkce, account: second.id })));
    const fields = {
      grant_type: 'authorization_code',
      client_id: emulator.appKey,
      code,
      redirect_uri: redirect,
      code_verifier: verifier,
    };
    const { json } = await token(talker, fields);
    expect(json).toMatchObject({
      token_type: 'bearer',
      expires_in: 14_400,
      account_id: second.id,
      uid: String(second.uid),
      scope: app.scopes.join(' '),
    });
    expect((await talkTo(emulator, json.access_token as string).rpc('users/get_current_account')).json.email).toBe(
      'c@example.com',
    );
    expect((await token(talker, fields)).json.error).toBe('invalid_grant');
    emulator.clock.advance(14_400_000);
    expect(tagsOf(await talkTo(emulator, json.access_token as string).rpc('users/get_current_account'))).toBe(
      '401 expired_access_token',
    );
    const fresh = await token(talker, {
      grant_type: 'refresh_token',
      client_id: emulator.appKey,
      refresh_token: json.refresh_token as string,
    });
    expect(fresh.json).toEqual({
      access_token: expect.stringMatching(/^sl\./),
      token_type: 'bearer',
      expires_in: 14_400,
    });
    expect((await talkTo(emulator, fresh.json.access_token as string).rpc('users/get_current_account')).status).toBe(
      200,
    );
  });

  it.each([
    [{ code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    [{ code_verifier: '' }, 'invalid_grant'],
    [{ redirect_uri: 'http://localhost:9999/other' }, 'invalid_grant'],
    [{ code: 'wrong' }, 'invalid_grant'],
    [{ client_id: 'wrong' }, 'invalid_client'],
    [{ client_secret: 'wrong' }, 'invalid_client'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
  ])('do not come for %j', async (wrong, error) => {
    const talker = await start({ app });
    const code = codeOf(await decide(talker, question(talker, pkce)));
    const fields = {
      grant_type: 'authorization_code',
      client_id: talker.emulator.appKey,
      code,
      redirect_uri: redirect,
      code_verifier: verifier,
    };
    const reply = await token(talker, { ...fields, ...wrong });
    expect([reply.status, reply.json.error]).toEqual([400, error]);
  });

  it('need the secret without PKCE, in the form or by Basic', async () => {
    const talker = await start({ app });
    const { emulator } = talker;
    const fields = async (): Promise<object> => ({
      grant_type: 'authorization_code',
      redirect_uri: redirect,
      code: codeOf(await decide(talker, question(talker, { token_access_type: 'online' }))),
    });
    expect((await token(talker, { ...(await fields()), client_id: emulator.appKey })).json.error).toBe(
      'invalid_client',
    );
    const basic = Buffer.from(`${emulator.appKey}:${emulator.appSecret}`).toString('base64');
    const sent = form(await fields());
    const reply = await talk(`${emulator.url}/oauth2/token`, {
      ...sent,
      headers: { ...sent.headers, Authorization: `Basic ${basic}` },
    });
    expect(reply.json.access_token).toMatch(/^sl\./);
    expect(reply.json.refresh_token).toBeUndefined();
    // Clients are known to put all of it into the URL.
    const query = `?grant_type=refresh_token&refresh_token=${emulator.refreshToken}&client_id=${emulator.appKey}&client_secret=${emulator.appSecret}`;
    expect((await token(talker, {}, query)).status).toBe(200);
  });

  it('codes last ten minutes', async () => {
    const talker = await start({ app });
    const code = codeOf(await decide(talker, question(talker, pkce)));
    talker.emulator.clock.advance(600_000);
    const fields = {
      grant_type: 'authorization_code',
      client_id: talker.emulator.appKey,
      code,
      redirect_uri: redirect,
      code_verifier: verifier,
    };
    expect((await token(talker, fields)).json.error).toBe('invalid_grant');
  });

  it('die together when one is revoked', async () => {
    const talker = await start();
    const { emulator, rpc } = talker;
    const refresh = {
      grant_type: 'refresh_token',
      client_id: emulator.appKey,
      client_secret: emulator.appSecret,
      refresh_token: emulator.refreshToken,
    };
    const sibling = (await token(talker, refresh)).json.access_token as string;
    const stranger = emulator.tokens.issue().accessToken;
    expect((await rpc('auth/token/revoke')).text).toBe('null');
    expect(tagsOf(await rpc('users/get_current_account'))).toBe('401 invalid_access_token');
    expect(tagsOf(await talkTo(emulator, sibling).rpc('users/get_current_account'))).toBe('401 invalid_access_token');
    const refused = await token(talker, refresh);
    expect([refused.status, refused.json.error]).toEqual([400, 'invalid_grant']);
    expect((await talkTo(emulator, stranger).rpc('users/get_current_account')).status).toBe(200);
  });
});
