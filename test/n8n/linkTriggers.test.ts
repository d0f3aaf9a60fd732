import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { digestsOf } from '../../shared/testing.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { otherClient } from './otherClient.ts';
import { dropboxCredential, dropboxOverwrites, example, nextcloudCredential } from './workflows.ts';

/** Both triggers in one real n8n: folders are linked, somebody else changes files, and each change is an item. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let nextcloud: NextcloudEmulator;
let folder: string;

const key = createKey();
const linking = example('linkFolder.json');
const onDropbox = example('dropboxChanges.json');
const onNextcloud = example('nextcloudChanges.json');
const webhookPath = `${onDropbox.nodes[0]!.webhookId}/webhook`;
const bytes = (text: string) => new TextEncoder().encode(text);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-links-'));
  [dropbox, nextcloud] = await Promise.all([
    startDropboxEmulator({ webhookTimes: { coalesceMs: 100 } }),
    startNextcloudEmulator(),
  ]);
  n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      nextcloudCredential('dossierNextcld01', nextcloud),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: key } },
    ],
    workflows: [linking, onDropbox, onNextcloud],
    env: dropboxOverwrites(dropbox),
  });
  await n8n.activate(linking.id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await nextcloud?.close();
  await rm(folder, { recursive: true, force: true });
});

async function productionRuns(workflow: string) {
  return (await n8n.executions(workflow)).filter(({ mode }) => mode !== 'manual');
}

/** What left the last node of all runs of a workflow so far, oldest first. */
async function itemsOf(workflow: string): Promise<IDataObject[]> {
  const runs = (await productionRuns(workflow)).filter(({ status }) => status === 'success').reverse();
  const all = await Promise.all(runs.map(({ id }) => n8n.execution(id)));
  return all.flatMap(({ data }) => {
    const { resultData } = data as {
      resultData: { runData: Record<string, { data: { main: { json: IDataObject }[][] } }[]> };
    };
    return (resultData.runData['Say What Changed'] ?? []).flatMap((run) =>
      run.data.main.flat().map(({ json }) => json),
    );
  });
}

/** What *Fetch Test Event* in the editor shows. */
async function sampleOf(workflow: string, trigger: string): Promise<IDataObject[]> {
  const { data } = await n8n.runByHand(workflow, trigger);
  const { resultData } = data as {
    resultData: { runData: Record<string, { data: { main: { json: IDataObject }[][] } }[]> };
  };
  return (resultData.runData[trigger] ?? []).flatMap((run) => run.data.main.flat().map(({ json }) => json));
}

/** n8n offers nothing to wait on: it is asked until it has so many. */
async function untilItems(workflow: string, count: number, withinMs: number): Promise<IDataObject[]> {
  const until = Date.now() + withinMs;
  for (;;) {
    const items = await itemsOf(workflow);
    if (items.length >= count || Date.now() > until) return items;
    await delay(100);
  }
}

/** Walks go on after Dropbox has its answer: resolves when none has asked for anything for a while. */
async function untilQuiet(): Promise<void> {
  for (let seen = -1; seen !== dropbox.requests.total; await delay(2_500)) seen = dropbox.requests.total;
}

const told = (items: IDataObject[]) => items.map(({ event, path, version }) => [event, path, version]);

describe('the Dossier Dropbox Trigger', () => {
  it('gives a change of a linked folder within seconds, with its recorded statement', {
    timeout: 240_000,
  }, async () => {
    dropbox.files.seed([{ path: '/Photos/gate.jpg', size: 5000 }]);
    const linked = await n8n.webhook('link-folder', {
      body: JSON.stringify({ folder: '/Photos' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await linked.json()).toMatchObject([{ folder: '/Photos', files: 1, recorded: 1 }]);
    // Nobody has published anything: the editor's button shows a real sample, and takes nothing from what comes.
    expect(told(await sampleOf(onDropbox.id, 'Linked Folders'))).toEqual([['created', '/Photos/gate.jpg', 1]]);
    await n8n.activate(onDropbox.id);
    expect(await sampleOf(onDropbox.id, 'Linked Folders')).toHaveLength(1);
    // The emulator takes an address only if it echoes the challenge with the right headers.
    await dropbox.webhooks.register(`${n8n.url}/webhook/${webhookPath}`);
    await otherClient(dropbox).write('/Photos/gate.jpg', 'broken');
    const changed = Date.now();
    const [item, ...others] = await untilItems(onDropbox.id, 1, 60_000);
    console.log(`a change was an item after ${Date.now() - changed} ms`);
    expect(others).toEqual([]);
    const { dropboxContentHash } = digestsOf(bytes('broken'));
    expect(item).toMatchObject({
      event: 'changed',
      path: '/Photos/gate.jpg',
      name: 'gate.jpg',
      folder: '/Photos',
      version: 2,
      statement: 2,
      hashSource: 'provider',
      dropboxContentHash,
      asset: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sentence: 'changed: gate.jpg in /Photos, version 2, statement 2 of the ledger',
    });
  });

  it('comes to rest: what it records is in the same Dropbox, and calls for nothing', { timeout: 60_000 }, async () => {
    await untilQuiet();
    const before = dropbox.webhooks.deliveries.length;
    dropbox.webhooks.notify();
    await dropbox.webhooks.idle();
    await untilQuiet();
    expect(dropbox.webhooks.deliveries.slice(before).map(({ status }) => status)).toEqual([200]);
  });

  it('refuses what is not signed, and looks at nothing then', { timeout: 120_000 }, async () => {
    const body = JSON.stringify({ list_folder: { accounts: [dropbox.accountId] } });
    const signed = (secret: string, text = body) => createHmac('sha256', secret).update(text).digest('hex');
    const send = async (signature: string | undefined, text = body) =>
      (
        await n8n.webhook(webhookPath, {
          body: text,
          headers: {
            'content-type': 'application/json',
            ...(signature === undefined ? {} : { 'x-dropbox-signature': signature }),
          },
        })
      ).status;
    const genuine = signed(dropbox.appSecret);
    const forged = [
      undefined,
      '',
      'x',
      signed('guessed'),
      genuine.toUpperCase(),
      `${genuine}0`,
      genuine.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    ];
    await untilQuiet();
    // Once a minute the trigger looks by itself. After such a look nothing but a notice makes it look for the rest of
    // the minute.
    const rested = dropbox.requests.total;
    await expect.poll(() => dropbox.requests.total, { timeout: 75_000, interval: 200 }).toBeGreaterThan(rested);
    await untilQuiet();
    const before = dropbox.requests.total;
    for (const signature of forged) expect(await send(signature), String(signature)).toBe(403);
    expect(await send(genuine, `${body} `)).toBe(403);
    expect(await send(signed(dropbox.appSecret, '{}'), '{}')).toBe(400);
    await untilQuiet();
    expect(dropbox.requests.total).toBe(before);
    // Of another account that has allowed the same app.
    const stranger = JSON.stringify({ list_folder: { accounts: ['dbid:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'] } });
    expect(await send(signed(dropbox.appSecret, stranger), stranger)).toBe(200);
    expect(await productionRuns(onDropbox.id)).toHaveLength(1);
  });

  it('gives each change once, however often and however many at a time it is told', { timeout: 120_000 }, async () => {
    dropbox.webhooks.duplicate(5);
    const other = otherClient(dropbox);
    await Promise.all(['a', 'b', 'c'].map((name) => other.write(`/Photos/${name}.txt`, name)));
    await other.move('/Photos/gate.jpg', '/Photos/Old/gate.jpg');
    await untilItems(onDropbox.id, 5, 60_000);
    dropbox.webhooks.duplicate(1);
    dropbox.webhooks.notify();
    await dropbox.webhooks.idle();
    await untilQuiet();
    const items = (await itemsOf(onDropbox.id)).slice(1);
    expect(told(items).sort()).toEqual([
      ['created', '/Photos/a.txt', 1],
      ['created', '/Photos/b.txt', 1],
      ['created', '/Photos/c.txt', 1],
      ['moved', '/Photos/Old/gate.jpg', 2],
    ]);
    expect(new Set(items.map(({ statement }) => statement)).size).toBe(4);
  });
});

describe('without a notice', () => {
  it('both triggers find changes by themselves', { timeout: 240_000 }, async () => {
    const authorization = `Basic ${Buffer.from(`${nextcloud.user}:${nextcloud.password}`).toString('base64')}`;
    const onCloud = (method: string, path: string, body?: string) =>
      fetch(`${nextcloud.filesUrl}${path}`, {
        method,
        headers: { authorization },
        ...(body === undefined ? {} : { body }),
      });
    await onCloud('MKCOL', '/Evidence');
    await onCloud('PUT', '/Evidence/before.txt', 'there before');
    expect(told(await sampleOf(onNextcloud.id, 'Folder'))).toEqual([['created', '/Evidence/before.txt', 1]]);
    await n8n.activate(onNextcloud.id);
    expect(await itemsOf(onNextcloud.id)).toEqual([]);
    await onCloud('PUT', '/Evidence/note.txt', 'seen at dawn');
    dropbox.webhooks.unregister();
    await otherClient(dropbox).remove('/Photos/a.txt');
    expect(told((await untilItems(onDropbox.id, 6, 90_000)).slice(5))).toEqual([['deleted', '/Photos/a.txt', 1]]);
    const items = await untilItems(onNextcloud.id, 1, 90_000);
    expect(items).toMatchObject([
      {
        event: 'created',
        path: '/Evidence/note.txt',
        version: 1,
        hashSource: 'downloaded',
        ...digestsOf(bytes('seen at dawn')),
      },
    ]);
  });

  it('keep secrets out of the log', () => {
    for (const secret of [key, dropbox.token, dropbox.appSecret, nextcloud.password])
      expect(n8n.log()).not.toContain(secret);
  });
});
