import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { freePort } from '../hosts/freePort.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { example, withWebhook } from './workflows.ts';

/** Somebody connects Dropbox in n8n: credential, page of Dropbox, back to n8n, first report. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let folder: string;
let owner: (path: string, init?: RequestInit) => Promise<Response>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-sign-in-'));
  const port = await freePort();
  dropbox = await startDropboxEmulator({
    app: { redirectUris: [`http://127.0.0.1:${port}/rest/oauth2-credential/callback`] },
  });
  const overwrites = {
    dossierDropboxOAuth2Api: {
      authUrl: `${dropbox.url}/oauth2/authorize`,
      accessTokenUrl: `${dropbox.url}/oauth2/token`,
    },
  };
  n8n = await startN8n({
    port,
    nodePackage: { tarball: await packN8n(folder) },
    env: { CREDENTIALS_OVERWRITE_DATA: JSON.stringify(overwrites) },
  });
  owner = await signedIn();
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await rm(folder, { recursive: true, force: true });
});

/** n8n's own interface, as its owner's browser uses it. */
async function signedIn(): Promise<typeof owner> {
  const browser = { 'browser-id': 'a-browser', 'content-type': 'application/json' };
  const login = await fetch(`${n8n.url}/rest/login`, {
    method: 'POST',
    headers: browser,
    body: JSON.stringify({ emailOrLdapLoginId: n8n.ownerEmail, password: n8n.ownerPassword }),
  });
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return (path, init) =>
    fetch(path.startsWith('http') ? path : `${n8n.url}${path}`, { ...init, headers: { ...browser, cookie } });
}

/** Makes the credential and presses its button; resolves with the address that the browser opens. */
async function begin(id: string, data: object): Promise<{ credential: string; address: URL }> {
  const made = await owner('/rest/credentials', {
    method: 'POST',
    body: JSON.stringify({ name: id, type: 'dossierDropboxOAuth2Api', data: { apiBaseUrl: dropbox.url, ...data } }),
  });
  const { data: credential } = (await made.json()) as { data: { id: string } };
  const { data: address } = (await (await owner(`/rest/oauth2-credential/auth?id=${credential.id}`)).json()) as {
    data: string;
  };
  return { credential: credential.id, address: new URL(address) };
}

/** Reads the page of Dropbox and presses one of its buttons; resolves with the page that n8n shows in the end. */
async function answer(address: URL, decision: 'allow' | 'deny'): Promise<string> {
  const page = await (await fetch(address)).text();
  const fields = new URLSearchParams({ decision });
  for (const [, name = '', value = ''] of page.matchAll(
    /<input type="(?:hidden|radio)" name="([^"]*)" value="([^"]*)"/g,
  )) {
    fields.set(
      name,
      value.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    );
  }
  const back = await fetch(`${dropbox.url}/oauth2/authorize`, { method: 'POST', body: fields, redirect: 'manual' });
  return (await owner(back.headers.get('location') ?? 'about:blank')).text();
}

const permissions = [
  {
    how: 'pkce',
    secret: undefined,
    permissions: 'submit',
    scope: 'account_info.read files.content.write files.metadata.read',
  },
  {
    how: 'authorizationCode',
    secret: () => dropbox.appSecret,
    permissions: 'everything',
    scope: 'account_info.read files.content.read files.content.write files.metadata.read',
  },
  {
    how: 'authorizationCode',
    secret: () => dropbox.appSecret,
    permissions: 'metadata',
    scope: 'account_info.read files.metadata.read',
  },
] as const;

describe('signing in to Dropbox from n8n', () => {
  it.each(permissions)(
    'asks for what "$permissions" needs and works ($how)',
    { timeout: 120_000 },
    async ({ how, secret, permissions, scope }) => {
      const { credential, address } = await begin(`${how} ${permissions}`, {
        grantType: how,
        clientId: dropbox.appKey,
        permissions,
        ...(secret === undefined ? {} : { clientSecret: secret() }),
      });
      expect(address.searchParams.get('scope')?.split(' ').sort().join(' ')).toBe(scope);
      expect(address.searchParams.get('token_access_type')).toBe('offline');
      expect(address.searchParams.get('code_challenge_method')).toBe(how === 'pkce' ? 'S256' : null);
      expect(address.toString()).not.toContain(dropbox.appSecret);
      expect(await answer(address, 'allow')).toMatch(/successful|connected/i);

      const path = `first-${how}-${permissions}`;
      const workflow = withWebhook(example('submitFromWebhook.json'), {
        id: `dossier${permissions.padEnd(9, '0').slice(0, 9)}`,
        path,
        credential,
      });
      await n8n.importWorkflows([workflow]);
      await n8n.activate(workflow.id);
      dropbox.tokens.expire();
      const body = JSON.stringify({ title: `By ${permissions}`, description: 'x' });
      const response = await n8n.webhook(path, { body, headers: { 'content-type': 'application/json' } });
      const text = await response.text();
      if (permissions === 'metadata') {
        const [run] = await n8n.executions(workflow.id);
        expect(JSON.stringify((await n8n.execution(run!.id)).data)).toContain('"forbidden"');
      } else expect(text).toContain(`/Reports/By ${permissions}`);
    },
  );

  it('says that it was not connected when the person declines', async () => {
    const { address } = await begin('declined', {
      grantType: 'authorizationCode',
      clientId: dropbox.appKey,
      clientSecret: dropbox.appSecret,
      permissions: 'submit',
    });
    expect(await answer(address, 'deny')).not.toMatch(/successful/i);
  });
});
