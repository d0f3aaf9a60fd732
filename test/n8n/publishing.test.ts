import type { IDataObject } from 'n8n-workflow';
import { afterEach, describe, expect, it } from 'vitest';
import { createKey, ensureFolder, joinPath, nameOf, parentOf, parsePath, readBytes } from '../../shared/index.ts';
import { digestsOf } from '../../shared/testing.ts';
import { openDropbox } from '../support/dropbox.ts';
import { seededBytes } from '../support/seeded.ts';
import { type StaticServer, serveFiles } from '../support/staticServer.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';

/** The published folder as a web server shows it: it knows nothing but the files in the Dropbox folder. */
async function served(): Promise<StaticServer> {
  const drive = openDropbox(dropbox);
  const open = await serveFiles(async (file) => {
    const at = joinPath(parsePath('/Public'), ...file.split('/'));
    const there = await drive.stat({ path: at });
    return there?.type === 'file' ? readBytes(drive.read(there), 2 ** 22) : undefined;
  });
  servers.push(open);
  return open;
}
const servers: StaticServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const photo = seededBytes(3_000, 'published photo');

/** Writes a file as its owner does, replacing what is there. */
async function put(file: string, bytes: Uint8Array): Promise<void> {
  const drive = openDropbox(dropbox);
  const at = parsePath(file);
  const there = await drive.stat({ path: at });
  const folder = await ensureFolder(drive, parentOf(at));
  const replace = there?.type === 'file' ? { replace: there.revision } : {};
  await drive.upload({ folder, name: nameOf(at), ...replace }, bytes, digestsOf(bytes));
}

async function verifyAt(address: string, bytes: Uint8Array, given: IDataObject = {}, staticData: IDataObject = {}) {
  const items = [{ json: {}, binary: { data: await host.store(bytes, 'called otherwise.bin') } }];
  const parameters = {
    subject: 'binary',
    binaryField: 'data',
    hash: '',
    address,
    fingerprint: '',
    asset: '',
    timestampCertificates: '',
  };
  const options = { items, staticData, credentials: {} };
  return json(await run('provenance', 'verifyPublished', { ...parameters, ...given } as never, options))[0]!;
}

async function linkAndPublish(automatic = true): Promise<{ link: string; address: string; published: IDataObject }> {
  await put('/Photos/gate.jpg', photo);
  await run('provenance', 'linkFolder', { folder: path('/Photos'), hashPolicy: '', privacy: 'public' });
  const { url } = await served();
  const parameters = { folder: path('/Public'), address: url, automatic };
  const [published] = json(await run('provenance', 'publish', parameters));
  return { link: String(published!['verificationLink']), address: url, published: published! };
}

describe('Provenance: Publish, and Verify Against Address', () => {
  it('answers whoever has the address and a file, without a key and without a connection', {
    timeout: 180_000,
  }, async () => {
    const { link, address, published } = await linkAndPublish();
    expect(published).toMatchObject({ changed: true, repaired: false, folder: '/Public', address });
    expect(link).toContain(`verify.html#key=${String(published['fingerprint'])}`);
    const known = { answer: 'known', versions: [{ version: 1, newestVersion: 1, standing: 'newest', holds: true }] };
    expect(await verifyAt(link, photo)).toMatchObject({ ...known, ledger: { compared: true } });
    expect(await verifyAt(address, photo)).toMatchObject({ ...known, ledger: { compared: false } });
    expect(await verifyAt(link, seededBytes(3_000, 'another'))).toMatchObject({ answer: 'unknown' });
    await expect(verifyAt(address, photo, { fingerprint: 'ab'.repeat(32) })).rejects.toThrow(/fingerprint/);
    await expect(verifyAt(`${address}nowhere/`, photo)).rejects.toThrow(/no published ledger/);
  });

  it('publishes by itself what is recorded later, and a report only where that was asked for', {
    timeout: 180_000,
  }, async () => {
    const { link } = await linkAndPublish();
    await put('/Photos/gate.jpg', seededBytes(3_000, 'second version'));
    await run('provenance', 'recordChanges', { link: { __rl: true, mode: 'list', value: '' } });
    expect(await verifyAt(link, photo)).toMatchObject({ versions: [{ standing: 'superseded', newestVersion: 2 }] });
    for (const privacy of ['private', 'public']) {
      const attached = seededBytes(2_000, `report ${privacy}`);
      const items = [{ json: {}, binary: { photo: await host.store(attached, 'x.jpg', 'image/jpeg') } }];
      const report = {
        title: privacy,
        description: 'x',
        attachments: '',
        folder: path('/Reports'),
        options: { privacy },
      };
      await run('report', 'submit', { what: 'new', ...report }, { items });
      expect(await verifyAt(link, attached)).toMatchObject({ answer: privacy === 'public' ? 'known' : 'unknown' });
    }
  });

  it('does not take an older state than the workflow saw before', { timeout: 180_000 }, async () => {
    const { link } = await linkAndPublish();
    const staticData = {};
    const before = await readAll();
    await put('/Photos/second.jpg', seededBytes(100, 'second file'));
    await run('provenance', 'recordChanges', { link: { __rl: true, mode: 'list', value: '' } });
    expect(await verifyAt(link, photo, {}, staticData)).toMatchObject({ answer: 'known' });
    const replayed = await serveFiles((file) => before.get(file));
    servers.push(replayed);
    const stale = link.replace(/^http:\/\/[^/]+\//, replayed.url);
    await expect(verifyAt(stale, photo, {}, staticData)).rejects.toThrow(/older state/i);
    expect(await verifyAt(stale, photo)).toMatchObject({ answer: 'known' });
  });

  it('Audit finds nothing in what is whole, and names a published file that was changed', {
    timeout: 180_000,
  }, async () => {
    await linkAndPublish();
    const audit = async () => json(await run('provenance', 'audit', {}))[0]!;
    expect(await audit()).toMatchObject({ whole: true, published: 1, findings: [] });
    await put('/Public/checkpoint', new Uint8Array([65]));
    expect(await audit()).toMatchObject({ whole: false, findings: [expect.stringContaining('/Public')] });
  });

  it('Change Key: the next key signs, the former one adds nothing, and old and new fingerprint both lead on', {
    timeout: 180_000,
  }, async () => {
    const { link, address } = await linkAndPublish();
    const nextKey = createKey();
    const [changed] = json(await run('provenance', 'changeKey', { nextKey }));
    const former = String(changed!['formerFingerprints'] && (changed!['formerFingerprints'] as string[])[0]);
    expect(link).toContain(former);
    const present = credentials();
    const data = { ...present.dossierKeyApi.data, ledgerSecretKey: nextKey };
    const renewed = { ...present, dossierKeyApi: { ...present.dossierKeyApi, data } };
    await put('/Photos/after.jpg', seededBytes(100, 'after the change'));
    const parameters = { link: { __rl: true, mode: 'list', value: '' } };
    await expect(run('provenance', 'recordChanges', parameters)).rejects.toThrow(/vault-locked/);
    await run('provenance', 'recordChanges', parameters, { credentials: renewed });
    const current = String(changed!['fingerprint']);
    for (const fingerprint of [former, current])
      for (const bytes of [photo, seededBytes(100, 'after the change')])
        expect(await verifyAt(address, bytes, { fingerprint })).toMatchObject({
          answer: 'known',
          ledger: { fingerprint: current },
        });
    expect(json(await run('provenance', 'audit', {}, { credentials: renewed }))[0]).toMatchObject({ whole: true });
  });
});

async function readAll(): Promise<Map<string, Uint8Array>> {
  const drive = openDropbox(dropbox);
  const files = new Map<string, Uint8Array>();
  for await (const page of drive.list({ path: parsePath('/Public') }, { recursive: true }))
    for (const entry of page)
      if (entry.type === 'file') {
        files.set(entry.path.slice('/Public/'.length), await readBytes(drive.read(entry), 2 ** 22));
      }
  return files;
}
