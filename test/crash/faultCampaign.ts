import { createHash } from 'node:crypto';
import { isDossierError } from '../../shared/core/errors.ts';
import { parsePath } from '../../shared/core/paths.ts';
import { bytesSource } from '../../shared/drive/source.ts';
import { createDeliveryJournal } from '../../shared/report/content/delivery.ts';
import { submit } from '../../shared/report/deliver/submit.ts';
import { type Attachment, newReport } from '../../shared/report/model/report.ts';
import { createReportId } from '../../shared/report/model/reportId.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { companionNames } from '../deliveredNames.ts';
import { interceptedHttp } from '../support/interceptedHttp.ts';
import { patternBytes } from '../support/uploads.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { askedWaitSeconds, type FaultName, faultNames, type Meaning, meaningOfFault } from './faultShapes.ts';
import type { Between, FaultTarget, FaultTargetKind, StoredFile } from './faultTarget.ts';
import { oddAnswers, oddAnswersOf } from './oddAnswers.ts';

/** One fault at one request, passing or lasting. */
export interface FaultCase {
  /** A fault of any request, or the name of an odd answer. */
  readonly fault: string;
  /** Which request; for an odd answer, which of those that it strikes. */
  readonly at: number;
  readonly lasting: boolean;
  /** Requests of an undisturbed report. */
  readonly calm: number;
}

export interface Verdict {
  readonly case: FaultCase;
  /** Said to be submitted while something was not there. */
  readonly falseSubmitted: boolean;
  /** Could not be brought to its end after the fault had passed. */
  readonly lost: boolean;
  /** What lies at the destination, where that is more than one report. */
  readonly doubled: readonly string[];
  /** Folders that were left with nothing in them. */
  readonly littered: readonly string[];
  /** Ended in an error that does not say what happened. */
  readonly wrongCode: string | undefined;
  /** Asked more often, or sooner, than makes sense. */
  readonly impatient: string | undefined;
}

const description = 'Water rose by 2 m.\n';
const names = ['empty.txt', 'photo.jpg', 'video.mp4'];
const root = { path: parsePath('/Reports') };
const connections = 8;
const attempts = 6;
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** The report: nothing, a chunk and a quarter, two chunks and a quarter. The same for every case of a kind. */
interface Original {
  readonly attachments: readonly Attachment[];
  readonly contents: readonly Uint8Array[];
  readonly expected: readonly { readonly name: string; readonly sha256: string }[];
}

const originals = new Map<number, Original>();

function originalOf({ chunkSize }: FaultTargetKind): Original {
  const known = originals.get(chunkSize);
  if (known) return known;
  const contents = [0, chunkSize * 1.25, chunkSize * 2.25].map((size, index) => patternBytes(0, size, index + 1));
  const attachments = contents.map(
    (bytes, index): Attachment => ({
      id: `a${index}`,
      name: names[index] as string,
      mediaType: 'application/octet-stream',
      size: bytes.length,
      source: { kind: 'test', index },
      fingerprint: `bytes:${bytes.length}`,
    }),
  );
  const expected = [
    ...contents.map((bytes, index) => ({ name: names[index] as string, sha256: sha256(bytes) })),
    { name: 'description.txt', sha256: sha256(description) },
  ];
  const original: Original = { attachments, contents, expected };
  originals.set(chunkSize, original);
  return original;
}

/**
 * A report to be sent by one process after another, each with a client and a journal of its own over the same records.
 */
function createSending(target: FaultTarget, { attachments, contents }: Original, between: Between) {
  const sources = {
    open: async ({ source }: Attachment) => bytesSource(contents[Number(source['index'])] as Uint8Array),
  };
  const clock = createVirtualClock({ auto: true });
  const state = createMemoryState();
  const report = newReport(
    { title: 'Flood', description, attachments },
    { id: createReportId(clock.now()), connection: 'c', now: clock.now() },
  );
  const send = () => {
    const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
    return submit({ report, drive: target.client(clock, between), root, sources, journal, clock });
  };
  return { clock, send };
}

/** Requests of an undisturbed report: all, and those that each odd answer strikes. */
export interface CalmReport {
  readonly requests: number;
  readonly struck: Readonly<Record<string, number>>;
}

export async function countRequests(kind: FaultTargetKind): Promise<CalmReport> {
  const target = await kind.open();
  const struck = Object.fromEntries(oddAnswersOf(kind.protocol).map((name) => [name, 0]));
  const between: Between = (http) => ({
    send(request) {
      for (const name of Object.keys(struck)) if (oddAnswers[name]!.strikes(request)) struck[name]!++;
      return http.send(request);
    },
  });
  try {
    await createSending(target, originalOf(kind), between).send();
    return { requests: target.requests, struck };
  } finally {
    await target.close();
  }
}

/** Every fault at every request and every odd answer at every request that it strikes, once passing and once lasting. */
export function allCases({ requests, struck }: CalmReport): FaultCase[] {
  const indexes = Array.from({ length: requests }, (_, index) => index + 1);
  const passingAndLasting = (fault: string, at: number) =>
    [false, true].map((lasting): FaultCase => ({ fault, at, lasting, calm: requests }));
  return [
    ...indexes.flatMap((at) => faultNames.flatMap((fault) => passingAndLasting(fault, at))),
    ...Object.entries(struck).flatMap(([name, count]) =>
      indexes.slice(0, count).flatMap((at) => passingAndLasting(name, at)),
    ),
  ];
}

/** Makes the fault strike; gives what lies between the clients and the server meanwhile, and what takes it away. */
function plant(target: FaultTarget, { fault, at, lasting }: FaultCase): { between: Between; clear(): void } {
  const odd = oddAnswers[fault];
  if (odd === undefined) {
    target.inject(fault as FaultName, at, lasting);
    return { between: (http) => http, clear: () => target.clear() };
  }
  let planted = true;
  const isStruck = (nth: number) => planted && (nth === at || (lasting && nth > at));
  const { strikes, instead, afterwards, text } = odd;
  const interference = {
    matches: strikes,
    ...(instead && { instead: (_: unknown, nth: number) => (isStruck(nth) ? instead : undefined) }),
    ...(afterwards && { afterwards: (_: unknown, nth: number) => (isStruck(nth) ? afterwards : undefined) }),
    ...(text && { text: (body: string, _: unknown, nth: number) => (isStruck(nth) ? text(body) : body) }),
  };
  return {
    between: (http) => interceptedHttp(http, interference),
    clear() {
      planted = false;
    },
  };
}

export async function runCase(kind: FaultTargetKind, each: FaultCase): Promise<Verdict> {
  const target = await kind.open();
  try {
    const original = originalOf(kind);
    const planted = plant(target, each);
    const { clock, send } = createSending(target, original, planted.between);
    const first = await attempt(send);
    const requests = target.requests;
    planted.clear();
    const waited = clock.slept;
    let ended = first;
    // A passing fault may still end the first sending; each of these is another process.
    for (let resumes = 0; ended !== undefined && resumes < 3; resumes++) ended = await attempt(send);
    const stored = await target.stored();
    return {
      case: each,
      // Once submitted, nothing was sent any more: what is there now was there then.
      falseSubmitted: first === undefined && !isWhole(original, stored),
      lost: ended !== undefined || !isWhole(original, stored),
      doubled:
        stored.length > original.attachments.length + companionNames.length ? stored.map(({ path }) => path) : [],
      littered: target.folders().filter((folder) => !stored.some(({ path }) => path.startsWith(`${folder}/`))),
      wrongCode: wrongCode(kind, each, first) ?? (ended === undefined ? undefined : `then ${ended}`),
      impatient: impatience(kind, each, first, requests, waited),
    };
  } finally {
    await target.close();
  }
}

/** What a client should make of the fault there. */
function meaningOf({ unnoticed, decisive }: FaultTargetKind, fault: string): Meaning & { unnoticed: boolean } {
  const odd = oddAnswers[fault];
  if (odd) return { codes: odd.codes, repeated: odd.outlived, unnoticed: odd.harmless === true };
  const name = fault as FaultName;
  const { codes, repeated } = meaningOfFault[name];
  return { codes, repeated: repeated && !decisive.includes(name), unnoticed: unnoticed.includes(name) };
}

/** The code that it ended in, or nothing when it was said to be submitted. */
async function attempt(send: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    return isDossierError(error) ? error.code : String(error);
  }
}

/** All files in one folder with the right content, and a manifest beside them. */
function isWhole({ expected }: Original, stored: readonly StoredFile[]): boolean {
  const manifest = stored.find(({ path }) => path.endsWith('/dossier.json'));
  if (manifest === undefined) return false;
  const folder = manifest.path.slice(0, -'/dossier.json'.length);
  const isThere = (name: string) => stored.some(({ path }) => path === `${folder}/${name}`);
  if (!companionNames.every(isThere)) return false;
  return expected.every(({ name, sha256: wanted }) =>
    stored.some(({ path, sha256: found }) => path === `${folder}/${name}` && found === wanted),
  );
}

function wrongCode(kind: FaultTargetKind, { fault, lasting }: FaultCase, code: string | undefined): string | undefined {
  const { codes, repeated, unnoticed } = meaningOf(kind, fault);
  if (code === undefined) return lasting && !unnoticed ? 'submitted although the fault lasted' : undefined;
  if (!(codes as readonly string[]).includes(code)) return code;
  return !lasting && repeated ? `${code}, although it passed` : undefined;
}

/**
 * Where repeating cannot help, only requests that were under way already may follow; elsewhere each of them may be made
 * a few times. A fault that shows only in some answers strikes with the first of these, which may be the last of all.
 */
function impatience(
  kind: FaultTargetKind,
  { fault, at, lasting, calm }: FaultCase,
  code: string | undefined,
  requests: number,
  waited: number,
): string | undefined {
  const { repeated, unnoticed } = meaningOf(kind, fault);
  const isOdd = fault in oddAnswers;
  const before = unnoticed || isOdd ? calm : at - 1;
  // What contradicts itself is looked at between the attempts.
  const most = before + (repeated ? connections * attempts * (isOdd ? 2 : kind.requestsPerTry) : connections * 2);
  if (lasting && requests > most) return `${requests} requests, ${most} would do`;
  if (fault === '429' && code === undefined && waited < askedWaitSeconds * 1000)
    return `waited ${waited} ms of ${askedWaitSeconds} s`;
  return undefined;
}
