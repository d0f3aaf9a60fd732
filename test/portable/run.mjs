// @ts-nocheck The packed core carries no types.
/**
 * `npm run test:portable [-- FOLDER]`: the core as it is packed for n8n (`dist/`, or an unpacked tarball), on whatever
 * Node 20 or newer and whatever system runs this: a report is delivered into a folder, recorded and verified, and one
 * changed byte is found. Needs no dependencies.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { plainFiles } from './files.mjs';

const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../../dist'));
assert.ok(existsSync(dist), `${dist} is not there: npm run build makes it`);
const core = createRequire(import.meta.url)(join(dist, 'shared/index.js'));
const folder = await mkdtemp(join(tmpdir(), 'dossier-delivered-'));

const clock = { now: () => Date.now(), sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)) };
const drive = core.createLocalFolderDrive({ files: plainFiles(core), root: folder, randomBytes });
const key = core.parseKey(core.createKey());
const workspace = await core.openWorkspace({ drive, folder: core.parsePath('/'), key, clock, random: randomBytes });
const contents = new Map([
  ['empty.txt', new Uint8Array()],
  ['Über die Mühle.jpg', new Uint8Array(randomBytes(70_000))],
]);
const attachments = [...contents].map(([name, { length }], at) => ({
  id: `a${at}`,
  name,
  mediaType: 'application/octet-stream',
  size: length,
  source: { kind: 'memory' },
  fingerprint: String(length),
}));
const open = async ({ name, fingerprint }) => ({
  ...core.bytesSource(contents.get(name)),
  fingerprint: async () => fingerprint,
});
const report = core.newReport(
  { title: 'Flood at the mill', description: 'Water rose by 2 m.', attachments },
  { id: core.createReportId(clock.now()), connection: 'c', now: clock.now() },
);
const submission = await core.submitOnce({
  report,
  drive,
  root: { path: core.parsePath('/') },
  sources: { open },
  journal: workspace.journal(report.id),
  clock,
  append: workspace.ledger.append,
});
assert.equal(submission.destination.path, '/Flood at the mill');

const delivered = join(folder, 'Flood at the mill');
for (const [name, bytes] of contents) assert.deepEqual(new Uint8Array(await readFile(join(delivered, name))), bytes);
core.parseReceipt(new Uint8Array(await readFile(join(delivered, 'dossier.sigstore.json'))));
const ledger = await workspace.ledger.find();
const answer = async (bytes) =>
  (await core.verifyInLedger(ledger, { digests: { sha256: core.sha256Hex(bytes) } })).answer;
for (const bytes of contents.values()) assert.equal(await answer(bytes), 'known');
const changed = Uint8Array.from(contents.get('Über die Mühle.jpg'));
changed[9] ^= 1;
assert.equal(await answer(changed), 'unknown');
await workspace.close();
await rm(folder, { recursive: true });

assert.ok((await readdir(join(dist, 'nodes'))).includes('Dossier'));
console.log(`Delivered, recorded and verified on Node ${process.versions.node}, ${process.platform} ${process.arch}`);
