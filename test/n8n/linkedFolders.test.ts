import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { Dossier } from '../../nodes/Dossier/Dossier.node.ts';
import { digestsOf } from '../../shared/testing.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';
import { otherClient } from './otherClient.ts';

const provenance = async (operation: string, parameters: INodeParameters = {}): Promise<IDataObject[]> =>
  json(await run('provenance', operation, parameters));
const link = async (folder: string, more: INodeParameters = {}) =>
  (await provenance('linkFolder', { folder: path(folder), hashPolicy: '', privacy: 'public', ...more }))[0]!;
const record = (folder = '', options: INodeParameters = {}) =>
  provenance('recordChanges', { link: path(folder), options });
const assets = (more: INodeParameters = {}) =>
  provenance('getManyAssets', { link: path(''), returnAll: true, ...more });
const told = (items: IDataObject[]) => items.map(({ event, path, version }) => [event, path, version]);
const note = (text: string) => new TextEncoder().encode(text);

describe('linked folders', () => {
  it('are scanned, and tell what changed in them and nowhere else', { timeout: 120_000 }, async () => {
    dropbox.files.seed([
      { path: '/Photos/a.jpg', size: 500 },
      { path: '/Photos/Deep/b.jpg', size: 600 },
      { path: '/Other/c.jpg', size: 700 },
    ]);
    const linked = await link('/Photos');
    expect(linked).toMatchObject({
      folder: '/Photos',
      hashPolicy: 'provider',
      privacy: 'public',
      files: 2,
      recorded: 2,
    });
    expect(await record()).toEqual([]);

    const other = otherClient(dropbox);
    await other.write('/Photos/a.jpg', 'new bytes');
    await other.write('/Photos/New/d.txt', 'a new subfolder');
    await other.write('/Other/e.txt', 'not linked');
    await other.move('/Photos/Deep/b.jpg', '/Photos/b.jpg');
    const changes = await record('/Photos');
    expect(told(changes).sort()).toEqual([
      ['Move', '/Photos/b.jpg', 1],
      ['Publish', '/Photos/a.jpg', 2],
      ['Register', '/Photos/New/d.txt', 1],
    ]);
    const { dropboxContentHash } = digestsOf(note('new bytes'));
    expect(changes.find(({ event }) => event === 'Publish')).toMatchObject({
      name: 'a.jpg',
      folder: '/Photos',
      link: linked['link'],
      size: 9,
      hashSource: 'provider',
      digests: { dropboxContentHash },
    });
    expect(await record()).toEqual([]);
  });

  it('give their assets, and the history of one under all its names', { timeout: 120_000 }, async () => {
    const other = otherClient(dropbox);
    await other.write('/Photos/one.txt', 'first');
    await other.write('/Photos/two.txt', 'second');
    await link('/Photos', { hashPolicy: 'download' });
    const [one] = await assets({ returnAll: false, limit: 1 });
    expect(one).toMatchObject({
      path: '/Photos/one.txt',
      name: 'one.txt',
      version: 1,
      hashSource: 'downloaded',
      digests: digestsOf(note('first')),
    });
    await other.move('/Photos/one.txt', '/Photos/renamed.txt');
    await record();
    await other.write('/Photos/renamed.txt', 'first, again');
    await record();
    await other.remove('/Photos/renamed.txt');
    await record();
    expect((await assets()).map(({ name }) => name)).toEqual(['two.txt']);
    const [asset] = await provenance('getAsset', { asset: one!['asset'] as string });
    expect(asset).toMatchObject({ asset: one!['asset'], version: 2, path: '/Photos/renamed.txt', deleted: true });
    expect(told(asset!['history'] as IDataObject[])).toEqual([
      ['Register', '/Photos/one.txt', 1],
      ['Rename', '/Photos/renamed.txt', 1],
      ['Publish', '/Photos/renamed.txt', 2],
      ['Delete', '/Photos/renamed.txt', 2],
    ]);
    await expect(provenance('getAsset', { asset: 'one.txt' })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
  });

  it('are read afterwards where that is wanted, and warn of what can be guessed', { timeout: 120_000 }, async () => {
    await otherClient(dropbox).write('/Forms/yes.txt', 'yes');
    dropbox.files.seed([{ path: '/Forms/scan.pdf', size: 2_000_000 }]);
    const result = await run('provenance', 'linkFolder', {
      folder: path('/Forms'),
      hashPolicy: 'providerThenDownload',
      privacy: 'public',
    });
    expect(json(result)).toMatchObject([
      { hashPolicy: 'providerThenDownload', recorded: 2, attested: 2, guessable: 1 },
    ]);
    expect(result.hints[0]!.message).toContain('such as "yes.txt"');
    const yes = (await assets()).find(({ name }) => name === 'yes.txt')!;
    expect(yes).toMatchObject({ version: 1, digests: digestsOf(note('yes')) });
    const [asset] = await provenance('getAsset', { asset: yes['asset'] as string });
    expect((asset!['history'] as IDataObject[]).map(({ event, hashSource }) => [event, hashSource])).toEqual([
      ['Register', 'provider'],
      ['Attest', 'downloaded'],
    ]);
    expect((await link('/Forms', { privacy: 'private' }))['guessable']).toBe(0);
  });

  it('are unlinked and continued: what changed in between is found', { timeout: 120_000 }, async () => {
    const other = otherClient(dropbox);
    await other.write('/Photos/a.txt', 'a');
    const { link: id } = await link('/Photos');
    expect(await provenance('getLinkedFolders')).toMatchObject([{ link: id, folder: '/Photos', linked: true }]);
    expect(await provenance('unlinkFolder', { link: path('/Photos') })).toMatchObject([{ link: id, unlinked: true }]);
    expect(await provenance('getLinkedFolders')).toEqual([]);
    expect(await provenance('getLinkedFolders', { options: { all: true } })).toMatchObject([
      { link: id, linked: false, unlinkedAt: expect.stringMatching(/Z$/) },
    ]);
    await other.write('/Photos/a.txt', 'changed while nobody looked');
    expect(await record()).toEqual([]);
    await expect(record('/Photos')).rejects.toMatchObject({ message: expect.stringContaining('(not-found)') });
    expect(await link('/Photos')).toMatchObject({ link: id, recorded: 1 });
    await expect(link('/')).rejects.toMatchObject({ message: expect.stringContaining('(already-exists)') });
  });

  it('end together, and the sign-in with them if that is wanted', { timeout: 120_000 }, async () => {
    dropbox.files.seed([
      { path: '/A/a.txt', size: 5 },
      { path: '/B/b.txt', size: 6 },
    ]);
    await link('/A');
    await link('/B');
    const found = await host.search('searchLinks', '/b', {
      node: new Dossier(),
      parameters: { resource: 'provenance', operation: 'recordChanges', connection: 'dropboxOAuth2', options: {} },
      credentials: credentials(),
    });
    expect(found.results).toMatchObject([{ name: '/B' }]);
    expect(await provenance('disconnect', { revoke: false })).toEqual([
      { disconnected: true, unlinked: expect.arrayContaining(['/A', '/B']), revoked: false },
    ]);
    expect(await provenance('getLinkedFolders')).toEqual([]);
    expect(await provenance('disconnect', { revoke: true })).toEqual([
      { disconnected: true, unlinked: [], revoked: true },
    ]);
    await expect(provenance('getLinkedFolders')).rejects.toMatchObject({
      message: expect.stringContaining('(unauthorized)'),
    });
  });
});

describe('Verify', () => {
  it('answers in fields that a workflow branches on, by binary, by hash and by path', {
    timeout: 120_000,
  }, async () => {
    const other = otherClient(dropbox);
    await other.write('/Photos/one.txt', 'first');
    await link('/Photos', { hashPolicy: 'download' });
    const binary = { data: await host.store(Buffer.from('first'), 'x.txt') };
    const ask = async (parameters: INodeParameters) =>
      json(
        await run('provenance', 'verify', { binaryField: 'data', ...parameters }, { items: [{ json: {}, binary }] }),
      )[0]!;
    const known = {
      known: true,
      current: true,
      changed: false,
      path: '/Photos/one.txt',
      recordedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      summary: expect.stringContaining('"/Photos/one.txt" is known as version 1'),
    };
    expect(await ask({ subject: 'binary' })).toEqual({ ...known, answer: 'known', digests: digestsOf(note('first')) });
    expect(await ask({ subject: 'path', path: path('/Photos/one.txt') })).toMatchObject(known);
    expect(await ask({ subject: 'hash', hash: digestsOf(note('first')).sha256 })).toMatchObject(known);
    expect(await ask({ subject: 'binary', simplify: false })).toMatchObject({ ...known, versions: [{ version: 1 }] });

    await other.write('/Photos/one.txt', 'second');
    expect(await ask({ subject: 'path', path: path('/Photos/one.txt') })).toMatchObject({
      known: false,
      changed: true,
      answer: 'changed',
      summary: expect.stringContaining('was changed'),
    });
    await record();
    expect(await ask({ subject: 'binary' })).toMatchObject({
      known: true,
      current: false,
      summary: expect.stringContaining('there is a newer one'),
    });
    await other.write('/Elsewhere.txt', 'third');
    expect(await ask({ subject: 'path', path: path('/Elsewhere.txt') })).toMatchObject({
      known: false,
      changed: false,
      summary: expect.stringContaining('is unknown'),
    });
  });
});
