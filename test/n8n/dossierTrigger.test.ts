import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IDataObject, INodeExecutionData, INodeParameters, IPollFunctions } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { changeFields } from '../../nodes/DossierTrigger/change.ts';
import { DossierTrigger } from '../../nodes/DossierTrigger/DossierTrigger.node.ts';
import { watchfully } from '../../nodes/DossierTrigger/health.ts';
import { namePatterns } from '../../nodes/DossierTrigger/namePatterns.ts';
import { itemsOfChanges } from '../../nodes/DossierTrigger/unrecorded.ts';
import { type Change, DossierError, parsePath } from '../../shared/index.ts';
import { credentials, dropbox, host, path, run } from './dropboxNode.ts';
import type { NodeTrigger } from './nodeHost.ts';
import { otherClient } from './otherClient.ts';
import { mismatches, triggerSchema } from './outputSchema.ts';

const told = (items: INodeExecutionData[]) =>
  items.map(({ json: { event, path, previousPath } }) => [event, path, previousPath]);
const trigger = (
  parameters: INodeParameters = {},
  { staticData = {}, key = false }: { staticData?: IDataObject; key?: boolean } = {},
): NodeTrigger => {
  const { dossierDropboxOAuth2Api, dossierKeyApi } = credentials();
  return host.trigger({
    node: new DossierTrigger(),
    parameters: {
      connection: 'dropboxOAuth2',
      listen: 'webhook',
      record: false,
      watch: 'folder',
      folder: path('/Photos'),
      events: [],
      hashPolicy: '',
      privacy: 'public',
      options: {},
      ...parameters,
    },
    credentials: key ? { dossierDropboxOAuth2Api, dossierKeyApi } : { dossierDropboxOAuth2Api },
    staticData,
  });
};
const notice = () => {
  const body = new TextEncoder().encode(JSON.stringify({ list_folder: { accounts: [dropbox.accountId] } }));
  const signature = createHmac('sha256', dropbox.appSecret).update(body).digest('hex');
  return { name: 'default' as const, body, headers: { 'x-dropbox-signature': signature } };
};
const fits = (items: INodeExecutionData[]) =>
  expect(items.flatMap(({ json }) => mismatches(triggerSchema('DossierTrigger'), json))).toEqual([]);

it('has the schema that its items are made by', () => {
  const properties = Object.fromEntries(Object.entries(changeFields).map(([name, type]) => [name, { type }]));
  expect(triggerSchema('DossierTrigger')).toEqual({ type: 'object', properties, version: 1 });
  for (const former of ['DossierDropboxTrigger', 'DossierFolderTrigger'] as const)
    expect(triggerSchema(former).properties).toMatchObject(properties);
});

it('is shown beside the node, and its former names are not', () => {
  const { n8n } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    n8n: { nodes: string[] };
  };
  expect(n8n.nodes.filter((file) => file.includes('Trigger'))).toHaveLength(3);
  expect(new DossierTrigger().description).toMatchObject({ name: 'dossierTrigger' });
  expect(new DossierTrigger().description.hidden).toBeUndefined();
});

describe('without the ledger and without a key', () => {
  it('gives each change once after a notice, however many come, to one execution', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const watching = trigger();
    expect(await watching.create()).toBe(true);
    expect(await watching.poll()).toEqual([]);
    await otherClient(dropbox).write('/Photos/b.txt', 'b');
    await otherClient(dropbox).write('/Elsewhere/c.txt', 'c');
    await otherClient(dropbox).remove('/Photos/a.jpg');
    const answers = await Promise.all(Array.from({ length: 3 }, () => watching.webhook(notice())));
    const items = answers.flatMap((answer) => answer.items);
    expect(told(items).sort()).toEqual([
      ['changed', '/Photos/b.txt', undefined],
      ['deleted', '/Photos/a.jpg', undefined],
    ]);
    fits(items);
    // Another process: it agrees with the first by what lies on the drive.
    expect(await trigger().poll()).toEqual([]);
    expect(await watching.execute(items, { id: 'one', mode: 'webhook' })).toEqual(items);
    expect(await watching.execute(items, { id: 'two', mode: 'webhook' })).toEqual([]);
    expect(await watching.execute(items, { id: 'two', mode: 'retry' })).toEqual(items);
  });

  it('shows files of the folder as a sample, by itself, with the fields of production', {
    timeout: 120_000,
  }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const watching = trigger();
    const sample = await watching.execute([{ json: {} }], { mode: 'manual' });
    expect(told(sample)).toEqual([['changed', '/Photos/a.jpg', undefined]]);
    await watching.poll();
    await otherClient(dropbox).write('/Photos/b.txt', 'b');
    const [real] = (await watching.webhook(notice())).items;
    expect(Object.keys(sample[0]!.json).sort()).toEqual(Object.keys(real!.json).sort());
    fits(sample);
  });

  it('gives what is asked for alone: kinds, names, subfolders', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/old.jpg', size: 500 }]);
    const pictures = trigger({ listen: 'poll', events: ['changed'], options: { names: '*.JPG, note-?.txt' } });
    const flat = trigger({ listen: 'poll', options: { subfolders: false } });
    await pictures.poll();
    await flat.poll();
    const other = otherClient(dropbox);
    for (const name of ['new.jpg', 'note-1.txt', 'note-12.txt', 'Deep/in.jpg'])
      await other.write(`/Photos/${name}`, name);
    await other.remove('/Photos/old.jpg');
    expect(
      told(await pictures.poll())
        .map(([, at]) => at)
        .sort(),
    ).toEqual(['/Photos/Deep/in.jpg', '/Photos/new.jpg', '/Photos/note-1.txt']);
    expect(
      told(await flat.poll())
        .map(([, at]) => at)
        .sort(),
    ).toEqual(['/Photos/new.jpg', '/Photos/note-1.txt', '/Photos/note-12.txt', '/Photos/old.jpg']);
  });

  it('gives an address with each item on request', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const [item] = await trigger({ options: { links: true } }).poll('manual');
    expect(item!.json['url']).toMatch(/^https?:/);
  });
});

describe('with the ledger', () => {
  const recording = { record: true } as const;

  it('says where a file was before, and gives sample and production the same fields', {
    timeout: 120_000,
  }, async () => {
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    const watching = trigger(recording, { key: true });
    const unlinked = await watching.poll('manual');
    expect(unlinked).toMatchObject([{ json: { event: 'created', path: '/Photos/a.jpg', statement: 0, version: 1 } }]);
    expect(await watching.poll()).toEqual([]);
    await otherClient(dropbox).write('/Photos/b.txt', 'b');
    const [created] = (await watching.webhook(notice())).items;
    expect(created!.json).toMatchObject({
      event: 'created',
      path: '/Photos/b.txt',
      folder: '/Photos',
      size: 1,
      version: 1,
      statement: 2,
      change: '1.0',
    });
    const [again] = (await watching.poll('manual')).slice(-1);
    expect(Object.keys(again!.json).sort()).toEqual(Object.keys(created!.json).sort());
    await otherClient(dropbox).move('/Photos/b.txt', '/Photos/Old/b.txt');
    const moved = (await watching.webhook(notice())).items;
    expect(told(moved)).toEqual([['moved', '/Photos/Old/b.txt', '/Photos/b.txt']]);
    fits([...unlinked, created!, ...moved]);
  });

  it('refuses to be published for all linked folders where none is, and says so by hand', {
    timeout: 120_000,
  }, async () => {
    const watching = trigger({ ...recording, watch: 'linked' }, { key: true });
    const refused = { message: expect.stringContaining('No folder is linked') };
    await expect(watching.create()).rejects.toMatchObject(refused);
    await expect(watching.poll()).rejects.toMatchObject(refused);
    await expect(watching.poll('manual')).rejects.toMatchObject(refused);
    dropbox.files.seed([{ path: '/Photos/a.jpg', size: 500 }]);
    await run('provenance', 'linkFolder', { folder: path('/Photos'), hashPolicy: '', privacy: 'public' });
    expect(await watching.create()).toBe(true);
    expect(await watching.poll('manual')).toHaveLength(1);
  });
});

it('refuses to be published for a folder that is not there', async () => {
  await expect(trigger().create()).rejects.toMatchObject({ message: expect.stringContaining('/Photos') });
});

it('starts the workflow with a warning when nothing could be asked for so many hours', async () => {
  const data: IDataObject = {};
  const context = {
    getWorkflow: () => ({ id: 'w' }),
    getNode: () => ({ id: 'silent' }),
    getWorkflowStaticData: () => data,
  } as unknown as IPollFunctions;
  const hour = 3_600_000;
  let now = 1_000_000_000_000;
  const fails = () => Promise.reject(new DossierError('offline', 'The server does not answer'));
  const look = (how: () => Promise<IDataObject[]>) => watchfully(context, { silentHours: 24 }, how, () => now);
  await expect(look(fails)).rejects.toMatchObject({ code: 'offline' });
  now += 23 * hour;
  await expect(look(fails)).rejects.toMatchObject({ code: 'offline' });
  now += hour;
  expect(await look(fails)).toEqual([
    {
      event: 'unreachable',
      since: '2001-09-09T01:46:40.000Z',
      reason: expect.stringContaining('The server does not answer') as string,
      code: 'offline',
    },
  ]);
  now += hour;
  await expect(look(fails)).rejects.toMatchObject({ code: 'offline' });
  now += 23 * hour;
  expect(await look(fails)).toHaveLength(1);
  expect(await look(async () => [])).toEqual([]);
  now += 23 * hour;
  await expect(look(fails)).rejects.toMatchObject({ code: 'offline' });
});

it('takes what is gone at one place and there at another by its id for moved', () => {
  const entry = (at: string, id: string) => ({
    type: 'file',
    path: parsePath(at),
    name: at.split('/').at(-1),
    id,
    size: 1,
    modified: 0,
    revision: 'r',
  });
  const changes = [
    { type: 'gone', path: parsePath('/P/a.txt'), id: '7' },
    { type: 'present', entry: entry('/P/b.txt', '7') },
    { type: 'gone', path: parsePath('/P/c.txt'), id: '8' },
    { type: 'present', entry: entry('/P/.dossier/state/x', '9') },
  ] as unknown as Change[];
  expect(itemsOfChanges(changes, parsePath('/P'))).toMatchObject([
    { event: 'moved', path: '/P/b.txt', previousPath: '/P/a.txt' },
    { event: 'deleted', path: '/P/c.txt' },
  ]);
});

it.each([
  ['*.jpg', '/P/A.JPG', true],
  ['*.jpg', '/P/a.jpg.txt', false],
  ['a?c', '/P/abc', true],
  ['a?c', '/P/ac', false],
  ['/P/*/c*', '/p/x/y/cd', true],
  ['report-*', '/P/report-1', true],
  ['*a*a*a*a*b', `/P/${'a'.repeat(60)}`, false],
  ['(a+)+$', '/P/aaa', false],
])('compares %s with %s', (pattern, at, expected) => {
  expect(namePatterns(pattern).some((matches) => matches(at))).toBe(expected);
});
