import { DossierError, toDossierError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { createLeaseKeeper, type HeldLease } from '../../state/lease.ts';
import type { Submission } from '../content/submission.ts';
import type { SubmitEvent } from '../deliver/submitEvent.ts';
import type { Report } from '../model/report.ts';
import { createReports, type StoredReport } from '../model/reports.ts';
import { type Actions, createActions } from './actions.ts';
import { discardCopies, type LeftoverPorts } from './leftovers.ts';
import { type SendingEnd, type Stops, sendUnderLease } from './sending.ts';

export type OutboxEvent =
  /** The report is in another state now. */
  | { readonly type: 'changed'; readonly report: Report; readonly submission?: Submission }
  | { readonly type: 'deleted'; readonly id: string }
  /** Another window or worker has taken over, paused or deleted what was being sent here. */
  | { readonly type: 'taken'; readonly id: string }
  | { readonly type: 'sending'; readonly id: string; readonly event: SubmitEvent };

export interface OutboxOptions extends LeftoverPorts {
  readonly clock: Clock;
  /** Names this window, worker or process; another one at every start. */
  readonly holder: string;
  /** Milliseconds after which another may take over a sending that shows no sign of life. */
  readonly leaseMs?: number;
  /**
   * Milliseconds between two looks for what another window or worker has left to send. A look at a store on a drive
   * costs a request.
   */
  readonly lookEveryMs?: number;
  /**
   * Whether `run` may take a report here: its attachments may lie on another machine. All may, unless this is given.
   */
  readonly sends?: (report: Report) => Promise<boolean>;
  /** Interrupted reports go on by themselves, with back-off, where waiting can have mended them. */
  readonly automatic?: () => boolean;
  readonly onEvent?: (event: OutboxEvent) => void;
}

/** The engine of both hosts: any number of them may run over one store. */
export interface Outbox extends Actions {
  /**
   * Sends one report now and resolves with it as it then is: `submitted`, `interrupted`, or what another window or
   * worker made of it. A draft is submitted by this; of one that is submitted already nothing is sent, so that whoever
   * was killed may ask again. Aborting the signal stops the sending and gives the report back for others; then it
   * rejects with `cancelled`.
   */
  send(id: string, signal: AbortSignal): Promise<Report>;
  /** Sends everything that is to be sent, in order, one report at a time per connection, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** A sending of this process: asked to stop at once, or when what is under way has ended. */
interface Underway {
  readonly stop: AbortController;
  readonly closing: AbortController;
  readonly over: Promise<void>;
}

const usualLeaseMs = 60_000;
/** How long Pause waits for the requests that are under way: what they carry need not be sent again then. */
const calmMs = 5_000;
const usualLookEveryMs = 5_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, holder, leaseMs = usualLeaseMs, lookEveryMs = usualLookEveryMs } = options;
  const reports = createReports(store);
  const leases = createLeaseKeeper({ store, clock, holder, leaseMs });
  const sendings = new Map<string, Underway>();
  let wake: () => void = () => undefined;

  const tell = (event: OutboxEvent): void => options.onEvent?.(event);
  /** Reports that are being paused here: nobody begins them meanwhile. */
  const held = new Map<string, Promise<unknown>>();
  /** Lets what is under way of a sending of this process end, for a few seconds, and keeps it from beginning anew. */
  async function calm<T>(id: string, act: () => Promise<T>): Promise<T> {
    const underway = sendings.get(id);
    if (!underway) return act();
    const acted = endOf(underway).then(act);
    held.set(id, acted);
    try {
      return await acted;
    } finally {
      held.delete(id);
    }
  }
  async function endOf({ closing, over }: Underway): Promise<void> {
    const waited = new AbortController();
    closing.abort();
    await Promise.race([over, clock.sleep(calmMs, waited.signal).catch(() => undefined)]);
    waited.abort();
  }
  const actions = createActions({
    ...options,
    leases,
    calm,
    onChange(id, report) {
      if (report?.state !== 'sending') sendings.get(id)?.stop.abort(new DossierError('cancelled'));
      tell(report ? { type: 'changed', report } : { type: 'deleted', id });
      wake();
    },
  });

  /** Undefined when there is nothing to do here, or somebody else does it. */
  const attempt = async (id: string, signal: AbortSignal): Promise<SendingEnd | undefined> => {
    if (sendings.has(id) || held.has(id)) return undefined;
    const [stop, closing] = [new AbortController(), new AbortController()];
    let end: () => void = () => undefined;
    sendings.set(id, { stop, closing, over: new Promise((resolve) => (end = resolve)) });
    try {
      const lease = await leases.take(id);
      if (!lease) return undefined;
      const stored = await reports.get(id);
      if (stored?.report.state !== 'sending') {
        await lease.end([]);
        return undefined;
      }
      const signals = { signal: AbortSignal.any([signal, stop.signal]), closing: closing.signal };
      return await conduct(stored, lease, signals);
    } finally {
      sendings.delete(id);
      end();
    }
  };

  const conduct = async (stored: StoredReport, lease: HeldLease, stops: Stops): Promise<SendingEnd> => {
    const { id } = stored.report;
    const end = await sendUnderLease({ ...options, leaseMs }, stored, lease, stops, (event) =>
      tell({ type: 'sending', id, event }),
    );
    if (end.how === 'interrupted') tell({ type: 'changed', report: end.report });
    if (end.how === 'submitted') {
      tell({ type: 'changed', report: end.report, submission: end.submission });
      await discardCopies(options, end.report);
    }
    if (end.how === 'taken') tell({ type: 'taken', id });
    return end;
  };

  return {
    ...actions,
    async send(id, signal) {
      const before = (await reports.get(id))?.report;
      if (before?.state === 'submitted') return before;
      if (before && before.state !== 'sending') await actions.submit(id);
      const started = clock.now();
      for (;;) {
        const end = await attempt(id, signal);
        if (signal.aborted) throw new DossierError('cancelled');
        await held.get(id)?.catch(() => undefined);
        const report = (await reports.get(id))?.report;
        if (!report) throw new DossierError('not-found', 'This report is not here any more', { operation: 'send' });
        if (end || report.state !== 'sending') return report;
        if (clock.now() - started > 2 * leaseMs)
          throw new DossierError('locked', 'Another window or worker is sending this report');
        await clock.sleep(Math.min(1000, leaseMs / 4), signal);
      }
    },
    async run(signal) {
      const busy = new Map<string, Promise<void>>();
      while (!signal.aborted) {
        const look = new AbortController();
        wake = () => look.abort(new DossierError('cancelled'));
        for (const { connection, id } of await due()) {
          if (busy.has(connection)) continue;
          const sending = attempt(id, signal).then(
            // Only what was really tried makes room for the next look at once: else two windows would keep each other
            // awake.
            (end) => (end ? wake() : undefined),
            (error: unknown) => log.write('warn', 'A report could not be sent', { reason: toDossierError(error).code }),
          );
          busy.set(
            connection,
            sending.then(() => void busy.delete(connection)),
          );
        }
        await clock.sleep(lookEveryMs, AbortSignal.any([signal, look.signal])).catch(() => undefined);
      }
      await Promise.all(busy.values());
    },
  };

  /** Reports that are to be sent now, in order. */
  async function due(): Promise<Report[]> {
    try {
      const ours: Report[] = [];
      for (const { report } of (await reports.list({ place: 'outbox' })).reports)
        if (await (options.sends?.(report) ?? true)) ours.push(report);
      if (options.automatic?.()) {
        const mended = ours.filter(
          ({ state, interruption }) => state === 'interrupted' && (interruption?.resumeAt ?? Infinity) <= clock.now(),
        );
        for (const { id } of mended) await actions.resume(id);
      }
      return ours.filter(({ state }) => state === 'sending');
    } catch (error) {
      log.write('error', 'The outbox could not be read', { reason: toDossierError(error).code });
      return [];
    }
  }
}
