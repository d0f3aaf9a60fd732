import * as vscode from 'vscode';
import { type DossierError, type ReportList, type StoredReport, toDossierError } from '../../../../shared/index.ts';
import type { ReportHome } from '../storage/reportHomes.ts';

/** What was last read of the reports on a drive. A list is shown at once and does not wait for the network. */
export interface Shelf extends vscode.Disposable {
  readonly list: ReportList;
  /** Why the drive could not be read the last time. */
  readonly problem: DossierError | undefined;
  /** It was read at least once, with or without success. */
  readonly tried: boolean;
  readonly onDidChange: vscode.Event<void>;
  /** Reads the drive; never rejects. */
  refresh(): Promise<void>;
  /** Something was changed there: what is being read now may be older. */
  reread(): void;
  /** Takes in what was just written there. */
  put(stored: StoredReport): void;
  drop(id: string): void;
}

export function createShelf(home: ReportHome): Shelf {
  const changed = new vscode.EventEmitter<void>();
  let list: ReportList = { reports: [], damaged: [] };
  let problem: DossierError | undefined;
  let tried = false;
  let writes = 0;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const before = { writes, state: stateOf() };
    try {
      const found = await home.reports.list();
      // What was read may be older than what was written meanwhile.
      if (writes !== before.writes) return read();
      list = found;
      problem = undefined;
    } catch (thrown) {
      problem = toDossierError(thrown);
    }
    tried = true;
    if (stateOf() !== before.state) changed.fire();
  };
  const refresh = (): Promise<void> => (reading ??= read().finally(() => (reading = undefined)));
  const stateOf = (): string =>
    JSON.stringify([
      tried,
      problem?.code,
      list.damaged.length,
      list.reports.map(({ report, version }) => [report.id, version]),
    ]);
  const replace = (id: string, ...stored: StoredReport[]): void => {
    writes++;
    list = { ...list, reports: [...stored, ...list.reports.filter(({ report }) => report.id !== id)] };
    changed.fire();
  };

  return {
    get list() {
      return list;
    },
    get problem() {
      return problem;
    },
    get tried() {
      return tried;
    },
    onDidChange: changed.event,
    refresh,
    reread() {
      writes++;
      void refresh();
    },
    put: (stored) => replace(stored.report.id, stored),
    drop: (id) => replace(id),
    dispose: () => changed.dispose(),
  };
}
