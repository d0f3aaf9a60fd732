// @ts-nocheck The packed core carries no types.
/**
 * `npm run test:portable [-- FOLDER]`: the core as it is packed for n8n (`dist/`, or an unpacked tarball), on whatever
 * Node 20 or newer and whatever system runs this: a report is delivered, recorded and verified, and one changed byte is
 * found. Needs no dependencies.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const dist = resolve(process.argv[2] ?? join(import.meta.dirname ?? '.', '../../dist'));
assert.ok(existsSync(dist), `${dist} is not there: npm run build makes it`);
const core = createRequire(import.meta.url)(join(dist, 'shared/index.js'));

const clock = { now: () => Date.now(), sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)) };
const drive = core.createMemoryDrive(core.createMemoryStorage(clock.now));
const state = core.createMemoryState();
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
const sources = {
  open: async ({ name, fingerprint }) => ({
    ...core.bytesSource(contents.get(name)),
    fingerprint: async () => fingerprint,
  }),
};
const report = core.newReport(
  { title: 'Flood at the mill', description: 'Water rose by 2 m.', attachments },
  { id: core.createReportId(clock.now()), connection: 'c', now: clock.now() },
);

const key = core.parseKey(core.createKey());
const ledger = await core.openLedger({ store: state, key, clock, random: randomBytes });
const submission = await core.submit({
  report,
  drive,
  root: { path: core.parsePath('/Reports') },
  sources,
  journal: core.createDeliveryJournal(state, report.id, (changes) => state.commit(changes)),
  clock,
  append: (delivered, signal, earlier) => core.recordReport(ledger, delivered, signal, earlier),
});
assert.equal(submission.destination.path, '/Reports/Flood at the mill');

const read = (name) => core.readBytes(drive.read({ path: core.joinPath(submission.destination.path, name) }), 2 ** 20);
for (const [name, bytes] of contents) assert.deepEqual(new Uint8Array(await read(name)), bytes);
const receipt = core.parseReceipt(await read('dossier.sigstore.json'));
for (const bytes of contents.values())
  assert.ok(core.verifyReceipt(receipt, ledger.trust, { sha256: core.sha256Hex(bytes) }).holds);
const changed = contents.get('Über die Mühle.jpg').with(9, contents.get('Über die Mühle.jpg')[9] ^ 1);
assert.ok(!core.verifyReceipt(receipt, ledger.trust, { sha256: core.sha256Hex(changed) }).holds);

const nodes = readdirSync(join(dist, 'nodes'));
assert.ok(nodes.includes('Dossier'));
console.log(`Delivered, recorded and verified on Node ${process.versions.node}, ${process.platform} ${process.arch}`);
