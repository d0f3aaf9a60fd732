import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import {
  beginDropboxSignIn,
  dropboxCode,
  finishDropboxSignIn,
  revokeDropboxSignIn,
} from '../../../shared/connection/dropboxSignIn.ts';
import type { DropboxTokens } from '../../../shared/connection/dropboxTokens.ts';
import { utf8 } from '../../../shared/core/bytes.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { usualRules } from '../../../shared/mirror/mirror.ts';
import { runMirror } from '../../../shared/mirror/runMirror.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox, withToken } from '../../support/dropbox.ts';

/** An administrator sets one app up; each person connects an account of their own to it. */
const redirectUri = 'https://dashboard.example.org/dropbox/set';
const people = ['ada', 'bo'] as const;

let emulator: DropboxEmulator;
beforeAll(async () => {
  emulator = await startDropboxEmulator({
    app: { access: 'appFolder', redirectUris: [redirectUri] },
    accounts: people.map((name) => ({ name, email: `${name}@example.org`, kind: 'basic' })),
  });
});
afterAll(() => emulator.close());

const endpoints = () => ({ authorize: `${emulator.url}/oauth2/authorize`, api: emulator.url });
const app = () => ({ key: emulator.appKey, secret: emulator.appSecret });

/** The person allows it in front of their own Dropbox. */
async function connect(account: number): Promise<DropboxTokens> {
  const signIn = beginDropboxSignIn({ app: app(), job: 'download', redirectUri, randomBytes, endpoints: endpoints() });
  const form = new URLSearchParams(new URL(signIn.url).searchParams);
  form.set('account', emulator.accounts[account]!.id);
  form.set('decision', 'allow');
  const answer = await fetch(endpoints().authorize, { method: 'POST', body: form, redirect: 'manual' });
  const came = answer.headers.get('location') ?? '';
  expect(came.startsWith(`${redirectUri}?`)).toBe(true);
  return finishDropboxSignIn(createNodeHttp(), nodeClock, app(), signIn, dropboxCode(signIn, came), endpoints());
}

async function mirrorOf(name: string, destination: Drive) {
  const source = createMemoryDrive();
  const bytes = utf8(`a study of ${name}`);
  await source.upload({ folder: { path: rootPath }, name: `${name}.txt` }, bytes, digestsOf(bytes));
  return runMirror(
    {
      id: name,
      source: { drive: source, folder: rootPath },
      destination: { drive: destination, folder: parsePath('/Studies') },
      rules: usualRules,
    },
    { store: createMemoryState(), clock: nodeClock, holder: name },
  );
}

async function namesIn(drive: Drive): Promise<string[]> {
  const names: string[] = [];
  for await (const page of drive.list({ path: rootPath }, { recursive: true }))
    names.push(...page.flatMap(({ type, path }) => (type === 'file' ? [path] : [])));
  return names;
}

test('each person mirrors to their own account, and nobody reads what another one has', async () => {
  const tokens = [await connect(0), await connect(1)] as const;
  const [ada, bo] = tokens.map(({ accessToken }) => openDropbox({ url: emulator.url, token: accessToken })) as [
    Drive,
    Drive,
  ];
  expect(await mirrorOf('ada', ada)).toMatchObject({ ending: 'done', sent: 1 });
  expect(await mirrorOf('bo', bo)).toMatchObject({ ending: 'done', sent: 1 });
  expect(await namesIn(ada)).toEqual(['/Studies/ada.txt']);
  expect(await namesIn(bo)).toEqual(['/Studies/bo.txt']);

  const hers = await ada.stat({ path: parsePath('/Studies/ada.txt') });
  expect(hers?.id).toBeDefined();
  expect(await bo.stat({ path: hers!.path })).toBeUndefined();
  // Not even who knows the id that Dropbox gave the file.
  expect(await bo.stat(hers!)).toBeUndefined();
  await expect(bo.remove(hers!)).resolves.toBeUndefined();
  expect(await namesIn(ada)).toEqual(['/Studies/ada.txt']);

  await revokeDropboxSignIn(withToken(createNodeHttp(), tokens[0].accessToken), endpoints());
  await expect(namesIn(ada)).rejects.toMatchObject({ code: 'unauthorized' });
  expect(await namesIn(bo)).toEqual(['/Studies/bo.txt']);
});

test('the key and the secret of the app open nobody’s files', async () => {
  const credentials = Buffer.from(`${emulator.appKey}:${emulator.appSecret}`).toString('base64');
  const listed = await fetch(`${emulator.url}/2/files/list_folder`, {
    method: 'POST',
    headers: { 'authorization': `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path: '' }),
  });
  expect(listed.ok).toBe(false);
  const granted = await fetch(`${emulator.url}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: emulator.appKey,
      client_secret: emulator.appSecret,
    }),
  });
  expect(granted.ok).toBe(false);
});

test('an address that differs by one character from the registered one is refused before anybody is asked', async () => {
  const wrong = `${redirectUri}/`;
  const { url } = beginDropboxSignIn({
    app: app(),
    job: 'download',
    redirectUri: wrong,
    randomBytes,
    endpoints: endpoints(),
  });
  const page = await fetch(url);
  expect(page.status).toBe(400);
  expect(await page.text()).toContain('Invalid redirect_uri');
});
