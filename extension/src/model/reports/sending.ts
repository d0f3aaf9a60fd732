import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Log,
  type Outbox,
  type OutboxActions,
  type OutboxEvent,
  type Report,
  recordReport,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import { isWithinReach } from '../files/fileSources.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Publishing } from '../ledger/publishing.ts';
import type { ReportHome, ReportHomes } from '../storage/reportHomes.ts';
import type { ProofStore } from './proofStore.ts';
import type { ReportStore } from './reportStore.ts';
import { createProgressBoard, type SendingProgress } from './sendingProgress.ts';

/** The outboxes of all homes as this window runs them. */
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
  /** Stops, and gives what was being sent to others at once. */
  leave(): Promise<void>;
}

export interface SendingOptions {
  readonly homes: ReportHomes;
  readonly reports: ReportStore;
  readonly connections: ConnectionStore;
  readonly ledgers: Ledgers;
  readonly proofs: ProofStore;
  readonly publishing: Pick<Publishing, 'reported'>;
  readonly log: Log;
}

/** Looks at a drive cost requests: what another computer leaves to send is found a little later there. */
const lookAwayEveryMs = 60_000;

/**
 * Sending happens in the extension host: closing an editor does not stop it, and another window takes over when this
 * one is closed.
 */
export function createSending(options: SendingOptions): Sending {
  const { homes, reports, connections, ledgers, proofs, publishing, log } = options;
  const ended = new vscode.EventEmitter<Report>();
  const board = createProgressBoard(proofs, log);
  const life = new AbortController();

  const hear =
    (home: ReportHome) =>
    (event: OutboxEvent): void => {
      if (event.type === 'sending') board.apply(event.id, event.event);
      if (event.type === 'taken') board.end(event.id);
      if (event.type !== 'changed' && event.type !== 'deleted') return;
      if (event.type === 'deleted') board.forget(event.id);
      else if (event.report.state === 'sending') board.begin(event.report);
      else {
        if (event.report.state === 'submitted') board.keep(event.report.id);
        board.end(event.report.id);
      }
      reports.changed(home);
      if (event.type === 'changed' && (event.report.state === 'submitted' || event.report.state === 'interrupted'))
        ended.fire(home.own(event.report));
    };

  const outboxAt = (home: ReportHome): Outbox =>
    home.outbox({
      holder: randomUUID(),
      automatic: () => vscode.workspace.getConfiguration('dossier').get('resumeAutomatically', false),
      onEvent: hear(home),
      ...(home === homes.here
        ? {}
        : { lookEveryMs: lookAwayEveryMs, sends: ({ attachments }) => isWithinReach(home.sources, attachments) }),
      async open(named, signal) {
        const id = home === homes.here ? named : home.id;
        const connection = await connections.get(id);
        // What recording needs and lacks is to be known before the first byte.
        await ledgers.ready(id, signal);
        return {
          drive: await connections.open(id),
          root: { path: connection.folder },
          encoding: connection.encoding,
          submittedBy: vscode.workspace.getConfiguration('dossier').get('submittedBy', '').trim(),
          async append(submission, { signal }) {
            const recorded = await ledgers.within(id, (ledger) => recordReport(ledger, submission, signal), signal);
            if (recorded.unstamped)
              log.write('warn', 'The receipt of a report carries no time stamp', {
                reason: recorded.unstamped.message,
              });
            // Nobody waits for it, and what fails costs the publishing, not the report.
            void publishing.reported(id, submission.report);
            return recorded;
          },
        };
      },
    });

  const outboxes = new Map<string, Outbox>();
  const outboxOf = (home: ReportHome): Outbox => {
    const outbox = outboxes.get(home.id) ?? outboxAt(home);
    outboxes.set(home.id, outbox);
    return outbox;
  };
  const outboxWith = async (id: string): Promise<Outbox> => outboxOf(homes.byId((await reports.get(id))?.home ?? ''));

  const runs = new Map<string, { readonly stop: AbortController; readonly over: Promise<void> }>();
  /** One engine for each home that there is now. */
  const run = async (): Promise<void> => {
    const wanted = new Map([homes.here, ...(await homes.away())].map((home) => [home.id, home]));
    for (const [id, { stop }] of runs) {
      if (wanted.has(id)) continue;
      stop.abort();
      runs.delete(id);
    }
    for (const [id, home] of wanted) {
      if (runs.has(id)) continue;
      const stop = new AbortController();
      runs.set(id, { stop, over: outboxOf(home).run(AbortSignal.any([life.signal, stop.signal])) });
    }
  };

  let following: vscode.Disposable | undefined;
  return {
    submitLater: async (id) => (await outboxWith(id)).submitLater(id),
    submit: async (id) => (await outboxWith(id)).submit(id),
    pause: async (id) => (await outboxWith(id)).pause(id),
    resume: async (id) => (await outboxWith(id)).resume(id),
    reopen: async (id) => (await outboxWith(id)).reopen(id),
    reattach: async (id, ...given) => (await outboxWith(id)).reattach(id, ...given),
    delete: async (id) => (await outboxWith(id)).delete(id),
    onDidProgress: board.onDidChange,
    onDidEnd: ended.event,
    progress: (id) => board.progress(id),
    running: () => board.running(),
    start() {
      if (following) return;
      board.load();
      const follow = () =>
        void run().catch((error: unknown) =>
          log.write('error', 'The outboxes could not be run', { reason: String(error) }),
        );
      following = connections.onDidChange(follow);
      follow();
    },
    async leave() {
      life.abort();
      await Promise.allSettled([...runs.values()].map(({ over }) => over));
    },
    dispose() {
      life.abort();
      following?.dispose();
      board.dispose();
      ended.dispose();
    },
  };
}
