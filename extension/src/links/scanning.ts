import * as vscode from 'vscode';
import {
  type Clock,
  isDossierError,
  type Link,
  type Log,
  toDossierError,
  type Unread,
  vouchForRecorded,
  type WalkOptions,
  type WalkProgress,
} from '../../../shared/index.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import type { LinkedFolders } from '../model/links/linkedFolders.ts';
import type { LinkMarks } from '../model/links/linkMarks.ts';
import type { Problems } from '../ui/problems.ts';
import { unlessCancelled } from '../ui/unlessCancelled.ts';

/** Finds out what changed in linked folders and records it, in the background and on request. */
export interface Scanning extends vscode.Disposable {
  /** A link's progress or its problem changed. */
  readonly onDidProgress: vscode.Event<Link>;
  /** A scan of a link is over, and something was recorded. */
  readonly onDidRecord: vscode.Event<Link>;
  /** Of a scan that takes long enough to be told of: whoever is shown it is also told that it is over. */
  progress(link: Link): WalkProgress | undefined;
  /** Why the last scan of a link failed. */
  problem(link: Link): string | undefined;
  /** What the last scan of a link could not read. */
  unread(link: Link): readonly Unread[];
  /**
   * Joins a scan that is under way. `sweep`: list everything instead of asking what changed, after the one that is
   * under way.
   */
  scan(connection: string, link: Link, options?: ScanOptions): Promise<WalkProgress>;
  /**
   * Leaves the links of a connection to `work` until it is over: no round looks through them. Whoever has just linked a
   * folder hears then what its own scan recorded, and not that a round was faster.
   */
  leaveTo<T>(connection: string, work: () => Promise<T>): Promise<T>;
  /** Looks through what is due, and from then on at the interval of the settings. */
  start(): void;
  /** Stops, and gives the folders to others at once: they need not wait for somebody who is gone. */
  leave(): Promise<void>;
}

export interface ScanOptions {
  readonly sweep?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WalkProgress) => void;
}

export interface ScanningOptions {
  readonly folders: LinkedFolders;
  readonly publishing: Pick<Publishing, 'recorded'>;
  readonly marks: LinkMarks;
  readonly problems: Problems;
  readonly clock: Clock;
  readonly log: Log;
}

const setting = 'linkedFolders.scanMinutes';
const minuteMs = 60_000;
/** One notification for all that is new; the log names each. */
async function warnOf({ folder }: Link, news: readonly Unread[]): Promise<void> {
  const showLog = vscode.l10n.t('Show Log');
  const sentence = vscode.l10n.t(
    'In the linked folder "{0}", {1} could not be read, such as "{2}". The rest is recorded, and nothing of it as deleted.',
    folder.path,
    news.length,
    news[0]?.spelling ?? news[0]?.path ?? '',
  );
  if ((await vscode.window.showWarningMessage(sentence, showLog)) === showLog)
    await vscode.commands.executeCommand('dossier.showLog');
}

const everywhereSetting = 'linkedFolders.everyFolderHours';

/** How long ago the last look into every folder may be. */
function everywhereAfter(): Pick<WalkOptions, 'everywhereAfterMs'> {
  const hours = vscode.workspace.getConfiguration('dossier').get<number>(everywhereSetting, 24);
  return hours > 0 ? { everywhereAfterMs: hours * 60 * minuteMs } : {};
}
/**
 * Rows of the tree follow this often; a scan that is over sooner is not shown. Each drawing takes the rows below out of
 * reach for a moment.
 */
const showEveryMs = 500;

export function createScanning({ folders, publishing, marks, problems, clock, log }: ScanningOptions): Scanning {
  const progressed = new vscode.EventEmitter<Link>();
  const recorded = new vscode.EventEmitter<Link>();
  const running = new Map<string, Promise<WalkProgress>>();
  const progresses = new Map<string, WalkProgress>();
  const failures = new Map<string, string>();
  const unread = new Map<string, readonly Unread[]>();
  /** When the rows of scans that take their time were drawn last. */
  const drawn = new Map<string, number>();
  const attesting = new Set<string>();
  /** How many works have the links of a connection to themselves. */
  const left = new Map<string, number>();
  const closing = new AbortController();
  let round = new AbortController();
  let started = false;

  const walk = (
    connection: string,
    link: Link,
    { sweep = false, signal: own, onProgress }: ScanOptions,
  ): Promise<WalkProgress> => {
    const signal = own ? AbortSignal.any([own, closing.signal]) : closing.signal;
    return folders.within(
      connection,
      (bound) => {
        const show = (progress: WalkProgress) => {
          progresses.set(link.id, progress);
          onProgress?.(progress);
          if (clock.now() - (drawn.get(link.id) ?? Infinity) >= showEveryMs) draw(link);
        };
        return bound.walk(link, { sweep, ...everywhereAfter(), signal, onProgress: show });
      },
      signal,
    );
  };

  const draw = (link: Link) => {
    drawn.set(link.id, clock.now());
    progressed.fire(link);
  };

  const scan = async (connection: string, link: Link, options: ScanOptions): Promise<WalkProgress> => {
    const over = new AbortController();
    const problem = failures.get(link.id);
    const before = unread.get(link.id);
    progresses.set(link.id, { files: 0, recorded: 0 });
    clock.sleep(showEveryMs, over.signal).then(
      () => draw(link),
      () => undefined,
    );
    try {
      const progress = await walk(connection, link, options);
      failures.delete(link.id);
      tellUnread(connection, link, progress.unread ?? []);
      log.write('info', 'A linked folder was looked through', { ...progress });
      void followUp(connection, link, progress.recorded > 0);
      return progress;
    } catch (error) {
      if (isDossierError(error, 'cancelled'))
        failures.set(link.id, vscode.l10n.t('The scan was stopped; the next one goes on from there'));
      else failures.set(link.id, problems.describe(error) ?? '');
      throw error;
    } finally {
      over.abort();
      running.delete(link.id);
      const hasRecorded = (progresses.get(link.id)?.recorded ?? 0) > 0;
      progresses.delete(link.id);
      const wasDrawn = drawn.delete(link.id);
      if (hasRecorded) recorded.fire(link);
      else if (wasDrawn || problem !== failures.get(link.id) || before !== unread.get(link.id)) progressed.fire(link);
    }
  };

  /** Said once, when something cannot be read that could be before. */
  const tellUnread = (connection: string, link: Link, found: readonly Unread[]): void => {
    const known = unread.get(link.id) ?? [];
    if (JSON.stringify(found) === JSON.stringify(known)) return;
    unread.set(link.id, found);
    const keyOf = ({ path, spelling }: Unread) => JSON.stringify([path, spelling]);
    const keys = new Set(known.map(keyOf));
    const news = found.filter((each) => !keys.has(keyOf(each)));
    for (const { path, spelling, code, reason } of news)
      log.write('warn', 'Something in a linked folder could not be read', { connection, path, spelling, code, reason });
    if (news.length > 0) void warnOf(link, news);
  };

  const join = async (
    under: Promise<WalkProgress>,
    connection: string,
    link: Link,
    options: ScanOptions,
  ): Promise<WalkProgress> => {
    if (!options.sweep) return unlessCancelled(under, options.signal);
    // Whatever comes of that one, it did not list everything.
    await unlessCancelled(Promise.allSettled([under]), options.signal);
    return scanning.scan(connection, link, options);
  };

  /** What takes its time after a scan, and nobody waits for. */
  const followUp = async (connection: string, link: Link, hasRecorded: boolean): Promise<void> => {
    const attested = await attest(connection, link);
    if (!hasRecorded && attested === 0) return;
    await vouch(connection);
    await publishing.recorded(connection);
  };

  /** Reads what was recorded by the service's word alone, where the link wants it; gives the number of files. */
  const attest = async (connection: string, link: Link): Promise<number> => {
    if (link.hashPolicy !== 'providerThenDownload' || attesting.has(link.id)) return 0;
    attesting.add(link.id);
    const { signal } = closing;
    try {
      return await folders.within(connection, async (bound) => (await bound.attest(link)).attested, signal);
    } catch (thrown) {
      log.write('info', 'Reading what was recorded was cut off; the next scan goes on with it', {
        reason: toDossierError(thrown).code,
      });
      return 0;
    } finally {
      attesting.delete(link.id);
    }
  };

  /** Has what was recorded time-stamped, where the settings name an authority. */
  const vouch = async (connection: string): Promise<void> => {
    const { signal } = closing;
    const unstamped = await folders
      .within(connection, ({ ledger }) => vouchForRecorded(ledger, signal), signal)
      .catch(toDossierError);
    if (unstamped)
      log.write('warn', 'What was recorded of linked folders carries no time stamp', { reason: unstamped.message });
  };

  const scanning: Scanning = {
    onDidProgress: progressed.event,
    onDidRecord: recorded.event,
    progress: ({ id }) => (drawn.has(id) ? progresses.get(id) : undefined),
    problem: ({ id }) => failures.get(id),
    unread: ({ id }) => unread.get(id) ?? [],
    scan(connection, link, options = {}) {
      const under = running.get(link.id);
      if (under) return join(under, connection, link, options);
      const begun = scan(connection, link, options);
      running.set(link.id, begun);
      return begun;
    },
    async leaveTo(connection, work) {
      left.set(connection, (left.get(connection) ?? 0) + 1);
      try {
        return await work();
      } finally {
        left.set(connection, (left.get(connection) ?? 1) - 1);
      }
    },
    start() {
      started = true;
      round.abort();
      round = new AbortController();
      void rounds(round.signal);
    },
    async leave() {
      closing.abort();
      round.abort();
      await Promise.allSettled(running.values());
    },
    dispose() {
      closing.abort();
      round.abort();
      configured.dispose();
      progressed.dispose();
      recorded.dispose();
    },
  };

  /** True when nothing is left to be done; what failed is shown at its folder. */
  const scanAll = async (connection: string, signal: AbortSignal): Promise<boolean> => {
    let complete = true;
    for (const link of await folders.reload(connection, signal)) {
      const hasFailed = (thrown: unknown) => {
        complete = false;
        if (isDossierError(thrown, 'cancelled')) throw thrown;
      };
      if (left.get(connection)) return false;
      await scanning.scan(connection, link, { signal }).catch(hasFailed);
    }
    return complete;
  };

  const scanDue = async (intervalMs: number, signal: AbortSignal): Promise<void> => {
    for (const { connection, scannedAt } of await marks.list()) {
      // Another window was there a moment ago.
      if (clock.now() - scannedAt < intervalMs / 2) continue;
      try {
        if (await scanAll(connection, signal)) await marks.scanned(connection, clock.now());
      } catch (thrown) {
        const { code } = toDossierError(thrown);
        if (code !== 'cancelled')
          log.write('warn', 'The linked folders of a connection could not be looked through', {
            connection,
            reason: code,
          });
      }
    }
  };

  const rounds = async (signal: AbortSignal): Promise<void> => {
    const minutes = vscode.workspace.getConfiguration('dossier').get<number>(setting, 0);
    try {
      while (minutes > 0) {
        await scanDue(minutes * minuteMs, signal);
        await clock.sleep(minutes * minuteMs, signal);
      }
    } catch (thrown) {
      const { code } = toDossierError(thrown);
      if (code !== 'cancelled') log.write('error', 'Linked folders are not looked through any more', { reason: code });
    }
  };

  const configured = vscode.workspace.onDidChangeConfiguration((change) => {
    if (started && change.affectsConfiguration(`dossier.${setting}`)) scanning.start();
  });
  return scanning;
}
