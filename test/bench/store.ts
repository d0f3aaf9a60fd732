import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { createKey, createVault, parseKey, parsePath } from '../../shared/index.ts';
import { createStoreCipher } from '../../shared/testing.ts';
import { openAddress } from '../crash/killAddress.ts';
import { openPlace, type Place } from '../crash/killPlaces.ts';
import type { Bench } from './bench.ts';
import type { Orders } from './storeProgram.ts';
import { signedEach, syntheticDigest, writeSyntheticStore } from './syntheticStore.ts';

const run = promisify(execFile);
const sizes = (process.env['DOSSIER_BENCH_STATEMENTS'] ?? '10000,100000,1000000').split(',').map(Number);
const places = (process.env['DOSSIER_BENCH_PLACES'] ?? 'dropbox,nextcloud local').split(',') as Place['name'][];
/** A line of 50 ms each way. */
const latencyMs = Number(process.env['DOSSIER_BENCH_LATENCY'] ?? '50');
const folder = '/Linked/.dossier/state';
const direct = { http: <T>(port: T): T => port, files: <T>(port: T): T => port };

interface Cost {
  readonly requests: number;
  readonly kb: number;
  readonly ms: number;
}

interface Result {
  readonly open: Cost;
  readonly one?: Cost;
  readonly verify?: Cost;
  readonly answer?: string;
  readonly batches?: readonly Cost[];
  readonly close: Cost;
  readonly rss: number;
}

/**
 * A ledger on a drive, far larger than a client could hold: what it costs to open, to add to, and to ask. All but the
 * last ten thousand statements are synthetic, written as merged segments; these take the product's own way.
 */
export const bench: Bench = {
  floors: { refused: { atMost: 0 } },
  async measure(log) {
    const work = await mkdtemp(join(tmpdir(), 'dossier-bench-'));
    const figures: Record<string, number> = {};
    try {
      const program = await bundled(work);
      for (const name of places)
        for (const count of sizes) Object.assign(figures, await measurePlace(name, count, program, log));
      return figures;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
};

async function measurePlace(
  name: Place['name'],
  count: number,
  program: string,
  log: (line: string) => void,
): Promise<Record<string, number>> {
  const place = await openPlace(name);
  try {
    const keyText = createKey();
    const key = parseKey(keyText);
    const cipher = createStoreCipher(key, await createVault(key));
    const drive = openAddress({ ...place.address, chunkSize: 8 * 2 ** 20 }, direct);
    log(`${name}: writing ${count} statements`);
    const bytes = await writeSyntheticStore(drive, parsePath(folder), { key, cipher, count });
    const act = async (orders: Partial<Orders>): Promise<Result> => {
      const all = { address: { ...place.address, chunkSize: 8 * 2 ** 20 }, key: keyText, folder, latencyMs, ...orders };
      const { stdout } = await run(process.execPath, [program, JSON.stringify(all)], { maxBuffer: 1e8 });
      return JSON.parse(stdout) as Result;
    };
    const open = await act({ act: 'open' });
    const digest = syntheticDigest(signedEach * Math.floor(count / signedEach / 2) + 1);
    const verify = await act({ act: 'verify', digest });
    log(`${name}: adding 10000 statements`);
    const batches = await act({ act: 'batches', batches: 40, name: 'new' });
    const one = await act({ act: 'one', name: 'other' });
    const later = await act({ act: 'open' });
    const laterVerify = await act({ act: 'verify', digest });
    const costs = batches.batches!;
    const mean = (of: (cost: Cost) => number) =>
      Math.round((costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length) * 10) / 10;
    const prefix = `${name.replace(' ', '_')}_${count}`;
    const found: Record<string, number> = {
      open_requests: Math.max(open.open.requests, later.open.requests),
      open_kb: Math.max(open.open.kb, later.open.kb),
      open_ms: later.open.ms,
      append_batch_ms: Math.round(mean(({ ms }) => ms)),
      append_one_ms: one.open.ms + one.one!.ms,
      verify_ms: laterVerify.verify!.ms,
      append_batch_requests: mean(({ requests }) => requests),
      append_batch_kb: mean(({ kb }) => kb),
      first_batch_requests: costs[0]!.requests,
      first_batch_kb: costs[0]!.kb,
      append_one_other_client_requests: one.open.requests + one.one!.requests,
      append_one_kb: Math.round(one.open.kb + one.one!.kb),
      close_requests: one.close.requests,
      verify_requests: Math.max(verify.verify!.requests, laterVerify.verify!.requests),
      verify_kb: Math.max(verify.verify!.kb, laterVerify.verify!.kb),
      bytes_per_statement: Math.round(bytes / count),
    };
    log(JSON.stringify({ place: name, statements: count, ...found }));
    return {
      ...Object.fromEntries(Object.entries(found).map(([figure, value]) => [`${prefix}_${figure}`, value])),
      peak_rss_mb: Math.round(Math.max(open.rss, verify.rss, batches.rss, one.rss)),
      refused: [verify, laterVerify].filter(({ answer }) => answer !== 'known').length,
    };
  } finally {
    await place.close();
  }
}

/** One file of plain JavaScript, as users run it: Node's own reading of types would be measured as well. */
async function bundled(work: string): Promise<string> {
  const outfile = join(work, 'storeProgram.mjs');
  // What is in the bundle from CommonJS still asks for Node's modules by `require`.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({
    entryPoints: [join(import.meta.dirname, 'storeProgram.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner,
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
