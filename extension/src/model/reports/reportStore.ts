import * as vscode from 'vscode';
import {
  type Attachment,
  type Clock,
  compareReports,
  copyKind,
  createReportId,
  type DossierError,
  isDossierError,
  type Log,
  placeOf,
  type Report,
  type ReportFilter,
  type ReportList,
  reportKey,
  type StoredReport,
  toDossierError,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { ReportHome, ReportHomes } from '../storage/reportHomes.ts';
import { createShelf, type Shelf } from './shelf.ts';

/** A report, and where it is kept. Plain JSON. */
export interface KeptReport extends StoredReport {
  /** Id of its home. */
  readonly home: string;
}

export interface KeptList extends ReportList {
  readonly reports: readonly KeptReport[];
}

/** The reports of all homes as one list, and word of every change to them. */
export interface ReportStore extends vscode.Disposable {
  /** Tells that reports were added, changed or removed. */
  readonly onDidChange: vscode.Event<void>;
  /** Reports of this computer, or of one home, were changed. */
  changed(home?: ReportHome): void;
  /** The id of a new report, which nobody needs to be asked about. */
  begin(): string;
  /** As it was last read. */
  get(id: string): Promise<KeptReport | undefined>;
  /** As it is now; asks the drive that keeps it, and fails when that cannot be asked. */
  read(id: string): Promise<KeptReport | undefined>;
  /** As it was last read; of drives that were never read, what they hold follows with `onDidChange`. */
  list(filter?: ReportFilter): Promise<KeptList>;
  /** Reads the drives anew. Gives why some could not be read. */
  refresh(): Promise<DossierError[]>;
  /** How a connection's drive is known: `reading` for the first time, or why it could not be read. */
  standing(connection: string): 'reading' | DossierError | undefined;
  /**
   * Stores a draft where its connection keeps reports; moves it there from where it was. `revision-conflict` when it
   * was changed since.
   */
  save(report: Report, before: KeptReport | undefined, now: number): Promise<KeptReport>;
  /** Stores it as another report, with copies of its own. `before` is where it comes from. */
  fork(report: Report, before: KeptReport | undefined, now: number): Promise<KeptReport>;
}

export interface ReportStoreOptions {
  readonly homes: ReportHomes;
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Drives are read this often while somebody looks at the window: each time costs a request. */
const readEveryMs = 60_000;

export function createReportStore({ homes, connections, clock, log }: ReportStoreOptions): ReportStore {
  const emitter = new vscode.EventEmitter<void>();
  const shelves = new Map<string, Shelf>();
  const begun = new Set<string>();

  const shelfOf = (home: ReportHome): Shelf => {
    const known = shelves.get(home.id);
    if (known) return known;
    const shelf = createShelf(home);
    shelf.onDidChange(() => emitter.fire());
    shelves.set(home.id, shelf);
    return shelf;
  };
  const away = async () => {
    const known = await homes.away();
    for (const [id, shelf] of shelves) {
      if (known.some((home) => home.id === id)) continue;
      shelf.dispose();
      shelves.delete(id);
    }
    return known.map((home) => ({ home, shelf: shelfOf(home) }));
  };
  const kept = (home: ReportHome, stored: StoredReport): KeptReport => ({ ...stored, home: home.id });

  const onShelf = async (id: string): Promise<KeptReport | undefined> => {
    if (begun.has(id)) return undefined;
    const known = await away();
    await Promise.all(known.flatMap(({ shelf }) => (shelf.tried ? [] : [shelf.refresh()])));
    for (const { home, shelf } of known) {
      const stored = shelf.list.reports.find(({ report }) => report.id === id);
      if (stored) return kept(home, stored);
    }
    return undefined;
  };
  const hereIs = async (id: string): Promise<KeptReport | undefined> => {
    const stored = await homes.here.reports.get(id);
    return stored && kept(homes.here, stored);
  };

  const refresh = async (): Promise<DossierError[]> => {
    const known = await away();
    await Promise.all(known.map(({ shelf }) => shelf.refresh()));
    return known.flatMap(({ shelf }) => shelf.problem ?? []);
  };
  const look = () =>
    void (
      vscode.window.state.focused &&
      shelves.size > 0 &&
      refresh().catch((error: unknown) =>
        log.write('warn', 'The drives could not be read', { reason: toDossierError(error).code }),
      )
    );
  const timer = setInterval(look, readEveryMs);
  const focus = vscode.window.onDidChangeWindowState(look);

  const keep = async (home: ReportHome, report: Report, version: number, now: number): Promise<KeptReport> => {
    const saved = await home.reports.save(report, version, now);
    begun.delete(report.id);
    if (home !== homes.here) shelfOf(home).put(saved);
    return kept(home, saved);
  };

  const homeFor = async (report: Report, before: KeptReport | undefined): Promise<ReportHome> => {
    const connection = (await connections.list()).find(({ id }) => id === report.connection);
    return connection ? homes.of(connection) : homes.byId(before?.home ?? '');
  };
  /** With copies of its own: whatever is done with one report takes nothing from another. */
  const withCopies = async (report: Report, from: ReportHome, to: ReportHome): Promise<Report> => {
    const attachments: Attachment[] = [];
    for (const attachment of report.attachments) {
      if (attachment.source.kind === copyKind) {
        const { source, ...copy } = await to.copies.keep(await from.copies.open(attachment));
        attachments.push({ ...attachment, ...copy, source: { ...attachment.source, ...source } });
      } else attachments.push(attachment);
    }
    return { ...report, attachments };
  };

  /**
   * Copies first, then the new record, then the end of the old one: whenever this is cut off, the report is in one
   * place at least.
   */
  const move = async (report: Report, before: KeptReport, home: ReportHome, now: number): Promise<KeptReport> => {
    const old = homes.byId(before.home);
    const saved = await keep(home, await withCopies(report, old, home), 0, now);
    const remove = (from: ReportHome, version: number) =>
      from.state.commit([{ key: reportKey(report.id), value: undefined, expectedVersion: version }]);
    try {
      await remove(old, before.version);
    } catch (error) {
      await remove(home, saved.version);
      if (home !== homes.here) shelfOf(home).drop(report.id);
      throw error;
    }
    if (old !== homes.here) shelfOf(old).drop(report.id);
    for (const attachment of before.report.attachments) {
      await old.copies
        .discard(attachment)
        .catch((error: unknown) =>
          log.write('warn', 'A copy of an attachment could not be removed', { reason: toDossierError(error).code }),
        );
    }
    return saved;
  };

  return {
    onDidChange: emitter.event,
    changed(home = homes.here) {
      if (home === homes.here) emitter.fire();
      else shelfOf(home).reread();
    },
    begin() {
      const id = createReportId(clock.now());
      begun.add(id);
      return id;
    },
    get: async (id) => (await hereIs(id)) ?? onShelf(id),
    async read(id) {
      const here = await hereIs(id);
      if (here) return here;
      const known = await onShelf(id);
      if (known) {
        const home = homes.byId(known.home);
        const stored = await home.reports.get(id);
        return stored && kept(home, stored);
      }
      const unread = begun.has(id) ? undefined : (await away()).find(({ shelf }) => shelf.problem)?.shelf.problem;
      if (unread) throw unread;
      return undefined;
    },
    async list(filter = {}) {
      const here = await homes.here.reports.list();
      const known = await away();
      for (const { shelf } of known) if (!shelf.tried) void shelf.refresh();
      const byId = new Map<string, KeptReport>();
      const all = [
        ...here.reports.map((stored) => kept(homes.here, stored)),
        ...known.flatMap(({ home, shelf }) => shelf.list.reports.map((stored) => kept(home, stored))),
      ];
      // One that was cut off on its way to another home is in both.
      for (const each of all)
        if ((byId.get(each.report.id)?.report.modified ?? -1) < each.report.modified) byId.set(each.report.id, each);
      const { place, connection } = filter;
      const reports = [...byId.values()].filter(
        ({ report }) =>
          (connection === undefined || report.connection === connection) &&
          (place === undefined || placeOf(report.state) === place),
      );
      return {
        reports: reports.sort((a, b) => compareReports(a.report, b.report)),
        damaged: [...here.damaged, ...known.flatMap(({ shelf }) => shelf.list.damaged)],
      };
    },
    refresh,
    standing(connection) {
      const shelf = shelves.get(connection);
      return shelf?.problem ?? (shelf && !shelf.tried ? 'reading' : undefined);
    },
    async save(report, before, now) {
      const home = await homeFor(report, before);
      const moves = before !== undefined && before.home !== home.id;
      const saved = await (moves ? move(report, before, home, now) : keep(home, report, before?.version ?? 0, now));
      emitter.fire();
      return saved;
    },
    async fork(report, before, now) {
      const home = await homeFor(report, before);
      const other = await withCopies(report, homes.byId(before?.home ?? ''), home);
      const saved = await keep(home, { ...other, id: createReportId(now), created: now }, 0, now);
      emitter.fire();
      return saved;
    },
    dispose() {
      clearInterval(timer);
      focus.dispose();
      for (const shelf of shelves.values()) shelf.dispose();
      emitter.dispose();
    },
  };
}

/** Somebody else was faster. */
export function isConflict(error: unknown): boolean {
  return isDossierError(error, 'revision-conflict');
}
