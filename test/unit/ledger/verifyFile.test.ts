import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledgers } from '../../../extension/src/model/ledger/ledgers.ts';
import { createTrustedOwners, type TrustedOwners } from '../../../extension/src/model/ledger/trustedOwners.ts';
import { type SubmittedFile, verifyFile } from '../../../extension/src/model/ledger/verifyFile.ts';
import { nodeFiles } from '../../../extension/src/node/nodeFiles.ts';
import { createKey, encodeTrustedRoot, fromUtf8, type Ledger, parseKey, recordReport } from '../../../shared/index.ts';
import { createMemoryState, digestsOf, openLedger } from '../../../shared/testing.ts';
import type { Workspace } from '../../../shared/workspace/workspace.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const content = seededBytes(5000, 'a file to verify');
const changed = content.map((byte, at) => (at === 77 ? byte ^ 1 : byte));
const clock = createVirtualClock();

const newLedger = () =>
  openLedger({
    store: createMemoryState(),
    key: parseKey(createKey()),
    clock,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
const receiptFor = async (ledger: Ledger, bytes: Uint8Array) =>
  (await recordReport(ledger, { report: 'r', manifest: { title: 'T' }, files: [{ digests: digestsOf(bytes) }] }))
    .receipt;
/** Ledgers as the editor has them: one of its own. */
const having = (own: Ledger): Ledgers =>
  ({
    local: async () => own,
    within: async (_connection, act) => act(own, {} as Workspace),
    visit: async (act) => {
      await act(own, undefined);
      return [];
    },
  }) as Partial<Ledgers> as Ledgers;

describe('a file on this computer', () => {
  let folder: string;
  let own: Ledger;
  let anna: Ledger;
  let owners: TrustedOwners;
  let file: string;
  let earlier: readonly SubmittedFile[] = [];
  const submitted = async () => earlier;

  const ask = () =>
    verifyFile({ ledgers: having(own), owners, files: nodeFiles, submitted }, file, new AbortController().signal);
  const lay = (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text);
  const introduce = (ledger: Ledger) => ({
    name: 'Anna',
    fingerprint: ledger.log.statementFingerprint,
    statementKey: ledger.statementKeyPem,
    trustedRoot: fromUtf8(encodeTrustedRoot(ledger.trust, ledger.since)),
  });
  const manifest = {
    dossier: 1,
    report: 'r',
    title: 'T',
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    sent: '2026-01-01T00:00:00.000Z',
    descriptionEncoding: 'utf-8',
    files: [{ name: 'file.jpg', size: content.length, mediaType: 'image/jpeg', sha256: digestsOf(content).sha256 }],
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-verify-'));
    [own, anna] = await Promise.all([newLedger(), newLedger()]);
    owners = createTrustedOwners(createMemoryState(), async () => []);
    file = join(folder, 'file.jpg');
    await lay('file.jpg', content);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is unknown while nothing was recorded, also beside what is no receipt', async () => {
    expect(await ask()).toMatchObject({ name: 'file.jpg', verdict: { answer: 'unknown' }, unreached: [] });
    await lay('dossier.sigstore.json', 'not even JSON');
    expect(await ask()).toMatchObject({ verdict: { answer: 'unknown' }, by: { file: 'dossier.sigstore.json' } });
    await rm(join(folder, 'dossier.sigstore.json'));
    await mkdir(join(folder, 'dossier.sigstore.json'));
    expect((await ask()).by).toBeUndefined();
    await rm(join(folder, 'dossier.sigstore.json'), { recursive: true });
  });

  it('is known by the receipt of somebody else only after their key was compared, and no longer than that', async () => {
    await lay('file.sigstore.json', await receiptFor(anna, content));
    expect(await ask()).toMatchObject({
      verdict: { answer: 'unknown' },
      by: { file: 'file.sigstore.json', stranger: anna.log.statementFingerprint },
    });
    await expect(owners.add({ ...introduce(anna), fingerprint: own.log.statementFingerprint })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await owners.add(introduce(anna));
    const known = await ask();
    expect(known).toMatchObject({ verdict: { answer: 'known' }, owner: 'Anna', by: { file: 'file.sigstore.json' } });
    expect(known.by?.stranger).toBeUndefined();
    await lay('file.jpg', changed);
    const other = await ask();
    expect([other.verdict.answer, other.owner]).toEqual(['unknown', undefined]);
    await lay('file.jpg', content);
    await owners.remove(anna.log.statementFingerprint);
    expect(await ask()).toMatchObject({
      verdict: { answer: 'unknown' },
      by: { stranger: anna.log.statementFingerprint },
    });
    await rm(join(folder, 'file.sigstore.json'));
  });

  it('shows nothing as a fingerprint that cannot be one', async () => {
    const forged = (await receiptFor(anna, content)).replaceAll(anna.log.statementFingerprint, '`[x](command:y)');
    await lay('dossier.sigstore.json', forged);
    expect((await ask()).by).toEqual({
      file: 'dossier.sigstore.json',
      receipt: expect.objectContaining({ keyHint: '`[x](command:y)' }),
    });
  });

  it('is known by the ledger, whatever lies beside it, and changed by the receipt and the manifest of its report', async () => {
    await lay('dossier.sigstore.json', await receiptFor(own, content));
    await lay('dossier.json', JSON.stringify(manifest));
    const known = await ask();
    expect(known).toMatchObject({ verdict: { answer: 'known', versions: [{ index: 0, level: 'L0' }] }, ledger: own });
    expect(known.by).toBeUndefined();
    await lay('file.jpg', changed);
    expect(await ask()).toMatchObject({
      verdict: { answer: 'changed', last: { index: 0 } },
      by: { file: 'dossier.sigstore.json' },
    });
    // Nothing is changed that the manifest does not name, and a manifest that was tampered with names nothing that the
    // receipt is about.
    await lay(
      'dossier.json',
      JSON.stringify({ ...manifest, files: [{ ...manifest.files[0], sha256: digestsOf(changed).sha256 }] }),
    );
    expect(await ask()).toMatchObject({ verdict: { answer: 'unknown' } });
    await lay('dossier.json', '{');
    expect(await ask()).toMatchObject({ verdict: { answer: 'unknown' } });
  });

  it('is changed without a receipt beside it, where a report was submitted with another content of it', async () => {
    await rm(join(folder, 'dossier.sigstore.json'));
    earlier = [{ title: 'Flood', digests: { dropboxContentHash: digestsOf(content).dropboxContentHash } }];
    expect(await ask()).toMatchObject({
      verdict: { answer: 'changed', last: { index: 0 } },
      // All that the statement says of this very file, and not of the first one in it.
      recorded: { sha256: digestsOf(content).sha256 },
      reports: ['Flood'],
    });
    await lay('file.jpg', content);
    expect(await ask()).toMatchObject({ verdict: { answer: 'known' } });
  });
});
