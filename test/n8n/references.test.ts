import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DossierKeyApi } from '../../credentials/DossierKeyApi.credentials.ts';
import { DossierWebdavApi } from '../../credentials/DossierWebdavApi.credentials.ts';
import { Dossier } from '../../nodes/Dossier/Dossier.node.ts';
import { createKey } from '../../shared/index.ts';
import { type HostileWebdav, startHostileWebdav } from '../emulators/webdav/index.ts';
import { createNodeHost, type NodeHost } from './nodeHost.ts';

/** A plain WebDAV server with files in it, and n8n's own execution context. */
let host: NodeHost;
let server: HostileWebdav;

beforeAll(async () => {
  host = await createNodeHost();
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await startHostileWebdav();
});
afterEach(() => server.close());

const locator = (mode: 'path' | 'id', value: string) => ({ __rl: true, mode, value });
const empty = { mode: 'path', value: '' };

async function run(resource: string, operation: string, parameters: INodeParameters, json: IDataObject = {}) {
  const { url, user, password } = server;
  const binary = { data: await host.store(Buffer.from('x'), 'x.txt') };
  return host.run({
    node: new Dossier(),
    parameters: { resource, operation, connection: 'webdav', options: {}, ...parameters },
    credentials: {
      dossierWebdavApi: { type: new DossierWebdavApi(), data: { url, user, password } },
      dossierKeyApi: { type: new DossierKeyApi(), data: { secretKey: createKey() } },
    },
    items: [{ json, binary }],
  });
}

/** What the server holds, by its own listing. */
async function held(): Promise<string[]> {
  const { outputs } = await run('folder', 'list', { path: empty, returnAll: true, options: { recursive: true } });
  return outputs[0]!.map(({ json }) => String(json['path'])).sort();
}

const changes = () =>
  server.requests.filter(({ method }) => ['DELETE', 'MOVE', 'COPY', 'PUT', 'MKCOL', 'LOCK'].includes(method));

/** Every way to say something that names nothing on a server without ids, or the whole of it. */
const stray: Readonly<Record<string, { readonly path: INodeParameters[string]; readonly json?: IDataObject }>> = {
  'an id': { path: locator('id', 'whatever') },
  'an id like the path of a folder': { path: locator('id', '/target') },
  'an expression that gives an id': {
    path: locator('path', '={{ $json.id }}'),
    json: { id: 'id:a4ayc_80_OEAAAAAAAAAXw' },
  },
  'an expression that gives nothing': { path: locator('path', '={{ $json.missing }}') },
  'an expression that gives null': { path: locator('path', '={{ $json.folder }}'), json: { folder: null } },
  'an expression that gives an empty text': { path: locator('path', '={{ $json.folder }}'), json: { folder: ' ' } },
  'a whole locator that gives nothing': { path: '={{ $json.missing }}' },
  'an empty id': { path: locator('id', '') },
  'the root': { path: locator('path', '/') },
};

describe.each(Object.entries(stray))('%s', (_, { path, json }) => {
  it.each([
    ['folder', 'delete', {}],
    ['file', 'delete', {}],
    ['file', 'move', { folder: empty, name: 'moved' }],
    ['file', 'copy', { folder: empty, name: 'copied' }],
    ['file', 'download', { field: 'data' }],
  ])('is refused by %s: %s, and everything stays', async (resource, operation, parameters) => {
    const before = await held();
    await expect(run(resource, operation, { path, ...parameters } as INodeParameters, json)).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    expect(await held()).toEqual(before);
    expect(changes()).toEqual([]);
  });
});

const unresolved = Object.entries(stray).filter(([name]) => !['an empty id', 'the root'].includes(name));

describe.each(unresolved)('as a destination, %s', (_, { path, json }) => {
  it.each([
    ['folder', 'create', { path, name: 'stray' }],
    ['folder', 'list', { path, returnAll: true }],
    ['file', 'upload', { folder: path, fields: '' }],
    ['file', 'move', { path: locator('path', '/target/plain.txt'), folder: path, name: 'stray' }],
    ['report', 'submit', { report: empty, title: 'Stray', description: '', attachments: '', folder: path }],
    ['provenance', 'linkFolder', { folder: path, hashPolicy: 'download', privacy: 'private' }],
  ])('is refused by %s: %s instead of the connected folder', async (resource, operation, parameters) => {
    await expect(run(resource, operation, parameters as INodeParameters, json)).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    expect(changes()).toEqual([]);
  });
});

describe('an expression that gives nothing', () => {
  const nothing = '={{ $json.missing }}';

  it.each([
    ['report', 'submit', { what: 'stored', report: locator('id', nothing), folder: empty }],
    [
      'report',
      'submit',
      { title: 'T', description: '', attachments: '', folder: empty, options: { reportKey: nothing } },
    ],
    ['report', 'updateDraft', { report: locator('id', nothing), changes: {} }],
    ['provenance', 'verify', { subject: 'hash', hash: nothing }],
    ['provenance', 'unlinkFolder', { link: locator('path', nothing) }],
  ])('is refused by %s: %s where empty would mean all, or a new one', async (resource, operation, parameters) => {
    await expect(run(resource, operation, parameters as INodeParameters)).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    expect(changes()).toEqual([]);
  });
});

it('a field that was left empty, and an expression that gives a path, mean what they meant before', async () => {
  const folder = locator('path', '={{ $json.folder }}');
  await run('file', 'upload', { folder, fields: '' }, { folder: '/other' });
  await run('file', 'upload', { folder: empty, fields: '' });
  expect(await held()).toEqual(expect.arrayContaining(['/other/x.txt', '/x.txt']));
  await run('folder', 'delete', { path: folder }, { folder: '/other' });
  expect(await held()).not.toContain('/other');
});
