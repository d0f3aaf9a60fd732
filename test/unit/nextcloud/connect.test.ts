import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../../shared/connection/basicAuth.ts';
import { nextcloudUserId, revokeAppPassword } from '../../../shared/connection/nextcloudAccount.ts';
import { awaitNextcloudLogin, beginNextcloudLogin } from '../../../shared/connection/nextcloudLogin.ts';
import { candidates, findNextcloud } from '../../../shared/connection/nextcloudServer.ts';
import type { Clock } from '../../../shared/core/ports.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const http = createNodeHttp();
let server: NextcloudEmulator;
beforeEach(async () => {
  server = await startNextcloudEmulator({ subPath: '/office/cloud' });
});
afterEach(() => server.close());

describe('a pasted address', () => {
  test.each([
    '',
    '/',
    '/index.php',
    '/index.php/apps/files/?dir=/Reports',
    '/remote.php/dav/files/mara/',
    '/s/aBcDeF',
    '/apps/files',
    '/login',
    '/remote.php/webdav',
  ])('ending in %j leads to the installation', async (rest) => {
    expect(await findNextcloud(http, server.url + rest)).toEqual({ url: server.url, version: '32.0.1' });
  });

  test.each(['/apps/nextcloud', '/s/u/cloud'])('an installation below %s is found as it was typed', async (subPath) => {
    const other = await startNextcloudEmulator({ subPath });
    try {
      expect((await findNextcloud(http, other.url)).url).toBe(other.url);
      expect((await findNextcloud(http, `${other.url}/apps/files/`)).url).toBe(other.url);
    } finally {
      await other.close();
    }
  });

  test('a folder below the installation is left behind', async () => {
    expect((await findNextcloud(http, `${server.url}/some/thing`)).url).toBe(server.url);
  });

  test.each([
    ['cloud.example.org', ['https://cloud.example.org']],
    ['  https://x.org/a/b/index.php/f/12 ', ['https://x.org/a/b', 'https://x.org/a', 'https://x.org']],
    ['https://x.org/apps/nextcloud', ['https://x.org/apps/nextcloud', 'https://x.org', 'https://x.org/apps']],
    [
      'https://x.org/apps/nextcloud/index.php/login',
      ['https://x.org/apps/nextcloud', 'https://x.org', 'https://x.org/apps'],
    ],
    [
      'https://x.org/settings/user/security#app-password',
      [
        'https://x.org/settings/user/security',
        'https://x.org',
        'https://x.org/settings/user',
        'https://x.org/settings',
      ],
    ],
    ['localhost:8080/nc', ['http://localhost:8080/nc', 'http://localhost:8080']],
    ['http://127.0.0.1:1/', ['http://127.0.0.1:1']],
  ])('%j is looked for at %j', (pasted, expected) => {
    expect(candidates(pasted, false)).toEqual(expected);
  });

  test.each([
    '',
    '   ',
    'http://cloud.example.org',
    'https://user:secret@cloud.example.org',
    'ftp://cloud.example.org',
    'javascript:alert(1)',
  ])('%j is refused before anything is sent', (pasted) => {
    expect(() => candidates(pasted, false)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });

  test('maintenance is told, and so is an address where no Nextcloud is', async () => {
    server.switches.maintenance = true;
    await expect(findNextcloud(http, server.url)).rejects.toMatchObject({ code: 'server-error', retry: 'later' });
    server.switches.maintenance = false;
    await expect(findNextcloud(http, new URL(server.url).origin)).rejects.toMatchObject({ code: 'invalid-response' });
    server.switches.untrustedHost = true;
    await expect(findNextcloud(http, server.url)).rejects.toMatchObject({
      code: 'invalid-response',
      message: expect.stringContaining('trusted domains'),
    });
  });
});

describe('Login Flow v2', () => {
  /** Grants while the client waits between two looks. */
  const grantWhileWaiting = (): Clock => ({ now: nodeClock.now, sleep: async () => server.hooks.grantLogin() });

  test('from the address to a working app password, which is then given back', async () => {
    const pending = await beginNextcloudLogin(http, nodeClock, server.url, 'Dossier in a test');
    expect(pending.loginUrl).toContain(`${server.url}/index.php/login/v2/flow/`);
    expect(await (await fetch(pending.loginUrl)).text()).toContain('Dossier in a test');
    const { loginName, appPassword } = await awaitNextcloudLogin(http, grantWhileWaiting(), pending);
    expect(loginName).toBe(server.user);
    const signed = withBasicAuth(http, server.url, { user: loginName, password: appPassword }, nodeClock);
    expect(await nextcloudUserId(signed, server.url)).toBe('mara');
    expect(await revokeAppPassword(signed, server.url)).toBe(true);
    await expect(nextcloudUserId(signed, server.url)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('a network that is away for a while does not end it', async () => {
    const pending = await beginNextcloudLogin(http, nodeClock, server.url, 'Dossier');
    server.faults.inject(
      { kind: 'reset', route: 'POST login', times: 2 },
      { kind: 'status', status: 502, route: 'POST login' },
    );
    let waits = 0;
    const clock: Clock = { now: nodeClock.now, sleep: async () => void (++waits === 4 && server.hooks.grantLogin()) };
    expect((await awaitNextcloudLogin(http, clock, pending)).loginName).toBe(server.user);
  });

  test('nobody grants: it ends with what to do', async () => {
    const clock = createVirtualClock({ auto: true });
    const pending = await beginNextcloudLogin(http, clock, server.url, 'Dossier');
    await expect(awaitNextcloudLogin(http, clock, pending)).rejects.toMatchObject({
      code: 'timeout',
      retry: 'afterUser',
    });
  });

  test('it can be cancelled', async () => {
    const pending = await beginNextcloudLogin(http, nodeClock, server.url, 'Dossier');
    const abort = new AbortController();
    const clock: Clock = { now: nodeClock.now, sleep: async () => abort.abort() };
    await expect(awaitNextcloudLogin(http, clock, pending, { signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  test('a password that the user typed is not ours to revoke', async () => {
    const signed = withBasicAuth(http, server.url, { user: server.user, password: server.loginPassword }, nodeClock);
    expect(await revokeAppPassword(signed, server.url)).toBe(false);
    expect(await nextcloudUserId(signed, server.url)).toBe('mara');
  });
});
