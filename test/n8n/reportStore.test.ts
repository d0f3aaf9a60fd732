import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { createKey } from '../../shared/index.ts';
import { seededBytes } from '../support/seeded.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';

const id = (value: unknown) => ({ __rl: true, mode: 'id', value: String(value ?? '') });
const files = () =>
  dropbox.files
    .list()
    .filter(({ kind }) => kind === 'file')
    .map(({ display }) => display);
const photo = seededBytes(300_000, 'photo');

async function withPhoto() {
  return { items: [{ json: {}, binary: { photo: await host.store(photo, 'Gesicht.jpg', 'image/jpeg') } }] };
}

async function one(operation: string, parameters: object, options = {}): Promise<IDataObject> {
  const [item] = json(
    await run(
      'report',
      operation,
      { report: id(''), folder: path('/Reports'), attachments: '', ...parameters },
      options,
    ),
  );
  return item!;
}

const list = async (place: string) => json(await run('report', 'getMany', { place, returnAll: true }));

describe('reports in the connected folder', () => {
  it('go from draft to Outbox to Submitted, and stay readable to nobody else on the way', {
    timeout: 120_000,
  }, async () => {
    const draft = await one('saveDraft', { title: 'Zeugin Müller', description: 'am Tor' }, await withPhoto());
    expect(draft).toMatchObject({
      state: 'draft',
      place: 'drafts',
      title: 'Zeugin Müller',
      attachments: [{ name: 'Gesicht.jpg', mediaType: 'image/jpeg', size: photo.length }],
    });
    expect(await list('drafts')).toMatchObject([{ report: draft['report'] }]);

    for (const file of files()) {
      const content = await dropbox.files.read(file);
      for (const secret of ['Zeugin', 'Gesicht', 'am Tor'])
        expect(`${file} ${content.toString('latin1')}`).not.toContain(secret);
      expect(content.includes(Buffer.from(photo.subarray(1000, 1040)))).toBe(false);
    }

    expect(await one('submitLater', { report: id(draft['report']), title: '' })).toMatchObject({
      state: 'queued',
      place: 'outbox',
    });
    expect(await list('drafts')).toEqual([]);
    await expect(
      one('updateDraft', { report: id(draft['report']), changes: { title: 'other' } }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });

    const submitted = await one('submit', { report: id(draft['report']), title: '' });
    expect(submitted).toMatchObject({
      state: 'submitted',
      path: '/Reports/Zeugin Müller',
      files: [
        { name: 'description.txt', state: 'delivered' },
        { name: 'Gesicht.jpg', state: 'delivered', proof: { method: 'returned-hash' } },
      ],
    });
    expect(Buffer.compare(await dropbox.files.read('/Reports/Zeugin Müller/Gesicht.jpg'), photo)).toBe(0);
    expect(await list('submitted')).toMatchObject([{ report: draft['report'], path: '/Reports/Zeugin Müller' }]);
    expect(files().filter((file) => file.startsWith('/.dossier/vault/'))).toEqual([]);

    expect(await one('delete', { report: id(draft['report']) })).toEqual({ deleted: true, report: draft['report'] });
    expect(await list('')).toEqual([]);
    expect(files()).toContain('/Reports/Zeugin Müller/Gesicht.jpg');
  });

  it('keep their attachments when only the text of a draft changes, and take new ones in their place', {
    timeout: 120_000,
  }, async () => {
    const draft = await one('saveDraft', { title: 'A', description: 'am Tor' }, await withPhoto());
    expect(await one('updateDraft', { report: id(draft['report']), changes: { title: 'B' } })).toMatchObject({
      report: draft['report'],
      title: 'B',
      description: 'am Tor',
      attachments: [{ name: 'Gesicht.jpg' }],
    });
    const got = (await run('report', 'get', { report: id(draft['report']), options: { download: true } }))
      .outputs[0]![0]!;
    expect(Buffer.compare(await host.read(got.binary!['attachment_0']!), photo)).toBe(0);
    const other = { items: [{ json: {}, binary: { data: await host.store(Buffer.from('x'), 'x.txt') } }] };
    const change = (changes: object, options = {}) =>
      one('updateDraft', { report: id(draft['report']), changes }, options);
    expect(await change({ add: 'data' }, other)).toMatchObject({
      title: 'B',
      attachments: [{ name: 'Gesicht.jpg' }, { name: 'x.txt' }],
    });
    await expect(change({ remove: 'y.txt' })).rejects.toMatchObject({
      message: expect.stringContaining('It has: Gesicht.jpg, x.txt'),
    });
    await expect(change({ title: ' ' })).rejects.toMatchObject({ message: expect.stringContaining('needs a title') });
    expect(await change({ remove: 'Gesicht.jpg' })).toMatchObject({
      description: 'am Tor',
      attachments: [{ name: 'x.txt' }],
    });
    expect(files().filter((file) => file.startsWith('/.dossier/vault/'))).toHaveLength(1);
  });

  it('need a title, the key, and the same key', { timeout: 120_000 }, async () => {
    await expect(one('saveDraft', { title: ' ' }, await withPhoto())).rejects.toMatchObject({
      message: expect.stringContaining('needs a title'),
    });
    expect(files()).toEqual([]);
    const { dossierDropboxOAuth2Api } = credentials();
    await expect(one('saveDraft', { title: 'A' }, { credentials: { dossierDropboxOAuth2Api } })).rejects.toMatchObject({
      message: expect.stringContaining('(vault-locked)'),
    });
    await one('saveDraft', { title: 'A' });
    const { dossierKeyApi } = credentials();
    const otherKey = { ...credentials(), dossierKeyApi: { ...dossierKeyApi, data: { secretKey: createKey() } } };
    await expect(one('saveDraft', { title: 'B' }, { credentials: otherKey })).rejects.toMatchObject({
      message: expect.stringContaining('(vault-locked)'),
    });
  });

  it('leave by Outbox when they are stopped, and go on from the store', { timeout: 120_000 }, async () => {
    const video = {
      items: [{ json: {}, binary: { video: await host.store(seededBytes(9_000_000, 'video'), 'video.mp4') } }],
    };
    const draft = await one('saveDraft', { title: 'Stopped' }, video);
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const parameters = { report: id(draft['report']), folder: path('/Reports'), title: '', attachments: '' };
    const stopped = await run('report', 'submit', parameters, { connectedOutputs: [0, 1] });
    const [waiting] = json(stopped, 1);
    expect(waiting).toMatchObject({ state: 'interrupted', code: 'rate-limited', outbox: { stored: draft['report'] } });
    expect(await list('outbox')).toMatchObject([{ state: 'interrupted', mend: 'resume' }]);
    expect(await one('submit', { title: '' }, { items: [{ json: waiting! }] })).toMatchObject({
      state: 'submitted',
      report: draft['report'],
    });
  });
});

describe('a sign-in that may not read', () => {
  const deliver = ['account_info.read', 'files.metadata.read', 'files.content.write'];
  const lacking = { message: expect.stringContaining('permission files.content.read') };

  it('is told before the first byte where the report is to be recorded, and delivers without', {
    timeout: 120_000,
  }, async () => {
    const { accessToken, refreshToken } = dropbox.tokens.issue({ scopes: deliver });
    const signedIn = { credentials: credentials(accessToken, refreshToken) };
    await expect(one('submit', { title: 'Recorded' }, { ...(await withPhoto()), ...signedIn })).rejects.toMatchObject(
      lacking,
    );
    expect(files()).toEqual([]);
    const draft = await one('saveDraft', { title: 'Stored' }, await withPhoto());
    const before = files();
    for (const recordStored of [true, false])
      await expect(
        one('submit', { report: id(draft['report']), title: '', recordStored }, signedIn),
      ).rejects.toMatchObject(lacking);
    expect(files()).toEqual(before);
    await one('submit', { title: 'Delivered', record: false }, { ...(await withPhoto()), ...signedIn });
    expect(files()).toContain('/Reports/Delivered/dossier.json');
  });
});

describe('Key: Create', () => {
  it('makes a key that the credential takes', async () => {
    const [made] = json(await run('key', 'create', {}));
    expect(made!['dossierKey']).toMatch(/^dossier-key-1[a-z2-7]{58}$/);
  });
});

describe('reports that were submitted directly', () => {
  it('are listed under Submitted, once, and only where recording was chosen', { timeout: 120_000 }, async () => {
    const submitted = await one('submit', { title: 'Direct' }, { ...(await withPhoto()), executionId: '4' });
    await one('submit', { title: 'Direct' }, { ...(await withPhoto()), executionId: '4' });
    await one('submit', { title: 'Silent', record: false }, await withPhoto());
    expect(await list('submitted')).toMatchObject([
      { report: submitted['report'], title: 'Direct', path: '/Reports/Direct' },
    ]);
    expect(files()).not.toContain('/Reports/Silent/dossier.sigstore.json');
  });

  it('are in the Outbox, encrypted, when they left by it, and go on from there', { timeout: 120_000 }, async () => {
    const content = seededBytes(9_000_000, 'video');
    const video = { items: [{ json: {}, binary: { video: await host.store(content, 'Zeuge.mp4') } }] };
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const parameters = { title: 'Stopped', folder: path('/Reports'), description: '', attachments: '' };
    const stopped = await run('report', 'submit', parameters, { ...video, connectedOutputs: [0, 1] });
    const [waiting] = json(stopped, 1);
    expect(waiting).toMatchObject({ state: 'interrupted', mend: 'resume', outbox: { stored: waiting!['report'] } });
    expect(await list('outbox')).toMatchObject([{ report: waiting!['report'], state: 'interrupted' }]);
    expect(files().filter((file) => file.startsWith('/.dossier/vault/'))).toHaveLength(1);
    dropbox.faults.clear();
    const again = await one('submit', {}, { items: [{ json: waiting! }] });
    expect(again).toMatchObject({ state: 'submitted', report: waiting!['report'], path: '/Reports/Stopped' });
    expect(Buffer.compare(await dropbox.files.read('/Reports/Stopped/Zeuge.mp4'), content)).toBe(0);
    expect(await list('outbox')).toEqual([]);
    expect(await list('submitted')).toMatchObject([{ report: waiting!['report'] }]);
    expect(files().filter((file) => file.startsWith('/.dossier/vault/'))).toEqual([]);
  });

  it('name no receipt when they go on from the store without being recorded', { timeout: 120_000 }, async () => {
    const video = {
      items: [{ json: {}, binary: { video: await host.store(seededBytes(9_000_000, 'video'), 'Zeuge.mp4') } }],
    };
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const parameters = { title: 'Unrecorded', folder: path('/Reports'), description: '', attachments: '' };
    const [waiting] = json(await run('report', 'submit', parameters, { ...video, connectedOutputs: [0, 1] }), 1);
    dropbox.faults.clear();
    await one('submit', { report: id(waiting!['report']), title: '', recordStored: false });
    expect(files()).not.toContain('/Reports/Unrecorded/dossier.sigstore.json');
    expect(await one('verify', { path: path('/Reports/Unrecorded') })).toMatchObject({ holds: true, differences: [] });
  });

  it('say under New Report that an item comes from an Outbox, and under From Outbox Item that one does not', async () => {
    const outbox = { schema: 1, stored: '01m7z23b93q7sj0dm98b4vxc6h' };
    await expect(one('submit', { title: 'A', what: 'new' }, { items: [{ json: { outbox } }] })).rejects.toMatchObject({
      message: expect.stringContaining('choose From Outbox Item'),
    });
    await expect(one('submit', { what: 'outbox' })).rejects.toMatchObject({
      message: expect.stringContaining('did not leave Submit by Outbox'),
    });
  });
});
