import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { nodeFiles } from '../../extension/src/host/nodeFiles.ts';
import { createSqliteState } from '../../extension/src/host/sqliteState.ts';
import { attachmentOf } from '../../extension/src/reports/fileSources.ts';
import { createDriveState, createReportId, createReports, newReport, parsePath, type Report, sha256Hex, type StateStore, utf8 } from '../../shared/index.ts';
import { node24 } from '../hosts/node24.ts';
import { seededBytes } from '../support/seeded.ts';
import { openAddress, openPlace, type Place, type PlaceName, placeNames } from './killPlaces.ts';
import type { KillPoint } from './killPoints.ts';
import { holdMs, type SenderOrder } from './senderOrder.ts';

export const stateKinds = ['sqlite', 'on drive'] as const;
export type StateKind = (typeof stateKinds)[number];

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

/** One place with one kind of state: a fresh folder for every point, on one server. */
export interface Scene {
  readonly place: PlaceName;
  readonly state: StateKind;
  /** Steps of a sending that nobody kills. */
  readonly steps: number;
  run(point: KillPoint): Promise<KillVerdict>;
  close(): Promise<void>;
}

const mostStarts = 12;

export async function openScene(placeName: PlaceName, state: StateKind): Promise<Scene> {
  const work = mkdtempSync(join(tmpdir(), 'dossier-kill-'));
  const place = await openPlace(placeName);
  const originals = writeOriginals(work, place.chunkSize);
  let cases = 0;

  const prepare = async (): Promise<SenderOrder> => {
    const folder = `/case ${++cases}`;
    const drive = openAddress(place.address, { http: (port) => port, files: (port) => port });
    await drive.createFolder({ path: parsePath('/') }, folder.slice(1));
    const sqlite = state === 'sqlite' ? join(work, `${cases}.db`) : undefined;
    const store: StateStore = sqlite === undefined ? createDriveState({ drive, folder: parsePath(`${folder}/.dossier/state`), clock: nodeClock, holdMs }) : createSqliteState(sqlite);
    const attachments = await Promise.all(originals.map((path) => attachmentOf(nodeFiles, path)));
    const report: Report = newReport({ title: 'Flood', description: 'Water', attachments }, { id: createReportId(Date.now()), connection: 'c', now: Date.now() });
    await createReports(store).save(report, 0, Date.now());
    await store.close();
    return { address: place.address, folder, report: report.id, trace: join(work, `${cases}.trace`), ...(sqlite === undefined ? {} : { sqlite }) };
  };

  const calm = await prepare();
  const first = await start(calm);
  if (first.result?.state !== 'submitted') throw new Error(`${placeName}, ${state}: the report is not even submitted in peace: ${first.error}`);

  return {
    place: placeName,
    state,
    steps: first.result.steps,
    async run(point) {
      const order = await prepare();
      const killed = await start({ ...order, kill: point });
      const known = knownIn(order.trace);
      let falseSubmitted = killed.result?.state === 'submitted' && (await missing(place, order.folder, originals)) > 0;
      let trouble: string | undefined;
      let ended: Started = killed;
      for (let starts = 1; ended.result?.state !== 'submitted' && starts < mostStarts; starts++) {
        ended = await start(order);
        if (ended.result === undefined) trouble = ended.error;
      }
      if (ended.result?.state !== 'submitted') trouble ??= `ended as ${ended.result?.state ?? 'nothing'}: ${ended.result?.interruption?.reason ?? ''}`;
      else trouble = undefined;
      const lost = await missing(place, order.folder, originals);
      falseSubmitted ||= ended.result?.state === 'submitted' && lost > 0;
      const verdict = { lost, doubled: await surplus(place, order.folder), falseSubmitted, resent: sentAgain(order.trace, known.recorded, known.lines), resentAnswered: sentAgain(order.trace, known.answered, known.lines) };
      if (existsSync(order.trace)) rmSync(order.trace);
      return { place: placeName, state, point, ...verdict, ...(trouble === undefined ? {} : { trouble }) };
    },
    async close() {
      await place.close();
      rmSync(work, { recursive: true });
    },
  };
}

export function allPoints(steps: number): KillPoint[] {
  return Array.from({ length: steps }, (_, index) => (['before', 'after'] as const).map((when): KillPoint => ({ step: index + 1, when }))).flat();
}

export const allScenes: readonly (readonly [PlaceName, StateKind])[] = placeNames.flatMap((place) => stateKinds.map((state) => [place, state] as const));

interface Started {
  readonly result?: { readonly state: string; readonly steps: number; readonly interruption?: { readonly reason: string } };
  readonly error: string;
}

function start(order: SenderOrder): Promise<Started> {
  return new Promise((resolve) => {
    const child = spawn(node24, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'sender.ts'), JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
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

function writeOriginals(work: string, chunkSize: number): string[] {
  const folder = join(work, 'originals');
  mkdirSync(folder);
  const sizes: readonly (readonly [string, number])[] = [['empty.txt', 0], ['photo.jpg', chunkSize * 1.5], ['video.mp4', chunkSize * 5]];
  return sizes.map(([name, size]) => {
    const path = join(folder, name);
    writeFileSync(path, seededBytes(size, name));
    return path;
  });
}

/** Files of the report that its folder does not hold as they are here, and as the manifest says. */
async function missing(place: Place, folder: string, originals: readonly string[]): Promise<number> {
  const stored = (await place.stored(folder)).filter(({ path }) => path.startsWith(`${folder}/Reports/`));
  const manifest = stored.find(({ path }) => path.endsWith('/dossier.json'));
  if (!manifest) return originals.length + 1;
  const home = manifest.path.slice(0, -'/dossier.json'.length);
  const wanted = [['description.txt', sha256Hex(utf8('Water'))] as const, ...originals.map((path) => [path.slice(path.lastIndexOf('/') + 1), sha256Hex(readFileSync(path))] as const)];
  return wanted.filter(([name, sha256]) => !stored.some((file) => file.path === `${home}/${name}` && file.sha256 === sha256)).length;
}

async function surplus(place: Place, folder: string): Promise<number> {
  const inReports = (await place.stored(folder)).filter(({ path }) => path.startsWith(`${folder}/Reports/`));
  // Hidden beginnings of uploads to a local folder, which no listing of the drive shows.
  const stored = inReports.filter(({ path }) => !/\/\.dossier-[0-9a-f]{32}\.tmp$/.test(path));
  return stored.length - new Set(stored.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))).size + Math.max(0, stored.length - 5);
}

interface Known {
  readonly answered: ReadonlySet<string>;
  readonly recorded: ReadonlySet<string>;
  readonly lines: number;
}

function linesOf(trace: string): string[] {
  return existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').filter((line) => line !== '') : [];
}

/** What was known of chunks when the process died: a chunk is in flight from its sending until it is recorded as received. */
function knownIn(trace: string): Known {
  const lines = linesOf(trace);
  const of = (what: string) => new Set(lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1)));
  return { answered: of('answered'), recorded: of('recorded'), lines: lines.length };
}

function sentAgain(trace: string, chunks: ReadonlySet<string>, after: number): number {
  return linesOf(trace).slice(after).filter((line) => line.startsWith('sent ') && chunks.has(line.slice('sent '.length))).length;
}
