/**
 * `npm run test:tamper -- [--json]`: every way to damage the records of a ledger of 50 entries, each of which an audit
 * must find.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromBase64, toBase64 } from '../../shared/core/bytes.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { type LedgerPorts, openLedger } from '../../shared/ledger/openLedger.ts';
import { auditLedger } from '../../shared/ledger/verify/auditLog.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import type { StateRecord, StateStore } from '../../shared/state/state.ts';
import { createKey, parseKey } from '../../shared/vault/key.ts';
import { seededBytes } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';

export interface TamperResult {
  readonly cases: number;
  readonly missed: number;
  readonly details: readonly string[];
}

/** Records by their key, as a hand with access to the file can change them. */
type Records = ReadonlyMap<string, Uint8Array>;

export interface Damage {
  readonly name: string;
  readonly records: Records;
}

const entries = 50;
const key = parseKey(createKey((length) => seededBytes(length, 'tamper key')));

function portsOf(store: StateStore): LedgerPorts {
  let call = 0;
  return {
    store,
    key,
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, `tamper ${call++}`),
  };
}

/** A ledger, what it looked like on the way, and the checkpoint that somebody kept. */
export interface Victim {
  readonly records: Records;
  readonly earlier: readonly Records[];
  readonly seen: string;
}

/** In several batches, about files with some history. */
export async function makeLedger(): Promise<Victim> {
  const store = createMemoryState();
  const { log } = await openLedger(portsOf(store));
  const earlier: Records[] = [];
  for (let at = 0; at < entries; at += 10) {
    earlier.push(recordsOf(await store.list('')));
    await log.append(
      Array.from({ length: 10 }, (_, index) => ({
        event: at + index < 20 ? ('Register' as const) : ('Publish' as const),
        asset: `asset-${(at + index) % 20}`,
        occasion: `revision ${at + index}`,
        observedAt: Date.UTC(2026, 0, 1) + at + index,
        subjects: [
          {
            sha256: sha256Hex(seededBytes(8, at + index)),
            ...(index % 2 === 0 ? { dropboxContentHash: sha256Hex(seededBytes(9, at + index)) } : {}),
          },
        ],
        masked: { name: `file ${at + index}.jpg`, size: at + index },
      })),
    );
  }
  const head = await log.head();
  return { records: recordsOf(await store.list('')), earlier, seen: head!.note };
}

function recordsOf(records: readonly StateRecord[]): Records {
  return new Map(records.map((record) => [record.key, record.value]));
}

/**
 * What one process has found to be signed, by the bytes of whole records: an entry with any other byte is checked in
 * full.
 */
const verified = new Set<string>();

/** The audit's words for a ledger made of these records; empty when it takes them for whole. */
export async function findings(records: Records, seen: string): Promise<string[]> {
  return (await auditLedger(portsOf(storeOf(records)), { seen: [seen], verified })).map(({ sentence }) => sentence);
}

/** A store that holds exactly these records. An audit writes nothing. */
function storeOf(records: Records): StateStore {
  const held = [...records]
    .map(([each, value]): StateRecord => ({ key: each, value, version: 1 }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const within = (prefix: string) => held.filter((record) => record.key.startsWith(prefix));
  return {
    get: async (each) => held.find((record) => record.key === each),
    getAll: async (wanted) =>
      new Map(held.flatMap((record) => (wanted.includes(record.key) ? [[record.key, record]] : []))),
    list: async (prefix) => within(prefix),
    keys: async (prefix) => within(prefix).map((record) => record.key),
    commit: () => Promise.reject(new TypeError('An audit has written to the ledger')),
    close: async () => undefined,
  };
}

/** Where and how; built only when its turn comes. */
export type Tampering = readonly [name: string, damaged: () => Records];

export function tamperings(records: Records, earlier: readonly Records[]): Tampering[] {
  const all = [...records];
  const changed = (each: string, value: Uint8Array | undefined, from: Records = records): Records => {
    const copy = new Map(from);
    if (value === undefined) copy.delete(each);
    else copy.set(each, value);
    return copy;
  };
  const kindOf = (each: string) => each.split('/').slice(0, 3).join('/');
  const kinds = new Map<string, (typeof all)[number][]>();
  for (const record of all) kinds.set(kindOf(record[0]), [...(kinds.get(kindOf(record[0])) ?? []), record]);
  const cases: Tampering[] = [];
  for (const [each, value] of all) {
    for (let at = 0; at < value.length; at++) {
      const bit = 1 << (at % 8);
      cases.push([
        `bit ${bit} of byte ${at} of ${each} flipped`,
        () =>
          changed(
            each,
            value.map((byte, index) => (index === at ? byte ^ bit : byte)),
          ),
      ]);
    }
    cases.push([`${each} deleted`, () => changed(each, undefined)]);
    cases.push([`a byte behind ${each}`, () => changed(each, Uint8Array.from([...value, 0x20]))]);
    if (value.length > 0) cases.push([`${each} cut by a byte`, () => changed(each, value.slice(0, -1))]);
    cases.push([`${each} duplicated`, () => changed(`${each.slice(0, -1)}${each.endsWith('z') ? 'y' : 'z'}`, value)]);
  }
  for (const group of kinds.values()) {
    for (const [at, [each, value]] of group.entries()) {
      const [other, its] = group[(at + 1) % group.length]!;
      if (each === other || Buffer.compare(value, its) === 0) continue;
      cases.push([`${each} and ${other} swapped`, () => changed(other, value, changed(each, its))]);
      cases.push([`${each} in the place of ${other}`, () => changed(other, value)]);
    }
  }
  for (const before of earlier) cases.push([`rolled back to ${before.size} records`, () => before]);
  for (let keep = 0; keep < entries; keep++) {
    const gone = (each: string) =>
      /\/(entry|salt)\/(\d+)$/.test(each) && Number(each.slice(each.lastIndexOf('/') + 1)) >= keep;
    cases.push([`all entries from ${keep} on cut off`, () => new Map(all.filter(([each]) => !gone(each)))]);
  }
  return cases;
}

/** Tries every case, or those that `chosen` picks by their number. */
export async function runTamper(
  { records, earlier, seen }: Victim,
  chosen: (index: number) => boolean = () => true,
): Promise<TamperResult> {
  const whole = await findings(records, seen);
  if (whole.length > 0)
    return { cases: 1, missed: 1, details: [`The untouched ledger is taken for damaged: ${whole.join('; ')}`] };
  const details: string[] = [];
  let cases = 0;
  for (const [index, [name, damaged]] of tamperings(records, earlier).entries()) {
    if (!chosen(index)) continue;
    cases++;
    const found = await findings(damaged(), seen).catch((error: unknown) => [`threw ${String(error)}`]);
    if (found.length === 0 || found[0]!.startsWith('threw')) details.push(`${name}: ${found[0] ?? 'not found'}`);
  }
  return { cases, missed: details.length, details };
}

/**
 * As text, for the processes that share the cases: two ledgers differ in the lengths of their signatures, and so in the
 * numbers of their cases.
 */
const pack = ({ records, earlier, seen }: Victim): string =>
  JSON.stringify(
    [records, ...earlier]
      .map((each) => [...each].map(([name, value]) => [name, toBase64(value)]))
      .concat([[['seen', seen]]]),
  );

const unpack = (text: string): Victim => {
  const parts = JSON.parse(text) as [string, string][][];
  const seen = parts.pop()![0]![1];
  const [records, ...earlier] = parts.map((part) => new Map(part.map(([name, value]) => [name, fromBase64(value)])));
  return { records: records!, earlier, seen };
};

/** One process of several: prints its share as a line of JSON. */
async function runShare(share: string, victim: string): Promise<void> {
  const [own = 0, of = 1] = share.split('/').map(Number);
  process.stdout.write(
    JSON.stringify(await runTamper(unpack(await readFile(victim, 'utf8')), (index) => index % of === own)),
  );
}

/** Every case, shared among as many processes as the machine has cores. */
async function runAll(): Promise<TamperResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-tamper-'));
  try {
    const victim = join(folder, 'ledger.json');
    await writeFile(victim, pack(await makeLedger()));
    const count = availableParallelism();
    const shares = await Promise.all(
      Array.from({ length: count }, async (_, own) => {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [import.meta.filename, `${own}/${count}`, victim],
          { maxBuffer: 2 ** 26 },
        );
        return JSON.parse(stdout) as TamperResult;
      }),
    );
    const sum = (figure: 'cases' | 'missed') => shares.reduce((total, each) => total + each[figure], 0);
    return { cases: sum('cases'), missed: sum('missed'), details: shares.flatMap(({ details }) => details) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [share, victim] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  if (share && victim) {
    await runShare(share, victim);
  } else {
    const { details, ...figures } = await runAll();
    for (const line of details.slice(0, 50)) console.error(line);
    console.log(JSON.stringify(figures));
    process.exitCode = figures.missed === 0 ? 0 : 1;
  }
}
