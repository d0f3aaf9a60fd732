import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFiles } from '../../extension/src/host/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/host/nodeHttp.ts';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { createKey, createLocalFolderDrive, createMemoryState, digestsOf, exportHistory, type Ledger, openLedger, parseKey, placeExport, rootPath, stampedReceiptOf } from '../../shared/index.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../support/timestampAuthority.ts';

/** The commands on the page of an exported history are run as they stand there, by the real cosign, without a network. */
let cosign: string;
let authority: TimestampAuthority;
let home: string;

const random = (length: number) => new Uint8Array(randomBytes(length));
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
    store: createMemoryState(), key: parseKey(createKey()), clock: nodeClock, random,
    timestamping: { authority, http: createNodeHttp(), random },
  });
  for (const [version, bytes] of contents.entries()) {
    await ledger.log.append([{ event: version === 0 ? 'Register' : 'Publish', asset: 'a', occasion: String(version), observedAt: Date.now(), subjects: [digestsOf(bytes)], masked: { name: '$(reboot)`"; .jpg' } }]);
  }
  await stampedReceiptOf(ledger, 1);
  return ledger;
}

/** As a shell runs it in the exported folder; cosign is found by its name. */
function runs(command: string, folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: folder, env: { PATH: `${dirname(cosign)}:/usr/bin:/bin`, HOME: home, HTTPS_PROXY: 'http://127.0.0.1:9' }, timeout: 60_000 }, (error) => resolve(error === null));
  });
}

test('each version is accepted by the command that stands on the page, and another content is not', async () => {
  const ledger = await recorded();
  const drive = createLocalFolderDrive({ files: nodeFiles, root: home, randomBytes: random });
  const folder = await placeExport(exportHistory(ledger, { asset: 'a', disclose: ['name'] }), { drive, parent: { path: rootPath }, name: 'history', clock: nodeClock });
  const place = join(home, folder.path);
  const page = await readFile(join(place, 'index.html'), 'utf8');
  const commands = [...page.matchAll(/<pre>(cosign [^<]*)<\/pre>/g)].map(([, text]) => text!);
  expect(commands).toHaveLength(contents.length);
  expect(commands.filter((command) => command.includes('--use-signed-timestamps'))).toHaveLength(1);
  for (const [version, command] of commands.entries()) {
    await writeFile(join(place, 'FILE'), contents[version]!);
    expect(await runs(command, place), command).toBe(true);
    await writeFile(join(place, 'FILE'), contents[(version + 1) % 3]!);
    expect(await runs(command, place), command).toBe(false);
  }
}, 180_000);
