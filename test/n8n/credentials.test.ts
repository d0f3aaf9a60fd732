import type { IHttpRequestOptions } from 'n8n-workflow';
import { expect, test } from 'vitest';
import { DossierNextcloudApi } from '../../credentials/DossierNextcloudApi.credentials.ts';
import { DossierWebdavApi } from '../../credentials/DossierWebdavApi.credentials.ts';

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

test.each([
  ['https://x.org/index.php/settings/user/security', 'https://x.org'],
  ['https://x.org/settings/user/security#app-passwords', 'https://x.org'],
  [' https://x.org/apps/nextcloud/ \n', 'https://x.org/apps/nextcloud'],
  ['https://x.org/apps/nextcloud/apps/files/?dir=/a', 'https://x.org/apps/nextcloud'],
  ['https://x.org/cloud/login', 'https://x.org/cloud'],
])('the credential test asks the installation behind %j', (url, base) => {
  const { baseURL = '' } = new DossierNextcloudApi().test.request;
  const body = /^=\{\{(.*)\}\}$/.exec(String(baseURL))?.[1] ?? '';
  expect(new Function('$credentials', `return ${body}`)({ url })).toBe(base);
});
