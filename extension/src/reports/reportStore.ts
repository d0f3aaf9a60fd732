import * as vscode from 'vscode';
import { createReports, type Reports, type StateStore } from '../../../shared/index.ts';

/** The reports of this machine, and word of every change to them. */
export interface ReportStore extends Reports, vscode.Disposable {
  /** Tells that reports were added, changed or removed. */
  readonly onDidChange: vscode.Event<void>;
  changed(): void;
}

export function createReportStore(state: StateStore): ReportStore {
  const reports = createReports(state);
  const emitter = new vscode.EventEmitter<void>();
  return {
    ...reports,
    onDidChange: emitter.event,
    changed: () => emitter.fire(),
    dispose: () => emitter.dispose(),
    async save(report, version, now, signal) {
      const saved = await reports.save(report, version, now, signal);
      emitter.fire();
      return saved;
    },
  };
}
