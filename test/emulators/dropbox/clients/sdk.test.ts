import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createContentHasher } from '../contentHash.ts';
import { type DropboxEmulator, type Fault, startDropboxEmulator } from '../index.ts';

let emulator: DropboxEmulator;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dropbox-sdk-'));
  emulator = await startDropboxEmulator({ tls: true, proxyPort: 0 });
});
afterAll(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly account: string;
  readonly hashes: readonly string[];
  readonly small: string;
  readonly names: readonly string[];
  readonly missing: { readonly error_summary: string };
  readonly downloaded: readonly number[];
}

async function runSdk(source: string, target: string): Promise<Outcome> {
  const program = join(import.meta.dirname, 'sdkProgram.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, emulator.token, source, target], {
    timeout: 100_000,
    env: {
      ...process.env,
      HTTPS_PROXY: emulator.proxy!.url,
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: emulator.caFile,
    },
  });
  return JSON.parse(stdout) as Outcome;
}

const faultsOnTheWay: readonly Fault[] = [
  { kind: 'lostAnswer', route: 'files/upload_session/append_v2', nth: 2 },
  { kind: 'status', status: 503, route: 'files/upload_session/append_v2', nth: 5 },
  { kind: 'status', status: 429, retryAfter: 1, route: 'files/upload_session/finish', nth: 2 },
  { kind: 'cutBody', route: 'files/download', nth: 2 },
];

it.each([
  ['a good day', []],
  ['a bad one', faultsOnTheWay],
] as const)('the official SDK delivers and fetches on %s', { timeout: 120_000 }, async (_, faults) => {
  emulator.files.remove('/sdk');
  emulator.requests.reset();
  emulator.faults.inject(...faults);
  const bytes = randomBytes(18 * 1024 * 1024 + 333);
  const hasher = createContentHasher();
  hasher.update(bytes);
  const { hash } = hasher.end();
  const source = join(folder, 'source.bin');
  const target = join(folder, 'target.bin');
  await writeFile(source, bytes);
  await rm(target, { force: true });

  const outcome = await runSdk(source, target);

  expect(outcome).toMatchObject({
    account: emulator.accountId,
    hashes: [hash, hash, hash],
    small: 'größe 😀.txt',
    downloaded: [bytes.length, bytes.length],
  });
  expect([...outcome.names].sort()).toEqual(['größe 😀.txt', 'parallel.bin', 'sequential.bin', 'streamed.bin'].sort());
  expect(outcome.missing.error_summary).toMatch(/^path\/not_found\//);
  expect((await readFile(target)).equals(bytes)).toBe(true);
  expect((await emulator.files.read('/sdk/parallel.bin')).equals(bytes)).toBe(true);
  expect(emulator.faults.pending).toEqual([]);
  expect(emulator.proxy!.refused).toEqual([]);
});
