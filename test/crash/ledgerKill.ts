/** A ledger on SQLite whose process is killed at every step of an append, again and again: no gap, no duplicate, no two checkpoints that contradict each other. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { createSqliteState } from '../../extension/src/host/sqliteState.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { auditLog } from '../../shared/ledger/auditLog.ts';
import { createLog } from '../../shared/ledger/log.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../shared/ledger/signingKeys.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';

export const killLogOptions = {
  ledger: 'main',
  origin: 'kill.dossier.example',
  logKey: logKeyFromSeed(seededBytes(32, 'kill log')),
  statementKey: statementKeyFromSeed(seededBytes(32, 'kill statement')),
};

interface Acknowledged {
  readonly occasion: number;
  readonly entry: number;
  readonly note: string;
}

/** Runs the program to its end or its death, and gives what it had acknowledged. */
export function runProgram(args: readonly string[], killAfterMs?: number): Promise<{ acknowledged: Acknowledged[]; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'ledgerProgram.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      // From the first sign of life on: what comes before is only the start of Node.
      if (output === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') return reject(new Error(`The program failed: ${errors}`));
      const whole = output.slice(0, output.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== '');
      resolve({ acknowledged: whole.map((line) => JSON.parse(line) as Acknowledged), killed: signal === 'SIGKILL' });
    });
  });
}

/**
 * Kills before and after each commit of an append in turn (taking in, signing, and the signing that a restart makes up for), and at seeded moments in
 * between. Whatever was acknowledged must be there, once; every checkpoint ever shown must be a beginning of the log.
 */
export async function runKills(kills: number, seed: number): Promise<{ kills: number; faults: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-ledger-kill-'));
  const path = join(folder, 'ledger.db');
  const random = seeded(seed);
  const seen: Acknowledged[] = [];
  const faults: string[] = [];
  let done = 0;
  try {
    for (let turn = 0; done < kills; turn++) {
      const next = (seen.at(-1)?.occasion ?? -1) + 1;
      const [at, when] = [1 + (turn % 5), turn % 2 === 0 ? 'before' : 'after'];
      const timed = turn % 6 === 5;
      const given = [path, String(next), '4', ...(timed ? [] : [String(at), when])];
      const { acknowledged, killed } = await runProgram(given, timed ? seededInteger(random, 15) : undefined);
      if (killed) done++;
      seen.push(...acknowledged);
    }
    const store = createSqliteState(path);
    const log = createLog({ ...killLogOptions, clock: nodeClock, random: (length) => seededBytes(length, 'after'), store });
    const head = await log.head();
    const trust = { logs: [log.identity], statementKeys: [killLogOptions.statementKey.publicKey], timestampChains: [] };
    const findings = await auditLog({ store, ledger: 'main', trust, seen: seen.map(({ note }) => note) });
    faults.push(...findings.map(({ sentence }) => sentence));
    for (const { occasion, entry } of seen) {
      const found = await log.find(digestOf(occasion));
      if (found.length !== 1 || found[0] !== entry) faults.push(`Occasion ${occasion} was acknowledged as entry ${entry} and is ${found.join(', ') || 'gone'}`);
    }
    if ((head?.checkpoint.size ?? 0) < seen.length) faults.push('The log is shorter than what was acknowledged');
    await store.close();
    return { kills: done, faults };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const digestOf = (occasion: number): string => sha256Hex(seededBytes(8, occasion));

if (import.meta.main) {
  const result = await runKills(200, 20_261_121);
  console.log(JSON.stringify(result));
  process.exitCode = result.faults.length === 0 ? 0 : 1;
}
