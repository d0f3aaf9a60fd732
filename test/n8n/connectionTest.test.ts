import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { startApache } from '../hosts/webdav/apache.ts';
import type { WebdavServer } from '../hosts/webdav/server.ts';
import { mismatches, outputSchema } from './outputSchema.ts';
import { nextcloudCredential } from './workflows.ts';

/** Somebody presses Test at a credential, and runs *Connection: Test*, in a real n8n. */
let n8n: N8n;
let nextcloud: NextcloudEmulator;
let digest: WebdavServer;
let folder: string;

const workflow = (id: string, connection: string, type: string, credential: string, parameters: object = {}) => ({
  id,
  name: id,
  nodes: [
    {
      name: 'Webhook',
      type: 'n8n-nodes-base.webhook',
      typeVersion: 2,
      position: [0, 0],
      webhookId: crypto.randomUUID(),
      parameters: { path: id, responseMode: 'lastNode', responseData: 'allEntries', options: {} },
    },
    {
      name: 'Dossier',
      type: 'n8n-nodes-dossier.dossier',
      typeVersion: 1,
      position: [200, 0],
      parameters: { resource: 'connection', operation: 'test', connection, ...parameters },
      credentials: { [type]: { id: credential, name: credential } },
    },
  ],
  connections: { Webhook: { main: [[{ node: 'Dossier', type: 'main', index: 0 }]] } },
});

const workflows = [
  workflow('TestNextcloud001', 'nextcloud', 'dossierNextcloudApi', 'dossierNextcld01', { testFolder: '/' }),
  workflow('TestMissing00001', 'nextcloud', 'dossierNextcloudApi', 'dossierNextcld01'),
  workflow('TestDigest000001', 'webdav', 'dossierWebdavApi', 'dossierDigest0001'),
  workflow('TestDigest000002', 'webdav', 'dossierWebdavApi', 'dossierDigest0002'),
  workflow('TestDrive0000001', 'webdav', 'dossierWebdavApi', 'dossierDigest0001', { operation: 'testDrive' }),
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-connection-'));
  [nextcloud, digest] = await Promise.all([startNextcloudEmulator(), startApache('Digest')]);
  const dav = (id: string, data: object) => ({
    id,
    name: id,
    type: 'dossierWebdavApi',
    data: { url: digest.url, user: digest.user, password: digest.password, ...data },
  });
  n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      nextcloudCredential('dossierNextcld01', nextcloud),
      dav('dossierDigest0001', { signIn: 'digest' }),
      dav('dossierDigest0002', { signIn: 'digest', password: 'wrong' }),
    ],
    workflows,
  });
  for (const { id } of workflows) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await Promise.all([nextcloud?.close(), digest?.close()]);
  await rm(folder, { recursive: true, force: true });
});

interface Tested {
  readonly works: boolean;
  readonly message: string;
  readonly failedStep?: string;
  readonly steps: readonly { readonly step: string; readonly state: string; readonly found: string }[];
  readonly report: string;
}

const run = async (id: string): Promise<Tested> => {
  const answer = await fetch(`${n8n.url}/webhook/${id}`, { method: 'GET' });
  const [item] = (await answer.json()) as Tested[];
  return item!;
};

describe('Connection: Test in a real n8n', () => {
  it('tells each step, and leaves nothing behind', { timeout: 60_000 }, async () => {
    const result = await run('TestNextcloud001');
    expect(result).toMatchObject({ works: true, message: 'Everything works' });
    expect(result.steps.map(({ step }) => step)).toHaveLength(9);
    expect(result.report).toContain('# Test of');
    expect(mismatches(outputSchema('connection', 'test'), result)).toEqual([]);
    expect(JSON.stringify(result)).not.toContain(nextcloud.password);
  });

  it('says that the folder for submissions is missing', { timeout: 60_000 }, async () => {
    expect(await run('TestMissing00001')).toMatchObject({
      works: false,
      failedStep: 'folder',
      message: expect.stringMatching(/^Folder for reports: There is no folder \/Einsendungen\. Make the folder/),
    });
  });

  it('works on a server that insists on Digest, and says a wrong password there', { timeout: 60_000 }, async () => {
    expect(await run('TestDigest000001')).toMatchObject({ works: true });
    expect(await run('TestDigest000002')).toMatchObject({ works: false, failedStep: 'credentials' });
  });
});

describe('Connection: Test This Drive in a real n8n', () => {
  it('says what a genuine Apache keeps, and cleans up', { timeout: 120_000 }, async () => {
    const result = (await run('TestDrive0000001')) as unknown as { keepsAll: boolean; message: string; left?: string };
    expect(result).toMatchObject({ keepsAll: true, message: expect.stringMatching(/^This drive keeps all/) });
    expect(result.left).toBeUndefined();
    expect(mismatches(outputSchema('connection', 'testDrive'), result)).toEqual([]);
  });
});

describe('the button that tests a credential', () => {
  const pressed = async (type: string, data: object) => {
    const headers = { 'browser-id': 'a-browser', 'content-type': 'application/json' };
    const login = await fetch(`${n8n.url}/rest/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ emailOrLdapLoginId: n8n.ownerEmail, password: n8n.ownerPassword }),
    });
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const answer = await fetch(`${n8n.url}/rest/credentials/test`, {
      method: 'POST',
      headers: { ...headers, cookie },
      body: JSON.stringify({ credentials: { id: '', name: 'Mine', type, data } }),
    });
    return ((await answer.json()) as { data: { status: string; message: string } }).data;
  };
  const cloud = (data: object) => ({
    url: nextcloud.url,
    user: nextcloud.user,
    password: nextcloud.password,
    folder: '',
    ...data,
  });

  it('accepts what the browser shows, and names the step that fails', { timeout: 60_000 }, async () => {
    expect(await pressed('dossierNextcloudApi', cloud({ url: `${nextcloud.url}/index.php/apps/files/` }))).toEqual({
      status: 'OK',
      message: 'Everything works',
    });
    const refused = async (type: string, data: object) => (await pressed(type, data)).message;
    expect(await refused('dossierNextcloudApi', cloud({ folder: '/Nowhere' }))).toMatch(/^Folder for reports: /);
    expect(await refused('dossierNextcloudApi', cloud({ url: 'http://127.0.0.1:1' }))).toBe(
      'Connection and certificate: The server refused the connection (127.0.0.1:1). Check the network connection and the server address.',
    );
    expect(await refused('dossierNextcloudApi', cloud({ url: 'nonsense://' }))).toMatch(/^Name of the server: /);
    expect(
      await refused('dossierWebdavApi', { url: 'http://no-such-host.invalid/', user: 'a', password: 'b' }),
    ).toMatch(/^Name of the server: /);
  });

  it('signs in by Digest', { timeout: 60_000 }, async () => {
    const { url, user, password } = digest;
    expect(await pressed('dossierWebdavApi', { url, user, password, signIn: 'digest' })).toMatchObject({
      status: 'OK',
    });
    expect(await pressed('dossierWebdavApi', { url, user, password: 'no', signIn: 'digest' })).toMatchObject({
      status: 'Error',
      message: expect.stringMatching(/^Sign-in: /),
    });
  });
});
