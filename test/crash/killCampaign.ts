import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { attachmentOf } from '../../extension/src/model/files/fileSources.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import {
  createDriveState,
  createReportId,
  newReport,
  parsePath,
  type Report,
  type StateStore,
} from '../../shared/index.ts';
import { createMemoryState, createReports } from '../../shared/testing.ts';
import { companionNames } from '../deliveredNames.ts';
import { node24 } from '../hosts/node24.ts';
import { openAddress } from './killAddress.ts';
import { openPlace, type Place, type PlaceName, type StoredFile } from './killPlaces.ts';
import type { KillPoint } from './killPoints.ts';
import { description, type Scene, type StateKind } from './killScene.ts';
import { holdMs, type SenderOrder } from './senderOrder.ts';

/** What one killed and restarted sending came to. */
export interface KillVerdict {
  readonly place: PlaceName;
  readonly state: StateKind;
  readonly point: KillPoint;
  /** Files that the report should have and the destination has not, as they were. */
  readonly lost: number;
  /** Manifests and files beyond one of each. */
  readonly doubled: number;
  /** It was submitted at some time while something was missing. */
  readonly falseSubmitted: boolean;
  /** Chunks sent again that were not in flight at the kill. */
  readonly resent: number;
  /** Of the chunks sent again, those that the server had answered, though the record of it was still being written. */
  readonly resentAnswered: number;
  readonly trouble?: string;
}

const mostStarts = 12;
const folder = '/case';

export function allPoints(steps: number): KillPoint[] {
  return Array.from({ length: steps }, (_, index) =>
    (['before', 'after'] as const).map((when): KillPoint => ({ step: index + 1, when })),
  ).flat();
}

/** Steps of a sending that nobody kills. */
export async function countSteps(scene: Scene): Promise<number> {
  return atPlace(scene, async (_place, order) => {
    const { result, error } = await start(scene, order);
    if (result?.state !== 'submitted')
      throw new Error(`${scene.place}, ${scene.state}: the report is not even submitted in peace: ${error}`);
    return result.steps;
  });
}

/**
 * Kills a sending at a point, starts it again until it is done, and looks at what has become of it. Everything is fresh
 * for each point.
 */
export async function runPoint(scene: Scene, point: KillPoint): Promise<KillVerdict> {
  return atPlace(scene, async (place, order) => {
    const [killed] = (await Promise.all([
      start(scene, { ...order, kill: point }),
      ...(scene.state === 'by key' ? [start(scene, order)] : []),
    ])) as [Started, Started?];
    const known = knownIn(order.trace);
    let falseSubmitted = killed.result?.state === 'submitted' && missing(scene, await place.stored(folder)) > 0;
    let trouble: string | undefined;
    let ended: Started = killed;
    for (let starts = 1; ended.result?.state !== 'submitted' && starts < mostStarts; starts++) {
      ended = await start(scene, order);
      if (ended.result === undefined) trouble = ended.error;
    }
    if (ended.result?.state !== 'submitted')
      trouble ??= `ended as ${ended.result?.state ?? 'nothing'}: ${ended.result?.interruption?.reason ?? ''}`;
    else trouble = undefined;
    const stored = await place.stored(folder);
    const lost = missing(scene, stored);
    falseSubmitted ||= ended.result?.state === 'submitted' && lost > 0;
    const [resent, resentAnswered] = [known.recorded, known.answered].map((chunks) =>
      sentAgain(order.trace, chunks, known.lines),
    ) as [number, number];
    return {
      place: scene.place,
      state: scene.state,
      point,
      lost,
      doubled: surplus(scene, stored),
      falseSubmitted,
      resent,
      resentAnswered,
      ...(trouble === undefined ? {} : { trouble }),
    };
  });
}

/** A place of its own with one report that waits to be sent. */
async function atPlace<T>(scene: Scene, work: (place: Place, order: SenderOrder) => Promise<T>): Promise<T> {
  const place = await openPlace(scene.place);
  const scratch = mkdtempSync(join(scene.work, 'case-'));
  try {
    // Only those that send meet what is odd.
    const drive = openAddress({ ...place.address, odd: [] }, { http: (port) => port, files: (port) => port });
    await drive.createFolder({ path: parsePath('/') }, folder.slice(1));
    const sqlite = scene.state === 'sqlite' ? join(scratch, 'state.db') : undefined;
    const store: StateStore =
      scene.state === 'by key'
        ? createMemoryState()
        : sqlite === undefined
          ? createDriveState({ drive, folder: parsePath(`${folder}/.dossier/state`), clock: nodeClock, holdMs })
          : createSqliteState(sqlite);
    const attachments = await Promise.all(scene.originals.map((path) => attachmentOf(nodeFiles, path)));
    const report: Report = newReport(
      { title: 'Flood', description, attachments },
      { id: createReportId(Date.now()), connection: 'c', now: Date.now() },
    );
    await createReports(store).save(report, 0, Date.now());
    await store.close();
    return await work(place, {
      address: place.address,
      folder,
      report: report.id,
      trace: join(scratch, 'trace'),
      ...(sqlite === undefined ? {} : { sqlite }),
      ...(scene.state === 'by key' ? { keyed: report } : {}),
    });
  } finally {
    await place.close();
    rmSync(scratch, { recursive: true });
  }
}

interface Started {
  readonly result?: {
    readonly state: string;
    readonly steps: number;
    readonly interruption?: { readonly reason: string };
  };
  readonly error: string;
}

function start({ sender, work }: Scene, order: SenderOrder): Promise<Started> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(work, 'compiled') };
    const child = spawn(node24, ['--disable-warning=ExperimentalWarning', sender, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    let out = '';
    let error = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr.on('data', (part: Buffer) => (error += part.toString()));
    child.on('close', (_code, signal) => {
      const result = out === '' ? undefined : (JSON.parse(out) as Started['result']);
      resolve({ ...(result ? { result } : {}), error: signal ?? error.slice(-2000) });
    });
  });
}

const inReports = (stored: readonly StoredFile[]): StoredFile[] =>
  stored.filter(({ path }) => path.startsWith(`${folder}/Reports/`));

/** Files of the report that its folder does not hold as they are here, and as the manifest says. */
function missing({ wanted }: Scene, all: readonly StoredFile[]): number {
  const stored = inReports(all);
  const manifest = stored.find(({ path }) => path.endsWith('/dossier.json'));
  if (!manifest) return wanted.length;
  const home = manifest.path.slice(0, -'/dossier.json'.length);
  const absent = companionNames.filter((name) => !stored.some(({ path }) => path === `${home}/${name}`));
  if (absent.length > 0) return absent.length;
  return wanted.filter(
    ({ name, sha256 }) => !stored.some((file) => file.path === `${home}/${name}` && file.sha256 === sha256),
  ).length;
}

function surplus({ state }: Scene, all: readonly StoredFile[]): number {
  // Hidden beginnings of uploads, which no listing of the drive shows; without records nobody knows of those in Nextcloud.
  const hidden = state === 'by key' ? /\/\.dossier-[0-9a-f]{32}\.(tmp|upload)$/ : /\/\.dossier-[0-9a-f]{32}\.tmp$/;
  const stored = inReports(all).filter(({ path }) => !hidden.test(path));
  return (
    stored.length -
    new Set(stored.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))).size +
    Math.max(0, stored.length - 7)
  );
}

interface Known {
  readonly answered: ReadonlySet<string>;
  readonly recorded: ReadonlySet<string>;
  readonly lines: number;
}

function linesOf(trace: string): string[] {
  return existsSync(trace)
    ? readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

/**
 * What was known of chunks when the process died: a chunk is in flight from its sending until it is recorded as
 * received.
 */
function knownIn(trace: string): Known {
  const lines = linesOf(trace);
  const of = (what: string) =>
    new Set(lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1)));
  return { answered: of('answered'), recorded: of('recorded'), lines: lines.length };
}

function sentAgain(trace: string, chunks: ReadonlySet<string>, after: number): number {
  return linesOf(trace)
    .slice(after)
    .filter((line) => line.startsWith('sent ') && chunks.has(line.slice('sent '.length))).length;
}
