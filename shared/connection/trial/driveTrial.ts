import { isDossierError, toDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import { redact } from '../../core/redact.ts';
import { type Sentence, say, type Translate, toText } from '../../core/sentence.ts';
import type { Drive, RemoveContext } from '../../drive/drive.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { FolderEntry } from '../../drive/entry.ts';
import { type ReportHead, reportHead, tableRow } from '../test/testReport.ts';
import { type Obligation, obligations } from './obligations.ts';
import { type BenchPorts, Broken, createTrialBench, trialName } from './trialBench.ts';

/** `unknown`: the try itself failed, or the time was up, so that nothing is known. `skipped`: does not apply. */
export type TrialState = 'kept' | 'broken' | 'unknown' | 'skipped';

export interface TrialResult {
  readonly id: string;
  readonly promise: Sentence;
  readonly state: TrialState;
  /** What was seen; absent where the promise was kept. */
  readonly found?: Sentence;
  /** What it means for reports, where it was broken. */
  readonly consequence?: Sentence;
}

export interface DriveTrial {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly results: readonly TrialResult[];
  /** Folder that could not be removed again. */
  readonly left?: DrivePath;
}

export interface TrialPorts extends BenchPorts {
  /** Told before each obligation. */
  readonly onStep?: (promise: Sentence, number: number, count: number) => void;
}

/** After this time no further obligation is begun, milliseconds. */
const mostMs = 300_000;

/**
 * Tries what Dossier asks of a drive on the drive itself, in a new folder below `folder` that is removed at the end.
 * At most about 150 requests, 40 MB and five minutes.
 *
 * @throws what making the folder throws, and `cancelled`; the folder is removed then too.
 */
export async function tryDrive(drive: Drive, folder: DrivePath, ports: TrialPorts): Promise<DriveTrial> {
  const { clock, randomBytes, context, onStep } = ports;
  const at = clock.now();
  const parent = await ensureFolder(drive, folder, context);
  const home = await drive.createFolder(parent, trialName(randomBytes), context);
  const results: TrialResult[] = [];
  let left: DrivePath | undefined;
  try {
    for (const obligation of obligations) {
      onStep?.(obligation.promise, results.length + 1, obligations.length);
      const late = clock.now() - at > mostMs;
      results.push(late ? untried(obligation) : await resultOf(obligation, drive, home, ports));
    }
  } finally {
    left = await removed(drive, home, {});
  }
  return { at, results, ...(left === undefined ? {} : { left }) };
}

async function removed(drive: Drive, home: FolderEntry, context: RemoveContext): Promise<DrivePath | undefined> {
  try {
    await drive.remove(home, { ...context, permanently: true });
    return undefined;
  } catch {
    return home.path;
  }
}

function skipped({ id, promise }: Obligation, found: Sentence): TrialResult {
  return { id, promise, state: 'skipped', found };
}

/** What nobody had time for may be kept or not. */
function untried({ id, promise }: Obligation): TrialResult {
  return { id, promise, state: 'unknown', found: say`The time was up` };
}

async function resultOf(
  obligation: Obligation,
  drive: Drive,
  home: FolderEntry,
  ports: TrialPorts,
): Promise<TrialResult> {
  const { id, promise, consequence, applies, tried } = obligation;
  if (applies && !applies(drive)) return skipped(obligation, say`This kind of server has no such thing`);
  try {
    const own = createTrialBench(drive, home, ports);
    const folder = await own.folder(home, id);
    await tried({ ...own, home: folder });
    return { id, promise, state: 'kept' };
  } catch (thrown) {
    if (thrown instanceof Broken) return { id, promise, state: 'broken', found: thrown.found, consequence };
    if (isDossierError(thrown, 'cancelled') || ports.context.signal?.aborted) throw thrown;
    const { sentence, message } = toDossierError(thrown);
    return { id, promise, state: 'unknown', found: sentence ?? say`${message}` };
  }
}

/** The result in one sentence. */
export function trialVerdict({ results, left }: DriveTrial): Sentence {
  const of = (state: TrialState) => results.filter((each) => each.state === state).length;
  const [kept, broken, unknown] = [of('kept'), of('broken'), of('unknown')];
  const said =
    broken === 0 && unknown === 0
      ? say`This drive keeps all that Dossier asks of it (${kept})`
      : say`This drive keeps ${kept} of the things that Dossier asks of it; not kept: ${broken}, not known: ${unknown}`;
  return left === undefined ? said : say`${said}. Remove the folder ${left} by hand`;
}

const marks: Readonly<Record<TrialState, string>> = { kept: '✓', broken: '✗', unknown: '?', skipped: '–' };

/** A trial as Markdown that can be copied and shown to others: without secrets. */
export function trialReport(trial: DriveTrial, head: ReportHead, translate?: Translate): string {
  const rows = trial.results.map(({ promise, state, found, consequence }) => {
    const words = [found, consequence].flatMap((each) => (each ? [toText(each, translate)] : []));
    return tableRow([marks[state], toText(promise, translate), words.join('. ')]);
  });
  const columns = ['', toText(say`What Dossier asks`, translate), toText(say`What was found`, translate)];
  return redact(
    [
      ...reportHead(trial.at, head, toText(trialVerdict(trial), translate)),
      tableRow(columns),
      '|---|---|---|',
      ...rows,
      '',
    ].join('\n'),
  );
}
