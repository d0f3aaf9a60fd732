import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { digestsOf, sha256Hex } from '../../shared/core/hashing.ts';
import { parsePath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { type MirrorRules, usualRules } from '../../shared/mirror/mirror.ts';
import { node24 } from '../hosts/node24.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Address } from './killAddress.ts';
import type { KillPoint } from './killPoints.ts';
import type { MirrorFaults } from './mirrorHistory.ts';
import type { MirrorWorld } from './mirrorWorlds.ts';

/** What a mirroring process is told. Plain JSON. */
export interface MirrorOrder {
  readonly address: Address;
  readonly folder: string;
  readonly source: string;
  readonly sqlite: string;
  readonly rules: MirrorRules;
  readonly kill?: KillPoint;
}

export interface KillScene {
  /** The mirroring process, bundled. */
  readonly program: string;
  readonly work: string;
  close(): Promise<void>;
}

export interface MirrorKillVerdict extends MirrorFaults {
  readonly point: KillPoint | undefined;
  /** Of the run that nobody killed. */
  readonly steps: number;
  readonly sentences: readonly string[];
}

const rules: MirrorRules = { ...usualRules, deletions: 'archive' };
const mostStarts = 8;

export async function openKillScene(): Promise<KillScene> {
  const work = await mkdtemp(join(tmpdir(), 'mirror-kill-'));
  const program = join(work, 'mirror.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'mirrorProcess.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return { program, work, close: () => rm(work, { recursive: true, force: true }) };
}

/** Content of every file of the source, before and after the changes that the killed run is to bring over. */
const before = {
  'same.txt': text('same'),
  'edited.txt': text('first'),
  'removed/old.txt': text('old'),
  'named.txt': text('a file that gets another name'),
  'taken.txt': text('ours'),
};
const after = {
  'same.txt': before['same.txt'],
  'edited.txt': text('second'),
  'moved/renamed.txt': before['named.txt'],
  'taken.txt': text('ours again'),
  'new/large.bin': seededBytes(6_500_000, 'large'),
  'new/small.txt': text('small'),
};
const theirs = { 'taken.txt': text('theirs, written over ours'), 'foreign.txt': text('theirs alone') };

/** Runs a mirror that is killed at a point, starts it again until it is done, and looks at both sides. */
export async function killAt(
  scene: KillScene,
  world: MirrorWorld & { readonly address: Address },
  point: KillPoint | undefined,
): Promise<MirrorKillVerdict> {
  const source = await mkdtemp(join(scene.work, 'source-'));
  const home = await world.fresh();
  const drive = world.open();
  const order: MirrorOrder = {
    address: world.address,
    folder: home.path,
    source,
    sqlite: `${source}.db`,
    rules,
  };
  await writeAll(source, before);
  const peace = await start(scene, order);
  if (peace.ending !== 'done') throw new Error(`Not even in peace: ${peace.said}`);
  await writeAll(source, after);
  await rm(join(source, 'removed'), { recursive: true });
  await rename(join(source, 'named.txt'), join(source, 'moved/renamed.txt'));
  for (const [name, bytes] of Object.entries(theirs)) await overwrite(drive, home.path, name, bytes);
  let ended = await start(scene, { ...order, ...(point && { kill: point }) });
  for (let starts = 1; ended.ending !== 'done' && starts < mostStarts; starts++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    ended = await start(scene, order);
  }
  const verdict = await judge(drive, home.path, source);
  if (ended.ending !== 'done') verdict.tell('diverged', `never done: ${ended.said}`);
  await drive.remove(home);
  await rm(source, { recursive: true });
  return { point, steps: ended.steps, sentences: verdict.sentences, ...verdict.faults };
}

async function judge(drive: Drive, home: string, source: string) {
  const sentences: string[] = [];
  const faults: MirrorFaults = { source_touched: 0, lost: 0, overwritten_unasked: 0, diverged: 0 };
  const tell = (kind: keyof MirrorFaults, sentence: string) => {
    faults[kind] += 1;
    sentences.push(`${kind}: ${sentence}`);
  };
  const there = new Map<string, string>();
  for await (const page of drive.list({ path: parsePath(home) }, { recursive: true }))
    for (const entry of page)
      if (entry.type === 'file')
        there.set(entry.path.slice(home.length + 1), sha256Hex(await readAll(drive, entry.path)));
  for (const [name, bytes] of Object.entries(after)) {
    const wanted = sha256Hex(bytes);
    if (there.get(name) !== wanted) tell('diverged', `${name} is not as at the source`);
    if (sha256Hex(await readFile(join(source, name)).catch(() => new Uint8Array())) !== wanted)
      tell('source_touched', name);
  }
  const contents = [...there.values()];
  if (!contents.includes(sha256Hex(theirs['taken.txt']))) tell('overwritten_unasked', 'taken.txt');
  if (there.get('foreign.txt') !== sha256Hex(theirs['foreign.txt'])) tell('lost', 'foreign.txt');
  if (!contents.includes(sha256Hex(before['removed/old.txt']))) tell('lost', 'removed/old.txt is not in the archive');
  const expected = Object.keys(after).length + 3;
  if (there.size !== expected) tell('diverged', `${there.size} files instead of ${expected}: ${[...there.keys()]}`);
  return { faults, sentences, tell };
}

interface Started {
  readonly ending?: string;
  readonly steps: number;
  readonly said: string;
}

function start({ program, work }: KillScene, order: MirrorOrder): Promise<Started> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(work, 'compiled') };
    const child = spawn(node24, ['--disable-warning=ExperimentalWarning', program, JSON.stringify(order)], { env });
    let out = '';
    let error = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr.on('data', (part: Buffer) => (error += part.toString()));
    child.on('close', () => {
      const ended = out === '' ? {} : (JSON.parse(out) as { readonly ending: string; readonly steps: number });
      resolve({ steps: 0, ...ended, said: `${out} ${error.slice(-1_000)}` });
    });
  });
}

async function writeAll(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    if (name === 'moved/renamed.txt') continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  if ('moved/renamed.txt' in files) await mkdir(join(folder, 'moved'), { recursive: true });
}

async function overwrite(drive: Drive, home: string, name: string, bytes: Uint8Array): Promise<void> {
  const there = await drive.stat({ path: parsePath(`${home}/${name}`) });
  const replace = there?.type === 'file' ? { replace: there.revision } : {};
  await drive.upload({ folder: { path: parsePath(home) }, name, ...replace }, bytes, digestsOf(bytes));
}

async function readAll(drive: Drive, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of drive.read({ path: parsePath(path) })) parts.push(part);
  return Buffer.concat(parts);
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}
