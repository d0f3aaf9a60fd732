/**
 * `npm run test:ledger-kill -- [--json]`: a ledger on SQLite whose writer is killed at every step of an append, again
 * and again: no gap, no duplicate, no two checkpoints that contradict each other.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { fromBase64 } from '../../shared/core/bytes.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { createLog } from '../../shared/ledger/log/log.ts';
import { signCheckpoint } from '../../shared/ledger/signing/checkpoint.ts';
import { auditLog } from '../../shared/ledger/verify/auditLog.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';
import { type Acknowledged, type Death, killLogOptions, type Orders, type Told } from './ledgerOrders.ts';

/**
 * The steps of an append between which a process can die. The last is any moment: also in the middle of a write to the
 * disk.
 */
const steps = [
  { name: 'before a batch is taken in', commit: 'batch', when: 'before' },
  { name: 'while a batch is taken in', commit: 'batch', when: 'within' },
  { name: 'taken in, not signed', commit: 'batch', when: 'after' },
  { name: 'signed, signature not stored', commit: 'signature', when: 'before' },
  { name: 'signature stored, nobody told', commit: 'signature', when: 'after' },
  { name: 'at any moment' },
] as const satisfies readonly (Partial<Death> & { name: string })[];

export interface KillResult {
  readonly kills: number;
  /** How many of them at each step. */
  readonly steps: Readonly<Record<string, number>>;
  /** Entries of the ledger at the end. */
  readonly entries: number;
  readonly faults: readonly string[];
}

export interface Ended {
  readonly killed: boolean;
  readonly acknowledged: readonly Acknowledged[];
  /** Texts of checkpoints, also of those that were lost before they could be stored. */
  readonly signed: readonly string[];
}

// Some libraries of the core are CommonJS and require what Node has.
const requireBanner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** The writer as one file: it is started hundreds of times. */
export async function bundleWriter(folder: string): Promise<string> {
  const outfile = join(folder, 'writer.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'ledgerProgram.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: requireBanner },
    logLevel: 'warning',
  });
  return outfile;
}

/** Runs the writer to its end or its death. `killAfterMs` counts from the moment that it begins to work. */
export function runWriter(writer: string, orders: Orders, killAfterMs?: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') return reject(new Error(`The writer failed: ${errors}`));
      const told = output
        .slice(0, output.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Told);
      resolve({
        killed: signal === 'SIGKILL',
        acknowledged: told.flatMap((each) => ('recorded' in each ? each.recorded : [])),
        signed: told.flatMap((each) => ('signed' in each ? [each.signed] : [])),
      });
    });
  });
}

/**
 * Kills the writer of one ledger at each step in turn. Whatever was acknowledged must be there, once; every checkpoint
 * ever signed must be a beginning of the log.
 */
export async function runKills(kills: number, seed: number): Promise<KillResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-ledger-kill-'));
  try {
    const writer = await bundleWriter(folder);
    const path = join(folder, 'ledger.db');
    const random = seeded(seed);
    const count = Object.fromEntries(steps.map(({ name }) => [name, 0]));
    const acknowledged: Acknowledged[] = [];
    const signed: string[] = [];
    const faults: string[] = [];
    for (let [turn, done] = [0, 0]; done < kills; turn++) {
      const step = steps[turn % steps.length]!;
      const orders: Orders = {
        path,
        from: (acknowledged.at(-1)?.occasion ?? -1) + 1,
        appends: 12,
        perAppend: 1 + seededInteger(random, 3),
      };
      const nth = 1 + seededInteger(random, 2);
      const ended = await ('commit' in step
        ? runWriter(writer, { ...orders, death: { commit: step.commit, when: step.when, nth } })
        : runWriter(writer, orders, seededInteger(random, 15)));
      acknowledged.push(...ended.acknowledged);
      signed.push(...ended.signed);
      if (ended.killed) [done, count[step.name]] = [done + 1, count[step.name]! + 1];
      else if ('commit' in step) throw new Error(`The writer was to die "${step.name}" and lived`);
    }
    faults.push(...(await faultsOf(path, acknowledged, signed)));
    const store = createSqliteState(path);
    const entries = (await store.keys('ledger/main/entry/')).length;
    await store.close();
    return { kills, steps: count, entries, faults };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What does not fit between a ledger and what its writers had told. */
export async function faultsOf(
  path: string,
  acknowledged: readonly Acknowledged[],
  signed: readonly string[],
): Promise<string[]> {
  const { logKey, statementKey, origin, ledger } = killLogOptions;
  const store = createSqliteState(path);
  try {
    const log = createLog({
      ...killLogOptions,
      clock: nodeClock,
      random: (length) => seededBytes(length, 'after'),
      store,
    });
    // Signs what the last one left.
    const head = await log.head();
    // The signature of a text is always the same, so that those that were lost can be held against the log as well.
    const notes = signed.map((text) => {
      const [, size, root] = text.split('\n') as [string, string, string];
      return signCheckpoint({ origin, size: Number(size), root: fromBase64(root) }, logKey);
    });
    const trust = { logs: [log.identity], statementKeys: [statementKey.publicKey], timestampChains: [] };
    const findings = await auditLog({ store, ledger, trust, seen: notes });
    const places = new Map<number, number[]>();
    for (const { occasion } of acknowledged) places.set(occasion, await log.find(sha256Hex(seededBytes(8, occasion))));
    return [
      ...findings.map(({ sentence }) => sentence),
      ...acknowledged.flatMap(({ occasion, entry }) => {
        const found = places.get(occasion) as number[];
        return found.length === 1 && found[0] === entry
          ? []
          : [`Occasion ${occasion} was acknowledged as entry ${entry} and is ${found.join(', ') || 'gone'}`];
      }),
      ...((head?.checkpoint.size ?? 0) < places.size ? ['The log is shorter than what was acknowledged'] : []),
    ];
  } finally {
    await store.close();
  }
}

if (import.meta.main) {
  // Two ledgers side by side: a killed writer leaves its core idle.
  const results = await Promise.all([1, 2].map((seed) => runKills(100, seed)));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const faults = results.flatMap((each) => each.faults);
  for (const fault of faults) console.error(fault);
  for (const { name } of steps) console.error(`${sum(results.map((each) => each.steps[name]!))} kills ${name}`);
  console.log(
    JSON.stringify({
      kills: sum(results.map(({ kills }) => kills)),
      entries: sum(results.map(({ entries }) => entries)),
      faults: faults.length,
    }),
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
