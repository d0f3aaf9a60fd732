import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import {
  createKey,
  createLocalFolderDrive,
  exportHistory,
  type Ledger,
  parseKey,
  placeExport,
  rootPath,
} from '../../shared/index.ts';
import { createMemoryState, digestsOf, openLedger, rotateKeys, stampedReceiptOf } from '../../shared/testing.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../support/timestampAuthority.ts';

/**
 * The commands on the page of an exported history are run as they stand there, by the real cosign, without a network.
 */
let cosign: string;
let authority: TimestampAuthority;
let home: string;

const random = (length: number) => new Uint8Array(randomBytes(length));
const former = parseKey(createKey());
const contents = [random(300), random(5000), random(0)];

beforeAll(async () => {
  cosign = await ensureCosign();
  authority = await startTimestampAuthority();
  home = await mkdtemp(join(tmpdir(), 'dossier-exported-'));
}, 300_000);
afterAll(async () => {
  await authority.close();
  await rm(home, { recursive: true });
});

async function recorded(): Promise<Ledger> {
  const ledger = await openLedger({
    store: createMemoryState(),
    key: former,
    clock: nodeClock,
    random,
    timestamping: { authority, http: createNodeHttp(), random },
  });
  for (const [version, bytes] of contents.entries()) {
    await ledger.log.append([
      {
        event: version === 0 ? 'Register' : 'Publish',
        asset: 'a',
        occasion: String(version),
        observedAt: Date.now(),
        subjects: [digestsOf(bytes)],
        masked: { name: '$(reboot)`"; .jpg' },
      },
    ]);
  }
  await stampedReceiptOf(ledger, 1);
  return ledger;
}

const commandsIn = (page: string) => [...page.matchAll(/<pre>(cosign [^<]*)<\/pre>/g)].map(([, text]) => text!);

async function exported(ledger: Ledger): Promise<{ place: string; commands: string[] }> {
  const drive = createLocalFolderDrive({ files: nodeFiles, root: home, randomBytes: random });
  const folder = await placeExport(exportHistory(ledger, { asset: 'a', disclose: ['name'] }), {
    drive,
    parent: { path: rootPath },
    name: 'history',
    clock: nodeClock,
  });
  const place = join(home, folder.path);
  return { place, commands: commandsIn(await readFile(join(place, 'index.html'), 'utf8')) };
}

/** As a shell runs it in the exported folder; cosign is found by its name. */
function runs(command: string, folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', command],
      {
        cwd: folder,
        env: { PATH: `${dirname(cosign)}:/usr/bin:/bin`, HOME: home, HTTPS_PROXY: 'http://127.0.0.1:9' },
        timeout: 60_000,
      },
      (error) => resolve(error === null),
    );
  });
}

test('each version is accepted by the command that stands on the page, and another content is not', async () => {
  const { place, commands } = await exported(await recorded());
  expect(commands).toHaveLength(contents.length);
  expect(commands.filter((command) => command.includes('--use-signed-timestamps'))).toHaveLength(1);
  for (const [version, command] of commands.entries()) {
    await writeFile(join(place, 'FILE'), contents[version]!);
    expect(await runs(command, place), command).toBe(true);
    await writeFile(join(place, 'FILE'), contents[(version + 1) % 3]!);
    expect(await runs(command, place), command).toBe(false);
  }
}, 180_000);

test('a change of keys has its command, too, and every version the key of its time', async () => {
  const before = await recorded();
  const newest = random(700);
  const after = await rotateKeys({ ...before, key: former, random }, parseKey(createKey()));
  await after.log.append([
    { event: 'Publish', asset: 'a', occasion: 'newest', observedAt: Date.now(), subjects: [digestsOf(newest)] },
  ]);
  const { place, commands } = await exported(after);
  const [change, ...versions] = commands;
  expect(versions).toHaveLength(contents.length + 1);
  expect(await runs(change!, place), change).toBe(true);
  expect(await runs(change!.replace('1.next-key.der', '1.sigstore.json'), place)).toBe(false);
  for (const [version, bytes] of [...contents, newest].entries()) {
    await writeFile(join(place, 'FILE'), bytes);
    expect(await runs(versions[version]!, place), versions[version]).toBe(true);
  }
  expect(await runs(versions.at(-1)!.replace('statement-key-2.pem', 'statement-key.pem'), place)).toBe(false);
}, 180_000);
