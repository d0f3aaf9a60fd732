import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportFile } from '../../../shared/core/zip.ts';
import {
  createKey,
  exportHistory,
  fromUtf8,
  joinPath,
  type Ledger,
  type MaskedClaim,
  parseKey,
  parsePath,
  parseReceipt,
  placeExport,
  readBytes,
  utf8,
  verifyDisclosure,
  zipOf,
} from '../../../shared/index.ts';
import {
  createMemoryDrive,
  createMemoryState,
  digestsOf,
  eraseDisclosures,
  openLedger,
  verifyReceipt,
} from '../../../shared/testing.ts';
import { ensureDebian } from '../../hosts/debian.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ auto: true });
const hostile = '<img src=x onerror=alert(1)>"\'&\u202egpj.exe';
const content = (version: number) => seededBytes(40, `version ${version}`);
let call = 0;

async function recorded(): Promise<Ledger> {
  const ledger = await openLedger({
    store: createMemoryState(),
    key: parseKey(createKey((length) => seededBytes(length, 'key'))),
    clock,
    random: (length) => seededBytes(length, `export ${call++}`),
  });
  const happened = (event: 'Register' | 'Publish' | 'Rename', version: number, asset = 'a') => ({
    event,
    asset,
    occasion: `${event} ${version}`,
    observedAt: Date.UTC(2026, 0, version),
    subjects: [digestsOf(content(version))],
    masked: { name: hostile, path: `/secret/${hostile}` },
  });
  await ledger.log.append([
    happened('Register', 1),
    happened('Register', 7, 'other'),
    happened('Publish', 2),
    happened('Rename', 2),
  ]);
  await ledger.log.append([
    { ...happened('Publish', 3), subjects: [{ dropboxContentHash: digestsOf(content(3)).dropboxContentHash }] },
  ]);
  return ledger;
}

async function filesOf(files: AsyncIterable<ExportFile>): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for await (const { path, bytes } of files) all.set(path, bytes);
  return all;
}

const names = ['001-Register', '002-Publish', '003-Rename', '004-Publish'];

describe('the history of one asset', () => {
  test('is a bundle and a proof for each statement, the keys, the root and a page, always in the same order', async () => {
    const ledger = await recorded();
    const files = await filesOf(exportHistory(ledger, { asset: 'a' }));
    expect([...files.keys()]).toEqual([
      'trusted_root.json',
      'statement-key.pem',
      ...names.flatMap((name) => [`statements/${name}.sigstore.json`, `proofs/${name}.tlog-proof`]),
      'index.html',
    ]);
    expect(await filesOf(exportHistory(ledger, { asset: 'a' }))).toEqual(files);
    expect(fromUtf8(files.get('statement-key.pem')!)).toBe(ledger.statementKeyPem);
    for (const [at, name] of names.entries()) {
      const verdict = verifyReceipt(
        parseReceipt(files.get(`statements/${name}.sigstore.json`)!),
        ledger.trust,
        digestsOf(content([1, 2, 2, 3][at]!)),
      );
      expect(verdict.holds, name).toBe(true);
      expect(verdict.statement?.predicate.asset).toBe('a');
    }
    await expect(filesOf(exportHistory(ledger, { asset: 'nobody' }))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('shows what was chosen and nothing else that is hidden', async () => {
    const ledger = await recorded();
    const silent = await filesOf(exportHistory(ledger, { asset: 'a' }));
    for (const [path, bytes] of silent) expect(decoded(bytes), path).not.toMatch(/onerror|secret/);
    const files = await filesOf(exportHistory(ledger, { asset: 'a', disclose: ['name'] }));
    const shown = JSON.parse(fromUtf8(files.get('disclosures.json')!)) as Record<string, Record<MaskedClaim, string>>;
    expect(Object.keys(shown)).toEqual(names.map((name) => `statements/${name}.sigstore.json`));
    const entry = (await ledger.log.entry(2))!;
    expect(verifyDisclosure(entry, shown['statements/002-Publish.sigstore.json']!.name)).toEqual({
      claim: 'name',
      value: hostile,
    });
    for (const [path, bytes] of files) expect(decoded(bytes), path).not.toMatch(/secret/);

    await eraseDisclosures({ store: ledger.store, ledger: 'main' }, 2);
    const erased = await filesOf(exportHistory(ledger, { asset: 'a', disclose: ['name'] }));
    expect(Object.keys(JSON.parse(fromUtf8(erased.get('disclosures.json')!)) as object)).toHaveLength(3);
  });

  test('the page takes names for what they are: text', async () => {
    const page = fromUtf8(
      (await filesOf(exportHistory(await recorded(), { asset: 'a', disclose: ['name'] }))).get('index.html')!,
    );
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\\u202egpj.exe');
    expect(page).not.toMatch(/<img|<script|\u202e|\son\w+=["']/);
    expect(page).toContain("default-src 'none'");
    // Nothing is fetched: the one address is for people to follow.
    expect(
      [...page.matchAll(/(?:src|href)="([^"]*)"/g)]
        .map(([, address]) => address)
        .filter((address) => /^\w+:|^\/\//.test(address!)),
    ).toEqual(['https://github.com/sigstore/cosign']);
    expect(page.match(/<pre>cosign verify-blob-attestation/g)).toHaveLength(3);
    expect(page).toContain('known by the provider’s own digest alone');
    const unsafe = await recorded();
    await expect(filesOf(exportHistory(unsafe, { asset: '<b>' }))).rejects.toMatchObject({ code: 'not-found' });
  });
});

/** Text, and what the base64 in it says. */
function decoded(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  return [
    text,
    ...(text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('latin1')),
  ].join('\n');
}

describe('where an export goes', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-export-'));
    await ensureDebian(['unzip']);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  test('a folder of its own on any drive, whatever is there already', async () => {
    const ledger = await recorded();
    const drive = createMemoryDrive();
    const parent = await drive.createFolder({ path: parsePath('/') }, 'exports');
    const place = { drive, parent, name: 'History: photo', clock };
    const [first, second] = [
      await placeExport(exportHistory(ledger, { asset: 'a' }), place),
      await placeExport(exportHistory(ledger, { asset: 'a' }), place),
    ];
    expect([first.path, second.path]).toEqual(['/exports/History photo', '/exports/History photo 1']);
    for (const [path, bytes] of await filesOf(exportHistory(ledger, { asset: 'a' }))) {
      expect(await readBytes(drive.read({ path: joinPath(first.path, ...path.split('/')) }), 2 ** 20), path).toEqual(
        bytes,
      );
    }
  });

  test('an archive that another program reads, the same bytes each time', async () => {
    const ledger = await recorded();
    const archive = async () => readBytes(zipOf(exportHistory(ledger, { asset: 'a', disclose: ['name'] })), 2 ** 24);
    const bytes = await archive();
    expect(await archive()).toEqual(bytes);
    const file = join(folder, 'history.zip');
    await writeFile(file, bytes);
    const run = promisify(execFile);
    expect((await run('unzip', ['-t', file])).stdout).toContain('No errors detected');
    await run('unzip', ['-q', file, '-d', join(folder, 'unpacked')]);
    const files = await filesOf(exportHistory(ledger, { asset: 'a', disclose: ['name'] }));
    for (const [path, content] of files)
      expect(new Uint8Array(await readFile(join(folder, 'unpacked', path))), path).toEqual(content);
    const listed = (await run('unzip', ['-Z1', file])).stdout.trim().split('\n');
    expect(listed).toEqual([...files.keys()]);
  });

  test('names beyond ASCII, an empty file and one of many pieces survive the archive; a name twice does not', async () => {
    const made = [
      { path: 'größe/文.txt', bytes: utf8('x') },
      { path: 'empty', bytes: new Uint8Array() },
      { path: 'large', bytes: seededBytes(300_000, 'large') },
    ];
    const file = join(folder, 'made.zip');
    await writeFile(file, await readBytes(zipOf(each(made)), 2 ** 24));
    const run = promisify(execFile);
    expect((await run('unzip', ['-t', file])).stdout).toContain('No errors detected');
    const { stdout } = await run('unzip', ['-p', file, 'large'], { encoding: 'buffer', maxBuffer: 2 ** 24 });
    expect(new Uint8Array(stdout)).toEqual(made[2]!.bytes);
    expect((await run('unzip', ['-Z1', file], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })).stdout).toContain(
      'größe/文.txt',
    );
    await expect(readBytes(zipOf(each([made[0]!, made[0]!])), 2 ** 24)).rejects.toThrow(TypeError);
  });
});

async function* each<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values;
}

test('the page says no fingerprint of its own key: it gives the command that tells it of the key file', async () => {
  const ledger = await recorded();
  const files = await filesOf(exportHistory(ledger, { asset: 'a' }));
  const page = fromUtf8(files.get('index.html')!);
  // Signatures name it for whoever looks it up; nobody is asked to compare with it.
  const [advice] = page.split('To check a version');
  expect(advice).not.toContain(ledger.log.statementFingerprint);
  const command = /<pre>(openssl [^<]*)<\/pre>/.exec(page)![1]!;
  const folder = await mkdtemp(join(tmpdir(), 'dossier-fingerprint-'));
  await writeFile(join(folder, 'statement-key.pem'), files.get('statement-key.pem')!);
  const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll('&gt;', '>')], { cwd: folder });
  expect(stdout).toContain(ledger.log.statementFingerprint);
  await rm(folder, { recursive: true });
});
