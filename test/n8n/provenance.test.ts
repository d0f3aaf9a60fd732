import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { digestsOf, predicateType } from '../../shared/testing.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { bringBack, copyOfStore } from '../support/dropboxStore.ts';
import { seededBytes } from '../support/seeded.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';

const photo = seededBytes(5_000_000, 'provenance photo');

async function submitted(): Promise<void> {
  const items = [{ json: {}, binary: { photo: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
  const [report] = json(
    await run(
      'report',
      'submit',
      { title: 'Gate', description: 'x', attachments: '', folder: path('/Reports') },
      { items },
    ),
  );
  expect(report).toMatchObject({ state: 'submitted' });
}

async function verify(bytes: Uint8Array, hash = ''): Promise<IDataObject> {
  const items = [{ json: {}, binary: { data: await host.store(bytes, 'renamed.bin') } }];
  return json(await run('provenance', 'verify', { binaryField: 'data', hash }, { items }))[0]!;
}

describe('Provenance', () => {
  it('knows what was submitted, by its bytes and by either hash, under any name; one changed byte makes it unknown', {
    timeout: 120_000,
  }, async () => {
    expect(await verify(photo)).toMatchObject({ answer: 'unknown', reasons: [expect.any(String)] });
    await submitted();
    const known = {
      answer: 'known',
      versions: [{ index: 0, version: 1, holds: true, level: { code: 'L0' }, history: [{ event: 'Submit' }] }],
    };
    const { sha256, dropboxContentHash } = digestsOf(photo);
    expect(await verify(photo)).toMatchObject({ ...known, digests: { sha256, dropboxContentHash } });
    expect(await verify(new Uint8Array(1), sha256.toUpperCase())).toMatchObject({ ...known, digests: { sha256 } });
    expect(await verify(new Uint8Array(1), dropboxContentHash)).toMatchObject({
      ...known,
      digests: { dropboxContentHash },
    });
    const changed = photo.slice();
    changed[1234]! ^= 1;
    expect(await verify(changed)).toMatchObject({ answer: 'unknown' });
    await expect(verify(photo, 'abc')).rejects.toMatchObject({ message: expect.stringContaining('(invalid-input)') });
  });

  it('lays a receipt beside the report that cosign accepts, and hands out the same with what cosign needs', {
    timeout: 180_000,
  }, async () => {
    await submitted();
    const items = [{ json: {}, binary: { data: await host.store(photo, 'x.bin') } }];
    const { outputs } = await run('provenance', 'getReceipt', { binaryField: 'data', hash: '' }, { items });
    const { trustedRoot, statementKey, receipt } = outputs[0]![0]!.binary!;
    const beside = await dropbox.files.read('/Reports/Gate/dossier.sigstore.json');
    const folder = await mkdtemp(join(tmpdir(), 'dossier-receipt-'));
    try {
      await writeFile(join(folder, 'gate.jpg'), photo);
      await writeFile(join(folder, 'other.jpg'), photo.subarray(1));
      await writeFile(join(folder, 'trusted_root.json'), await host.read(trustedRoot!));
      await writeFile(join(folder, 'statement-key.pem'), await host.read(statementKey!));
      await writeFile(join(folder, 'beside.json'), beside);
      await writeFile(join(folder, 'given.json'), await host.read(receipt!));
      const cosign = await ensureCosign();
      const accepts = (bundle: string, file: string) =>
        new Promise<boolean>((resolve) => {
          const args = [
            'verify-blob-attestation',
            '--key',
            'statement-key.pem',
            '--bundle',
            bundle,
            '--trusted-root',
            'trusted_root.json',
            '--type',
            predicateType,
            file,
          ];
          execFile(
            cosign,
            args,
            { cwd: folder, env: { HOME: folder, HTTPS_PROXY: 'http://127.0.0.1:9' }, timeout: 60_000 },
            (error) => resolve(error === null),
          );
        });
      expect([await accepts('beside.json', 'gate.jpg'), await accepts('given.json', 'gate.jpg')]).toEqual([true, true]);
      expect(await accepts('beside.json', 'other.jpg')).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('notices that the store was replaced by an older copy, by what the workflow remembers', {
    timeout: 120_000,
  }, async () => {
    const staticData: IDataObject = {};
    const submit = (title: string) =>
      run('report', 'submit', { title, description: title, attachments: '', folder: path('/Reports') }, { staticData });
    await submit('One');
    const backup = await copyOfStore(dropbox);
    await submit('Two');
    expect(json(await submit('Three'))).toMatchObject([{ state: 'submitted' }]);
    await bringBack(dropbox, backup);
    const broken = {
      message: expect.stringMatching(
        /seen with 3 entries and now has 1: it looks like a restored backup.*\(ledger-broken\)/s,
      ),
    };
    await expect(submit('Four')).rejects.toMatchObject(broken);
    const items = [{ json: {}, binary: { data: await host.store(photo, 'x.bin') } }];
    await expect(
      run('provenance', 'verify', { binaryField: 'data', hash: '' }, { items, staticData }),
    ).rejects.toMatchObject(broken);
  });

  it('needs the key; without one a report is delivered and nothing is recorded', { timeout: 120_000 }, async () => {
    const { dossierDropboxOAuth2Api } = credentials();
    const items = [{ json: {}, binary: { data: await host.store(photo.subarray(0, 10), 'a.bin') } }];
    await run(
      'report',
      'submit',
      { title: 'Gate', description: '', attachments: '', folder: path('/Reports') },
      { items, credentials: { dossierDropboxOAuth2Api } },
    );
    expect(dropbox.files.entry('/reports/gate/dossier.json')).toBeDefined();
    expect(dropbox.files.entry('/reports/gate/dossier.sigstore.json')).toBeUndefined();
    await expect(
      run(
        'provenance',
        'verify',
        { binaryField: 'data', hash: '' },
        { items, credentials: { dossierDropboxOAuth2Api } },
      ),
    ).rejects.toMatchObject({ message: expect.stringContaining('(vault-locked)') });
  });
});
