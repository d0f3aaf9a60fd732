import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { type AttachmentSources, type Clock, createOutbox, type Log, type OutboxActions, type OutboxEvent, recordReport, type Report, type StateStore } from '../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { ProofStore } from './proofStore.ts';
import type { ReportStore } from './reportStore.ts';
import { createProgressBoard, type SendingProgress } from './sendingProgress.ts';

/** The outbox as this window runs it. */
export interface Sending extends OutboxActions, vscode.Disposable {
  /** Id of the report whose progress has changed. */
  readonly onDidProgress: vscode.Event<string>;
  /** A report was submitted, or was interrupted. */
  readonly onDidEnd: vscode.Event<Report>;
  progress(report: string): SendingProgress | undefined;
  /** Progress of all that is being sent by this window. */
  running(): readonly SendingProgress[];
  /** Sends what is to be sent, until the window closes. */
  start(): void;
}

export interface SendingOptions {
  readonly state: StateStore;
  readonly reports: ReportStore;
  readonly connections: ConnectionStore;
  readonly ledgers: Ledgers;
  readonly proofs: ProofStore;
  readonly sources: AttachmentSources;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sending happens in the extension host: closing an editor does not stop it, and another window takes over when this one is closed. */
export function createSending({ state, reports, connections, ledgers, proofs, sources, clock, log }: SendingOptions): Sending {
  const ended = new vscode.EventEmitter<Report>();
  const board = createProgressBoard(proofs, log);
  const life = new AbortController();

  const hear = (event: OutboxEvent): void => {
    if (event.type === 'sending') board.apply(event.id, event.event);
    if (event.type === 'taken') board.end(event.id);
    if (event.type !== 'changed' && event.type !== 'deleted') return;
    if (event.type === 'deleted') board.forget(event.id);
    else if (event.report.state === 'sending') board.begin(event.report);
    else {
      if (event.report.state === 'submitted') board.keep(event.report.id);
      board.end(event.report.id);
    }
    reports.changed();
    if (event.type === 'changed' && (event.report.state === 'submitted' || event.report.state === 'interrupted')) ended.fire(event.report);
  };

  const outbox = createOutbox({
    store: state,
    clock,
    log,
    holder: randomUUID(),
    sources,
    automatic: () => vscode.workspace.getConfiguration('dossier').get('resumeAutomatically', false),
    onEvent: hear,
    async open(id) {
      const connection = await connections.get(id);
      return {
        drive: await connections.open(id),
        root: { path: connection.folder },
        encoding: connection.encoding,
        append: (submission, { signal }) => ledgers.within(id, (ledger) => recordReport(ledger, submission, signal), signal),
      };
    },
  });

  let started = false;
  return {
    ...outbox,
    onDidProgress: board.onDidChange,
    onDidEnd: ended.event,
    progress: (id) => board.progress(id),
    running: () => board.running(),
    start() {
      if (started) return;
      started = true;
      board.load();
      void outbox.run(life.signal);
    },
    dispose() {
      life.abort();
      board.dispose();
      ended.dispose();
    },
  };
}
