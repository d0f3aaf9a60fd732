import { createHmac } from 'node:crypto';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { describe, expect, it, vi } from 'vitest';
import { DossierWebdavApi } from '../../credentials/DossierWebdavApi.credentials.ts';
import { DossierDropboxTrigger } from '../../nodes/DossierDropboxTrigger/DossierDropboxTrigger.node.ts';
import { DossierFolderTrigger } from '../../nodes/DossierFolderTrigger/DossierFolderTrigger.node.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { credentials, dropbox, host, path, run } from './dropboxNode.ts';
import type { NodeTrigger } from './nodeHost.ts';
import { otherClient } from './otherClient.ts';
import { mismatches, triggerSchema } from './outputSchema.ts';

const told = (items: INodeExecutionData[]) => items.map(({ json: { event, path, version } }) => [event, path, version]);
const link = (folder: string) =>
  run('provenance', 'linkFolder', { folder: path(folder), hashPolicy: '', privacy: 'public' });
const folderTrigger = (
  parameters: INodeParameters = {},
  staticData: IDataObject = {},
  given: object = credentials(),
): NodeTrigger =>
  host.trigger({
    node: new DossierFolderTrigger(),
    parameters: {
      connection: 'dropboxOAuth2',
      folder: path('/Photos'),
      record: true,
      hashPolicy: '',
      privacy: 'public',
      options: {},
      ...parameters,
    },
    credentials: given as never,
    staticData,
  });
const dropboxTrigger = (given: object = credentials()): NodeTrigger =>
  host.trigger({
    node: new DossierDropboxTrigger(),
    parameters: { connection: 'dropboxOAuth2', options: {} },
    credentials: given as never,
  });

describe('the Dossier Folder Trigger', () => {
  it('links the folder, begins with what comes then, and gives each statement once', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const other = otherClient(dropbox);
    const trigger = folderTrigger();
    expect(await trigger.poll()).toEqual([]);
    await other.write('/Photos/b.txt', 'b');
    await other.write('/Elsewhere/c.txt', 'c');
    expect(told(await trigger.poll())).toEqual([['Register', '/Photos/b.txt', 1]]);
    expect(await trigger.poll()).toEqual([]);
    // Whoever records it, the trigger has it: here another execution did.
    await other.write('/Photos/b.txt', 'b, again');
    await run('provenance', 'recordChanges', { link: path('') });
    expect(told(await trigger.poll())).toEqual([['Publish', '/Photos/b.txt', 2]]);
    const sample = await trigger.poll('manual');
    expect(told(sample)).toEqual([
      ['Register', '/Photos/a.jpg', 1],
      ['Register', '/Photos/b.txt', 1],
      ['Publish', '/Photos/b.txt', 2],
    ]);
    for (const node of ['DossierDropboxTrigger', 'DossierFolderTrigger'] as const)
      expect(sample.flatMap(({ json }) => mismatches(triggerSchema(node), json))).toEqual([]);
    expect(await trigger.poll()).toEqual([]);
  });

  it('leaves alone what was unlinked meanwhile, and takes part of a folder that is linked as a whole', {
    timeout: 120_000,
  }, async () => {
    dropbox.files.seed([
      { path: '/Photos/2026/a.jpg', size: 500 },
      { path: '/Photos/2025/b.jpg', size: 600 },
    ]);
    await link('/Photos');
    const trigger = folderTrigger({ folder: path('/Photos/2026') });
    expect(await trigger.poll()).toEqual([]);
    const other = otherClient(dropbox);
    await other.write('/Photos/2025/c.txt', 'c');
    await other.write('/Photos/2026/d.txt', 'd');
    expect(told(await trigger.poll())).toEqual([['Register', '/Photos/2026/d.txt', 1]]);
    const whole = folderTrigger();
    await whole.poll();
    await run('provenance', 'unlinkFolder', { link: path('/Photos') });
    await expect(whole.poll()).rejects.toMatchObject({ message: expect.stringContaining('not linked any more') });
  });

  it('gives again what n8n died with before it took it over, and nothing that it has', {
    timeout: 120_000,
  }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const kept: IDataObject = {};
    await folderTrigger({}, kept).poll();
    const before = JSON.parse(JSON.stringify(kept)) as IDataObject;
    await otherClient(dropbox).write('/Photos/b.txt', 'b');
    const lost = await folderTrigger({}, kept).poll();
    expect(told(lost)).toEqual([['Register', '/Photos/b.txt', 1]]);
    expect(await folderTrigger({}, before).poll()).toEqual([]);
    const later = folderTrigger({}, before);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 121_000 });
    try {
      const again = await later.poll();
      expect(again).toEqual(lost);
      expect(await later.execute(again, { id: 'second' })).toEqual(again);
      expect(await later.execute(lost, { id: 'first' })).toEqual([]);
      expect(await later.execute(again, { id: 'second' })).toEqual(again);
    } finally {
      vi.useRealTimers();
    }
    expect(await folderTrigger({}, kept).poll()).toEqual([]);
  });

  it('gives the files of the first scan when that is wanted', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const trigger = folderTrigger({ options: { includeExisting: true } });
    expect(told(await trigger.poll())).toEqual([['Register', '/Photos/a.jpg', 1]]);
    expect(await trigger.poll()).toEqual([]);
  });

  it('says what the service tells where nothing is recorded, without a key', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const { dossierDropboxOAuth2Api } = credentials();
    const trigger = folderTrigger({ record: false }, {}, { dossierDropboxOAuth2Api });
    expect(await trigger.poll()).toEqual([]);
    const other = otherClient(dropbox);
    await other.write('/Photos/b.txt', 'b');
    await other.remove('/Photos/a.jpg');
    expect(
      (await trigger.poll()).map(({ json }) => json).sort((a, b) => String(a['path']).localeCompare(String(b['path']))),
    ).toMatchObject([
      { event: 'deleted', path: '/Photos/a.jpg' },
      { event: 'changed', path: '/Photos/b.txt', size: 1 },
    ]);
    expect(await trigger.poll()).toEqual([]);
    expect(told(await trigger.poll('manual'))).toEqual([['changed', '/Photos/b.txt', undefined]]);
    expect(dropbox.files.list().some(({ display }) => display.includes('.dossier'))).toBe(false);
  });
});

describe('the Dossier Dropbox Trigger', () => {
  const signed = (accounts: string[], secret = dropbox.appSecret) => {
    const body = new TextEncoder().encode(JSON.stringify({ list_folder: { accounts } }));
    return {
      name: 'default' as const,
      body,
      headers: { 'x-dropbox-signature': createHmac('sha256', secret).update(body).digest('hex') },
    };
  };

  it('answers the challenge as plain text that no browser takes for a page', async () => {
    const trigger = dropboxTrigger();
    const challenge = '<script>alert(1)</script>';
    expect(await trigger.webhook({ name: 'setup', query: { challenge } })).toEqual({
      status: 200,
      body: challenge,
      headers: { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' },
      items: [],
    });
    expect(await trigger.webhook({ name: 'setup' })).toMatchObject({ status: 400, items: [] });
  });

  it('walks after a signed notice of its account, and after no other', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    await link('/Photos');
    const trigger = dropboxTrigger();
    expect(await trigger.create()).toBe(true);
    expect(await trigger.poll()).toEqual([]);
    await otherClient(dropbox).write('/Photos/b.txt', 'b');
    expect(await trigger.webhook(signed([dropbox.accountId], 'guessed'))).toMatchObject({ status: 403, items: [] });
    expect(await trigger.webhook({ ...signed([dropbox.accountId]), headers: {} })).toMatchObject({
      status: 403,
      items: [],
    });
    expect(await trigger.webhook(signed(['dbid:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']))).toMatchObject({
      status: 200,
      items: [],
    });
    const all = await Promise.all(Array.from({ length: 4 }, () => trigger.webhook(signed([dropbox.accountId]))));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(told(all.flatMap(({ items }) => items))).toEqual([['Register', '/Photos/b.txt', 1]]);
  });

  it('finds at the next activation what happened meanwhile, and shows a sample by hand', {
    timeout: 120_000,
  }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    await link('/Photos');
    const trigger = dropboxTrigger();
    expect(told(await trigger.poll('manual'))).toEqual([['Register', '/Photos/a.jpg', 1]]);
    await trigger.poll();
    await otherClient(dropbox).move('/Photos/a.jpg', '/Photos/b.jpg');
    const again = dropboxTrigger();
    expect(told(await again.poll())).toEqual([['Rename', '/Photos/b.jpg', 1]]);
    expect(told(await trigger.poll())).toEqual([]);
  });

  it('refuses to be activated without the secret of the app', async () => {
    const given = credentials();
    const { clientSecret: _, ...data } = given.dossierDropboxOAuth2Api.data as IDataObject;
    const trigger = dropboxTrigger({ ...given, dossierDropboxOAuth2Api: { ...given.dossierDropboxOAuth2Api, data } });
    await expect(trigger.create()).rejects.toMatchObject({ message: expect.stringContaining('secret') });
    expect(await trigger.webhook(signed([dropbox.accountId], ''))).toMatchObject({ status: 403 });
  });
});

describe('the Dossier Folder Trigger on plain WebDAV', () => {
  it('records what changed, though a renamed file is another one there', { timeout: 120_000 }, async () => {
    const server = await startNextcloudEmulator();
    try {
      const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
      const other = (method: string, file: string, more: RequestInit = {}) =>
        fetch(`${server.filesUrl}${file}`, { ...more, method, headers: { authorization, ...more.headers } });
      const { dossierKeyApi } = credentials();
      const given = {
        dossierWebdavApi: {
          type: new DossierWebdavApi(),
          data: { url: server.filesUrl, user: server.user, password: server.password },
        },
        dossierKeyApi,
      };
      await other('MKCOL', '/Photos');
      const trigger = folderTrigger({ connection: 'webdav' }, {}, given);
      expect(await trigger.poll()).toEqual([]);
      await other('PUT', '/Photos/a.txt', { body: 'a' });
      expect(told(await trigger.poll())).toEqual([['Register', '/Photos/a.txt', 1]]);
      await other('PUT', '/Photos/a.txt', { body: 'a, again' });
      expect(told(await trigger.poll())).toEqual([['Publish', '/Photos/a.txt', 2]]);
      await other('MOVE', '/Photos/a.txt', { headers: { destination: `${server.filesUrl}/Photos/b.txt` } });
      expect(told(await trigger.poll()).sort()).toEqual([
        ['Delete', '/Photos/a.txt', 2],
        ['Register', '/Photos/b.txt', 1],
      ]);
      expect(await trigger.poll()).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
