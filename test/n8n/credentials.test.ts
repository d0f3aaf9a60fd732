import type { ICredentialsDecrypted, ICredentialTestFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DossierNextcloudApi } from '../../credentials/DossierNextcloudApi.credentials.ts';
import { DossierWebdavApi } from '../../credentials/DossierWebdavApi.credentials.ts';
import { testCredential } from '../../nodes/fields/testCredential.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';

const sent = async (credential: DossierNextcloudApi | DossierWebdavApi, user: string, password: string) => {
  const request: IHttpRequestOptions = { url: 'https://x.example/' };
  const { headers } = await credential.authenticate({ user, password }, request);
  return Buffer.from(String(headers?.['Authorization']).slice(6), 'base64').toString();
};

test('what was copied with a space or a line break at its end is the app password without it', async () => {
  expect(await sent(new DossierNextcloudApi(), ' mara\n', 'aaaaa-bbbbb \r\n')).toBe('mara:aaaaa-bbbbb');
  expect(await sent(new DossierNextcloudApi(), 'mara', '\taaaaa-bbbbb')).toBe('mara:aaaaa-bbbbb');
});

test('a password of WebDAV may end with a space, and never with a line break', async () => {
  expect(await sent(new DossierWebdavApi(), 'mara\n', 'secret \n')).toBe('mara:secret ');
});

/** The network of a credential test, as n8n gives it: its old request helper, here over fetch. */
const network = {
  helpers: {
    async request(given: Record<string, unknown>) {
      const { method, uri, headers, body } = given as {
        method: string;
        uri: string;
        headers: Record<string, string>;
        body?: Buffer;
      };
      const answer = await fetch(uri, {
        method,
        headers,
        redirect: 'manual',
        ...(body && { body: new Uint8Array(body) }),
      });
      const collected: Record<string, string> = {};
      answer.headers.forEach((value, name) => void (collected[name] = value));
      return {
        statusCode: answer.status,
        headers: collected,
        body: Buffer.from(await answer.arrayBuffer()),
      };
    },
  },
} as unknown as ICredentialTestFunctions;

describe('the test of a credential names the step that fails', () => {
  let nextcloud: NextcloudEmulator;
  let dropbox: DropboxEmulator;
  beforeAll(async () => {
    [nextcloud, dropbox] = await Promise.all([startNextcloudEmulator({ subPath: '/cloud' }), startDropboxEmulator()]);
  });
  afterAll(() => Promise.all([nextcloud.close(), dropbox.close()]));

  const tested = (type: string, data: object) =>
    testCredential.call(network, { id: '1', name: 'Mine', type, data } as ICredentialsDecrypted);
  const cloud = (data: object) =>
    tested('dossierNextcloudApi', { url: nextcloud.url, user: nextcloud.user, password: nextcloud.password, ...data });

  test.each(['', '/', '/index.php/apps/files/?dir=/a', '/settings/user/security#app-passwords', '/login'])(
    'the address of the page %j is taken, as the node takes it',
    async (page) => {
      expect(await cloud({ url: ` ${nextcloud.url}${page} ` })).toEqual({ status: 'OK', message: 'Everything works' });
    },
  );

  test.each([
    [{ folder: '/Nowhere' }, /^Folder for reports: There is no folder \/Nowhere\. Make the folder/],
    [{ password: 'wrong' }, /^Sign-in: /],
    [{ url: 'not an address' }, /^Name of the server: .*not the address of a server/],
    [{ url: '' }, /^Name of the server: .*not the address of a server/],
  ])('Nextcloud with %j', async (data, said) => {
    expect(await cloud(data)).toEqual({ status: 'Error', message: expect.stringMatching(said) });
  });

  test('WebDAV: no address, nobody there, and a server that is none', async () => {
    const dav = async (url: string) => (await tested('dossierWebdavApi', { url, user: 'a', password: 'b' })).message;
    expect(await dav('ftp://x')).toMatch(/^Name of the server: /);
    expect(await dav(`${dropbox.url}/2/`)).toMatch(/^Sign-in: /);
    const { url, filesUrl, user, password } = nextcloud;
    expect(await tested('dossierWebdavApi', { url: filesUrl, user, password })).toMatchObject({ status: 'OK' });
    expect(url).not.toBe(filesUrl);
  });

  test('a Dropbox token that works, and one that has ended', async () => {
    const token = (accessToken: string) => tested('dossierDropboxApi', { accessToken, apiBaseUrl: dropbox.url });
    expect(await token(` ${dropbox.token}\n`)).toMatchObject({ status: 'OK' });
    expect(await token('sl.ended')).toEqual({
      status: 'Error',
      message: expect.stringMatching(/^Sign-in: The Dropbox sign-in of this connection has ended/),
    });
  });

  test('nothing is written by a test of a credential', () => {
    const methods = nextcloud.requests.list.map(({ method }) => method);
    expect(methods).not.toContain('PUT');
    expect(methods).not.toContain('MKCOL');
  });
});
