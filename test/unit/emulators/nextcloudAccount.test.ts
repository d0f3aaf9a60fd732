import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { propfind, type Talk, talkTo, textsOf } from './nextcloudTalk.ts';

let server: NextcloudEmulator;
let talk: Talk;
const files = '/remote.php/dav/files/mara';
const ocsHeader = { 'ocs-apirequest': 'true' };

beforeEach(async () => {
  server = await startNextcloudEmulator();
  talk = talkTo(server.url, `${server.user}:${server.password}`);
});
afterEach(() => server.close());

const ocs = async (
  method: string,
  path: string,
  auth?: string | null,
): Promise<{ status: number; code: number; data: Record<string, unknown> }> => {
  const { status, text } = await talk(method, `/ocs/v2.php${path}?format=json`, {
    headers: ocsHeader,
    ...(auth === undefined ? {} : { auth }),
  });
  const { meta, data } = (JSON.parse(text) as { ocs: { meta: { statuscode: number }; data: Record<string, unknown> } })
    .ocs;
  return { status, code: meta.statuscode, data };
};

describe('signing in', () => {
  it('takes app password and login password in UTF-8, and the app password as a bearer token', async () => {
    for (const secret of [server.password, server.loginPassword]) {
      for (const name of [server.user, server.userId])
        expect((await talk('PROPFIND', files, { auth: `${name}:${secret}`, headers: { depth: '0' } })).status).toBe(
          207,
        );
    }
    expect(
      (
        await talk('PROPFIND', files, {
          auth: null,
          headers: { authorization: `Bearer ${server.password}`, depth: '0' },
        })
      ).status,
    ).toBe(207);
  });

  it('refuses the Latin-1 form of a password, and names the character set', async () => {
    const latin1 = Buffer.from(`${server.user}:${server.loginPassword}`, 'latin1').toString('base64');
    const refused = await talk('PROPFIND', files, { auth: null, headers: { authorization: `Basic ${latin1}` } });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Nextcloud", charset="UTF-8"',
    ]);
    expect(textsOf(refused.text, 'exception')).toEqual(['Sabre\\DAV\\Exception\\NotAuthenticated']);
  });

  it('refuses everybody after ten wrong passwords, without saying for how long', async () => {
    for (let guess = 0; guess < 10; guess += 1)
      expect((await talk('PROPFIND', files, { auth: `mara:wrong${guess}` })).status).toBe(401);
    const right = await talk('PROPFIND', files);
    expect([right.status, right.headers['retry-after']]).toEqual([429, undefined]);
    expect((await talk('GET', '/status.php', { auth: null })).status).toBe(200);
    server.hooks.clearThrottle();
    expect((await talk('PROPFIND', files)).status).toBe(207);
  });

  it('lets a session cookie count more than Authorization', async () => {
    const asAdmin = await talk('PROPFIND', '/remote.php/dav/files/admin', {
      auth: `${server.admin.user}:${server.admin.password}`,
      headers: { depth: '0' },
    });
    const cookie = (asAdmin.headers['set-cookie']?.[0] ?? '').split(';')[0] as string;
    expect((await talk('PUT', `${files}/x`, { body: 'a', headers: { cookie } })).status).toBe(403);
    server.switches.cookieSessions = false;
    expect((await talk('PUT', `${files}/x`, { body: 'a', headers: { cookie } })).status).toBe(201);
  });

  it('wants the app password where a second factor is on', async () => {
    server.hooks.requireSecondFactor(true);
    const refused = await talk('PROPFIND', files, { auth: `${server.user}:${server.loginPassword}` });
    expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('PasswordLoginForbidden')]);
    expect(await ocs('GET', '/cloud/user', `${server.user}:${server.loginPassword}`)).toMatchObject({
      status: 401,
      code: 997,
    });
    expect((await talk('PROPFIND', files)).status).toBe(207);
  });

  it('answers 503, not 401, for a disabled account', async () => {
    server.hooks.setDisabled(true);
    const refused = await talk('PROPFIND', files);
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('Account disabled')]);
  });

  it("shows another person's root as empty, and refuses to write there", async () => {
    const seen = await talk('PROPFIND', '/remote.php/dav/files/admin', {
      headers: { depth: '0' },
      body: propfind('d:getetag'),
    });
    expect([seen.status, textsOf(seen.text, 'getetag')]).toEqual([207, ['']]);
    expect((await talk('PUT', '/remote.php/dav/files/admin/x', { body: 'a' })).status).toBe(403);
  });
});

describe('OCS', () => {
  it('tells the user id, which is not the login name', async () => {
    expect(await ocs('GET', '/cloud/user')).toMatchObject({
      status: 200,
      data: { id: 'mara', 'display-name': 'Mara' },
    });
  });

  it('wants its header', async () => {
    expect((await talk('GET', '/ocs/v2.php/cloud/user')).status).toBe(412);
  });

  it('answers version 1 with 200 and codes of its own, as XML unless JSON is asked for', async () => {
    const { status, text } = await talk('GET', '/ocs/v1.php/cloud/user', { headers: ocsHeader });
    expect([status, textsOf(text, 'statuscode')[0], textsOf(text, 'id')[0]]).toEqual([200, '100', 'mara']);
  });

  it('lists capabilities in full only to those who signed in', async () => {
    const { data } = (await ocs('GET', '/cloud/capabilities')) as unknown as {
      data: { capabilities: { files: unknown; dav: unknown } };
    };
    expect(data.capabilities.files).toMatchObject({
      chunked_upload: { max_size: 104857600, max_parallel_count: 5 },
      forbidden_filename_extensions: ['.filepart', '.part'],
    });
    expect(data.capabilities.dav).toMatchObject({ bulkupload: '1.0', chunking: '1.0' });
    const open = (await ocs('GET', '/cloud/capabilities', null)) as unknown as { data: { capabilities: object } };
    expect(Object.keys(open.data.capabilities)).toEqual(['core', 'theming']);
  });

  it('gives, rotates and revokes app passwords', async () => {
    expect((await ocs('GET', '/core/getapppassword')).status).toBe(403);
    const given = (await ocs('GET', '/core/getapppassword', `${server.user}:${server.loginPassword}`)).data[
      'apppassword'
    ] as string;
    expect(given).toHaveLength(72);
    const rotated = (await ocs('POST', '/core/apppassword/rotate', `${server.user}:${given}`)).data[
      'apppassword'
    ] as string;
    expect((await talk('PROPFIND', files, { auth: `${server.user}:${given}` })).status).toBe(401);
    expect((await ocs('DELETE', '/core/apppassword', `${server.user}:${rotated}`)).status).toBe(200);
    expect((await talk('PROPFIND', files, { auth: `${server.user}:${rotated}` })).status).toBe(401);
  });
});

describe('Login Flow v2', () => {
  const start = async (): Promise<{ poll: { token: string; endpoint: string }; login: string }> =>
    JSON.parse(
      (await talk('POST', '/index.php/login/v2', { auth: null, headers: { 'user-agent': 'Reports <on my laptop>' } }))
        .text,
    );
  const poll = (token: string) =>
    talk('POST', '/index.php/login/v2/poll', {
      auth: null,
      body: new URLSearchParams({ token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('goes from the pages of the browser to an app password that is given once', async () => {
    const flow = await start();
    expect(flow.poll.token).toHaveLength(128);
    expect(flow.poll.endpoint).toBe(`${server.url}/index.php/login/v2/poll`);
    const waiting = await poll(flow.poll.token);
    expect([waiting.status, waiting.text]).toEqual([404, '[]']);

    const loginPage = await talk('GET', flow.login.slice(server.url.length), { auth: null });
    expect(loginPage.text).toContain('Reports &lt;on my laptop&gt;');
    const action = /action="([^"]+)"/.exec(loginPage.text)?.[1] as string;
    const wrong = await talk('POST', action, {
      auth: null,
      headers: form,
      body: new URLSearchParams({ user: server.user, password: 'no' }).toString(),
    });
    expect(wrong.text).toContain('Wrong login or password');
    const grantPage = await talk('POST', action, {
      auth: null,
      headers: form,
      body: new URLSearchParams({ user: server.user, password: server.loginPassword }).toString(),
    });
    expect(grantPage.text).toContain('Grant access');
    expect((await poll(flow.poll.token)).status).toBe(404);
    expect((await talk('POST', action, { auth: null, headers: form, body: 'grant=1' })).text).toContain(
      'Account connected',
    );

    const granted = JSON.parse((await poll(flow.poll.token)).text) as {
      server: string;
      loginName: string;
      appPassword: string;
    };
    expect(granted).toMatchObject({ server: server.url, loginName: server.user });
    expect(granted.appPassword).toHaveLength(72);
    expect((await poll(flow.poll.token)).status).toBe(404);
    expect((await talk('PROPFIND', files, { auth: `${granted.loginName}:${granted.appPassword}` })).status).toBe(207);
  });

  it('grants nothing without a sign-in, and a test can grant by itself', async () => {
    const flow = await start();
    const action = `/index.php/login/v2/grant/${flow.login.split('/').at(-1) ?? ''}`;
    await talk('POST', action, { auth: null, headers: form, body: 'grant=1' });
    expect((await poll(flow.poll.token)).status).toBe(404);
    server.hooks.grantLogin();
    expect((await poll(flow.poll.token)).status).toBe(200);
  });

  it('ends after twenty minutes', async () => {
    let time = 0;
    const timed = await startNextcloudEmulator({ clock: () => time });
    const talkTimed = talkTo(timed.url, '');
    const {
      poll: { token },
    } = JSON.parse((await talkTimed('POST', '/index.php/login/v2', { auth: null })).text) as {
      poll: { token: string };
    };
    timed.hooks.grantLogin();
    time = 1201 * 1000;
    expect((await talkTimed('POST', '/index.php/login/v2/poll', { auth: null, body: `token=${token}` })).status).toBe(
      404,
    );
    await timed.close();
  });
});

describe('pages', () => {
  it('status.php tells the version, to anybody, also in maintenance', async () => {
    server.switches.maintenance = true;
    const { status, text } = await talk('GET', '/status.php', { auth: null });
    expect([status, JSON.parse(text)]).toEqual([
      200,
      expect.objectContaining({
        installed: true,
        maintenance: true,
        needsDbUpgrade: false,
        versionstring: '32.0.1',
        productname: 'Nextcloud',
      }),
    ]);
  });

  it('has three shapes of maintenance', async () => {
    server.switches.maintenance = true;
    const shapes = await Promise.all([
      talk('PROPFIND', files),
      talk('GET', '/ocs/v2.php/cloud/user', { headers: ocsHeader }),
      talk('GET', '/index.php/login'),
    ]);
    expect(shapes.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(shapes.map(({ headers }) => [headers['x-nextcloud-maintenance-mode'], headers['retry-after']])).toEqual([
      [undefined, undefined],
      ['1', undefined],
      ['1', '120'],
    ]);
    expect(shapes[0]?.text).toContain('ServerMaintenanceMode');
  });

  it('answers an untrusted host with 400 in HTML', async () => {
    server.switches.untrustedHost = true;
    const { status, headers } = await talk('GET', '/status.php', { auth: null });
    expect([status, headers['content-type']]).toEqual([400, 'text/html; charset=UTF-8']);
  });

  it('redirects /f/<fileid> to wherever the file is', async () => {
    const id = Number.parseInt((await talk('PUT', `${files}/a`, { body: 'a' })).headers['oc-fileid'] as string, 10);
    await talk('MOVE', `${files}/a`, { headers: { destination: `${files}/b` } });
    expect((await talk('GET', `/index.php/f/${id}`)).status).toBe(303);
    expect((await talk('GET', '/index.php/f/999999')).status).toBe(404);
  });

  it('knows no WebDAV outside of remote.php, and no locks inside', async () => {
    expect((await talk('PROPFIND', '/')).status).toBe(405);
    expect((await talk('PROPFIND', '/dav/files/mara')).status).toBe(405);
    expect((await talk('GET', '/.well-known/caldav')).status).toBe(301);
    expect((await talk('LOCK', `${files}/a`)).status).toBe(501);
    const { headers } = await talk('OPTIONS', files);
    expect(String(headers['dav']).split(', ')).toEqual(expect.arrayContaining(['1', '3', 'nextcloud-checksum-update']));
    expect(String(headers['dav']).split(', ')).not.toContain('2');
  });

  it('lives below a sub path, with hrefs and addresses that say so', async () => {
    const below = await startNextcloudEmulator({ subPath: '/cloud' });
    const talkBelow = talkTo(below.url, `${below.user}:${below.password}`);
    expect(textsOf((await talkBelow('PROPFIND', files, { headers: { depth: '0' } })).text, 'href')).toEqual([
      '/cloud/remote.php/dav/files/mara/',
    ]);
    const flow = JSON.parse((await talkBelow('POST', '/index.php/login/v2', { auth: null })).text) as { login: string };
    expect(flow.login.startsWith(`${below.url}/index.php/login/v2/flow/`)).toBe(true);
    await talkBelow('PUT', `${files}/a`, { body: 'a' });
    expect((await talkBelow('MOVE', `${files}/a`, { headers: { destination: `${below.url}${files}/b` } })).status).toBe(
      201,
    );
    await below.close();
  });

  it('serves the legacy address of the files too', async () => {
    await talk('PUT', '/remote.php/webdav/a', { body: 'a' });
    expect((await talk('GET', `${files}/a`)).text).toBe('a');
    expect(textsOf((await talk('PROPFIND', '/remote.php/webdav/', { headers: { depth: '1' } })).text, 'href')).toEqual([
      '/remote.php/webdav/',
      '/remote.php/webdav/a',
    ]);
  });

  it('speaks TLS with a certificate of its own making', async () => {
    const secure = await startNextcloudEmulator({ tls: true });
    expect((await talkTo(secure.url, '')('GET', '/status.php', { auth: null })).status).toBe(200);
    expect(secure.certificate?.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    await secure.close();
  });
});
