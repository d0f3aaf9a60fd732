import { DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';
import { type HeldLease, renewWhile } from '../../state/lease.ts';
import type { StateStore } from '../../state/state.ts';
import { createDeliveryJournal, deliveryRemoval } from '../content/delivery.ts';
import type { AppendSubmission, Submission } from '../content/submission.ts';
import { submit } from '../deliver/submit.ts';
import type { SubmitEvent } from '../deliver/submitEvent.ts';
import { concernsContent, interruptionOf } from '../model/interruption.ts';
import { transition } from '../model/lifecycle.ts';
import type { Report } from '../model/report.ts';
import { reportChange, type StoredReport } from '../model/reports.ts';
import type { AttachmentSources } from '../model/sources.ts';

/** An opened connection, as the outbox needs it. */
export interface ReportDestination {
  readonly drive: Drive;
  /** The folder that receives all submissions. */
  readonly root: EntryRef;
  /** Of description files. */
  readonly encoding?: string;
  readonly append?: AppendSubmission;
  /** Who submits the report, if the user says so. */
  readonly submittedBy?: string;
}

export interface SendingPorts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly sources: AttachmentSources;
  readonly open: (connection: string, signal: AbortSignal) => Promise<ReportDestination>;
  readonly leaseMs: number;
  readonly log: Log;
}

/** How one stretch of sending ended. `stopped`: this process was asked to stop, and somebody else may go on. */
export type SendingEnd =
  | { readonly how: 'submitted'; readonly report: Report; readonly submission: Submission }
  | { readonly how: 'interrupted'; readonly report: Report }
  | { readonly how: 'stopped' | 'taken' };

/** How this process is asked to stop: `signal` at once, `closing` when what is under way has ended. */
export interface Stops {
  readonly signal: AbortSignal;
  readonly closing: AbortSignal;
}

/**
 * Sends one report under a lease until it is submitted, interrupted, stopped, or taken away (paused, deleted or taken
 * over by another window or worker). The state of the report changes in the same write that ends the
 * lease.
 */
export async function sendUnderLease(
  ports: SendingPorts,
  stored: StoredReport,
  lease: HeldLease,
  { signal, closing }: Stops,
  onEvent: (event: SubmitEvent) => void,
): Promise<SendingEnd> {
  const { store, clock, sources, log } = ports;
  const { report, version } = stored;
  const inner = new AbortController();
  const all = AbortSignal.any([signal, inner.signal]);
  const heartbeat = renewWhile(ports, lease, inner);
  let progressed = false;
  const failed = new Map<DossierError, string>();
  const tell = (event: SubmitEvent) => {
    if (event.type === 'delivered' || event.type === 'complete') progressed = true;
    if (event.type === 'progress' && event.acknowledgedBytes > 0) progressed = true;
    if (event.type === 'failed') failed.set(event.error, event.attachment);
    onEvent(event);
  };
  try {
    const { drive, root, encoding, append, submittedBy } = await ports.open(report.connection, all);
    const journal = createDeliveryJournal(store, report.id, lease.commit);
    const submission = await submit({
      report,
      drive,
      root,
      encoding,
      append,
      submittedBy,
      sources,
      journal,
      clock,
      onEvent: tell,
      signal: all,
      closing,
    });
    const { interruption: _mended, ...rest } = report;
    const submitted: Report = {
      ...rest,
      state: transitionTo(report, 'finish'),
      submitted: clock.now(),
      destination: submission.destination,
    };
    await lease.end([reportChange(submitted, version), ...(await deliveryRemoval(store, report.id))]);
    return { how: 'submitted', report: submitted, submission };
  } catch (thrown) {
    const error = toDossierError(inner.signal.aborted ? inner.signal.reason : thrown);
    const { code } = error;
    if (code === 'lease-lost' && !signal.aborted) return { how: 'taken' };
    if (signal.aborted || (closing.aborted && code === 'cancelled')) {
      await lease
        .end([])
        .catch((late: unknown) =>
          log.write('debug', 'A lease could not be given back', { reason: toDossierError(late).code }),
        );
      return { how: 'stopped' };
    }
    const attempt = progressed ? 1 : (report.interruption?.attempt ?? 0) + 1;
    const attachment = concernsContent(code) ? failed.get(error) : undefined;
    const interruption = interruptionOf(error, {
      now: clock.now(),
      attempt,
      ...(attachment === undefined ? {} : { attachment }),
    });
    const interrupted: Report = { ...report, state: transitionTo(report, 'interrupt'), interruption };
    try {
      await lease.end([reportChange(interrupted, version)]);
    } catch (late) {
      if (isDossierError(late, 'lease-lost')) return { how: 'taken' };
      throw late;
    }
    return { how: 'interrupted', report: interrupted };
  } finally {
    inner.abort(new DossierError('cancelled'));
    await heartbeat;
  }
}

function transitionTo(report: Report, event: 'finish' | 'interrupt'): Report['state'] {
  const to = transition(report.state, event);
  if (to === 'deleted') throw new TypeError('Sending never deletes');
  return to;
}
