import { describe, expect, it } from 'vitest';
import { start, tagsOf, talk, talkTo } from './dropboxTalk.ts';

describe('who may call', () => {
  it('malformed, unknown, expired and revoked tokens are told apart', async () => {
    const { emulator } = await start();
    const whoAmI = (token: string) => talkTo(emulator, token).rpc('users/get_current_account');
    const malformed = await whoAmI('nonsense');
    expect([malformed.status, malformed.headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(tagsOf(await whoAmI('sl.unknown'))).toBe('401 invalid_access_token');
    const { accessToken } = emulator.tokens.issue({ lifeMs: 1000 });
    expect((await whoAmI(accessToken)).status).toBe(200);
    emulator.clock.advance(1000);
    expect(tagsOf(await whoAmI(accessToken))).toBe('401 expired_access_token');
    emulator.tokens.expire(emulator.token);
    expect(tagsOf(await whoAmI(emulator.token))).toBe('401 expired_access_token');
    const missing = await talk(`${emulator.url}/2/users/get_current_account`, {
      headers: { 'Content-Type': 'application/json' },
    });
    expect([missing.status, missing.text]).toEqual([
      400,
      expect.stringContaining('Must provide HTTP header "Authorization"'),
    ]);
  });

  it('each route asks for its scope', async () => {
    const { emulator } = await start();
    const { accessToken } = emulator.tokens.issue({
      scopes: ['account_info.read', 'files.metadata.read', 'files.content.write'],
    });
    const limited = talkTo(emulator, accessToken);
    expect((await limited.upload('/a', 'x')).status).toBe(200);
    expect((await limited.rpc('files/list_folder', { path: '' })).status).toBe(200);
    const refused = await limited.download('/a');
    expect(tagsOf(refused)).toBe('401 missing_scope');
    expect(refused.json.error.required_scope).toBe('files.content.read');
    expect((await limited.rpc('sharing/list_shared_links', {})).json.error.required_scope).toBe('sharing.read');
  });
});

describe('malformed requests', () => {
  it.each([
    [{}, "missing required field 'path'"],
    [{ path: '/a', bogus: 1 }, "unknown field 'bogus'"],
    [{ path: 7 }, 'path: expected string'],
    [{ path: 'a' }, 'did not match pattern'],
    [{ path: '/a', autorename: 'yes' }, 'autorename: expected boolean'],
    [{ path: '/a', client_modified: '2020-01-02T03:04:05.678Z' }, 'does not match format'],
    [{ path: '/a', client_modified: '2020-01-02T03:04:05+00:00' }, 'does not match format'],
    [{ path: '/a', mode: { '.tag': 'replace' } }, "unknown tag 'replace'"],
    [{ path: '/a', content_hash: 'abc' }, 'at least 64'],
  ])('%j', async (argument, complaint) => {
    const { send } = await start();
    const { status, text, headers } = await send('files/upload', argument, 'x');
    expect(status).toBe(400);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toMatch(/^Error in call to API function "files\/upload": HTTP header "Dropbox-API-Arg": /);
    expect(text).toContain(complaint);
  });

  it('arguments travel as escaped ASCII in a header, or in the URL', async () => {
    const { emulator, send } = await start();
    const raw = (header: string) => send('files/upload', {}, 'x', { 'Dropbox-API-Arg': header });
    expect((await raw('{"path":"/é"}')).text).toContain('could not decode input as JSON');
    expect((await raw('{"path":')).text).toContain('could not decode input as JSON');
    expect((await send('files/upload', { path: '/é\u007f 日本' }, 'x')).status).toBe(409);
    expect((await send('files/upload', { path: '/é 日本' }, 'x')).json.name).toBe('é 日本');
    const inUrl = `${emulator.url}/2/files/upload?arg=${encodeURIComponent('{"path":"/url é"}')}`;
    const headers = { Authorization: `Bearer ${emulator.token}`, 'Content-Type': 'application/octet-stream' };
    expect((await talk(inUrl, { headers, body: 'x' })).json.name).toBe('url é');
  });

  it('UTF-8 in the header passes where the switch says so; Latin-1 never does', async () => {
    const { send } = await start({ behaviour: { argumentHeader: 'utf8' } });
    const raw = (bytes: Buffer) =>
      send('files/upload', {}, Buffer.from('x'), { 'Dropbox-API-Arg': bytes.toString('latin1') });
    expect((await raw(Buffer.from('{"path":"/é"}'))).json.name).toBe('é');
    expect((await raw(Buffer.from('{"path":"/é"}', 'latin1'))).status).toBe(400);
  });

  it('content types, methods, routes and hosts have to fit', async () => {
    const { emulator, rpc, send } = await start();
    expect((await rpc('files/list_folder', { path: '' }, { 'Content-Type': 'text/json' })).text).toContain(
      'Bad HTTP "Content-Type" header',
    );
    expect((await send('files/upload', { path: '/a' }, 'x', { 'Content-Type': 'application/json' })).status).toBe(400);
    expect((await rpc('files/no_such_route')).status).toBe(400);
    expect((await talk(`${emulator.url}/2/users/get_current_account`, { method: 'GET' })).status).toBe(405);
    expect((await rpc('users/get_current_account', null, { Host: 'api.dropboxapi.com' })).status).toBe(200);
    expect((await rpc('users/get_current_account', null, { Host: 'content.dropboxapi.com' })).status).toBe(404);
    expect((await talk(`${emulator.url}/elsewhere`)).status).toBe(404);
  });

  it.each([431, 400, 413] as const)('more header than the limit is a %i', async (status) => {
    const { send } = await start({ limits: { header: { bytes: 2000, status } } });
    const argument = { path: '/a', property_groups: Array.from({ length: 99 }, () => 'x'.repeat(20)) };
    expect((await send('files/upload', argument, 'x')).status).toBe(status);
    expect((await send('files/upload', { path: '/a' }, 'x')).status).toBe(200);
  });
});

describe('limits', () => {
  it.each([
    [{ retryAfter: 7, body: 'json' }, '7'],
    [{ retryAfter: null, body: 'json' }, undefined],
    [{ retryAfter: 'tomorrow', body: 'text' }, 'tomorrow'],
    [{ retryAfter: 99_999_999, body: 'text' }, '99999999'],
  ] as const)('too many requests with %j', async (shape, header) => {
    const { rpc, emulator } = await start({ limits: { rate: { perSecond: 1, burst: 3, ...shape } } });
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await rpc('users/get_current_account')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const limited = await rpc('users/get_current_account');
    expect(limited.headers['retry-after']).toBe(header);
    if (shape.body === 'json') expect(limited.json.error.reason['.tag']).toBe('too_many_requests');
    else expect([limited.headers['content-type'], limited.json]).toEqual(['text/plain; charset=utf-8', undefined]);
    // The refused requests counted as well.
    emulator.clock.advance(2000);
    expect((await rpc('users/get_current_account')).status).toBe(429);
    emulator.clock.advance(4000);
    expect((await rpc('users/get_current_account')).status).toBe(200);
  });

  const lock = { holdMs: 300, waitMs: 0, retryAfter: 1, body: 'json' } as const;

  it('one commit at a time in a namespace: others are told 429 at once', async () => {
    const { upload } = await start({ limits: { lock } });
    const replies = await Promise.all(['/a', '/b', '/c'].map((path) => upload(path, 'x')));
    const statuses = replies.map((reply) => reply.status).sort();
    expect(statuses).toEqual([200, 429, 429]);
    const refused = replies.find((reply) => reply.status === 429);
    expect(refused?.json.error.reason['.tag']).toBe('too_many_write_operations');
    expect(refused?.headers['retry-after']).toBe('1');
  });

  it("or in the route's own error, and entry by entry in a batch", async () => {
    const { upload, rpc, send } = await start({ limits: { lock }, behaviour: { lockContention: 'routeError' } });
    const { session_id } = (await send('files/upload_session/start', { close: true }, 'abc')).json as {
      session_id: string;
    };
    const entries = [{ cursor: { session_id, offset: 3 }, commit: { path: '/batched' } }];
    const [single, batch] = await Promise.all([
      upload('/a', 'x'),
      rpc('files/upload_session/finish_batch_v2', { entries }),
    ]);
    const outcome = [tagsOf(single), batch.json.entries[0]];
    const busy = { '.tag': 'failure', failure: { '.tag': 'too_many_write_operations' } };
    expect([
      ['409 path/too_many_write_operations', expect.objectContaining({ '.tag': 'success' })],
      ['summary undefined', busy],
    ]).toContainEqual(outcome);
  });

  it('a listing is refused while another like it runs', async () => {
    const { rpc } = await start({ limits: { listMs: 300 } });
    const list = (path: string) => rpc('files/list_folder', { path });
    await rpc('files/create_folder_v2', { path: '/F' });
    const replies = await Promise.all([list(''), list(''), list('/F')]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 429]);
    expect((await list('')).status).toBe(200);
  });

  it('who waits long enough gets the lock; namespaces do not wait for each other', async () => {
    const { upload, emulator } = await start({ limits: { lock: { ...lock, waitMs: 5000 } } });
    await upload('/Shared/first', 'x');
    const namespace = emulator.namespaces.share('/Shared');
    const replies = await Promise.all(['/a', '/b', '/c', `ns:${namespace}/d`].map((path) => upload(path, 'x')));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
    expect(emulator.files.entry('/shared/d')?.kind).toBe('file');
  });
});
