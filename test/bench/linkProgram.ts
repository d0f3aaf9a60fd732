/** Ours at work: links a folder, scans it, then records one changed file. Run by `link.ts`; prints one line of JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import { parsePath } from '../../shared/core/paths.ts';
import type { FileEntry, FolderEntry } from '../../shared/drive/entry.ts';
import { openDropbox } from '../support/dropbox.ts';
import { createWalker } from '../support/linking.ts';

const [url = '', token = ''] = process.argv.slice(2);
const calls = async (method = 'GET') =>
  ((await (await fetch(`${url}/__emulator/requests`, { method })).json().catch(() => ({}))) as { total?: number })
    .total ?? 0;
const data = await mkdtemp(join(tmpdir(), 'dossier-bench-'));
const drive = openDropbox({ url, token });
const folder = (await drive.stat({ path: parsePath('/Linked') })) as FolderEntry;
const walker = createWalker(createSqliteState(join(data, 'state.db')), nodeClock);
const link = await walker.link(drive, folder, 'provider');
const before = await calls();
const started = performance.now();
let recorded = 0;
const count = (changes: readonly unknown[]) => void (recorded += changes.length);
await walker.walk(link, drive, { onRecorded: count });
const seconds = (performance.now() - started) / 1000;
const scanned = await calls();
const file = (await drive.stat({ path: parsePath('/Linked/folder 7/file 7.bin') })) as FileEntry;
const content = new TextEncoder().encode('changed');
await drive.upload(
  { folder: { path: parsePath('/Linked/folder 7') }, name: file.name, replace: file.revision },
  content,
  digestsOf(content),
);
const changedAt = performance.now();
const unchanged = await calls();
const { changes } = await walker.walk(link, drive);
const result = {
  recorded,
  listing_calls: scanned - before,
  seconds,
  calls_for_one_change: (await calls()) - unchanged,
  seconds_for_one_change: (performance.now() - changedAt) / 1000,
  changes: changes.map(({ event, version }) => `${event} ${version}`),
  peak_rss: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(result));
await rm(data, { recursive: true, force: true });
process.exit(0);
