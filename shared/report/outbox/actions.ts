import { DossierError, isDossierError } from '../../core/errors.ts';
import { parseJsonBytes } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';
import type { LeaseKeeper } from '../../state/lease.ts';
import type { StateChange } from '../../state/state.ts';
import { deliveryKey, deliveryRemoval } from '../content/delivery.ts';
import { type ReportEvent, transition } from '../model/lifecycle.ts';
import type { Attachment, Report } from '../model/report.ts';
import { createReports, reportChange, reportKey } from '../model/reports.ts';
import { abandonUploads, discardCopies, type LeftoverPorts, unfinishedUploads } from './leftovers.ts';

/** Another place for the bytes of an attachment. */
export type Replacement = Pick<Attachment, 'source' | 'fingerprint' | 'size'>;

/**
 * What people do with reports, from any window or worker. Each resolves when it is durable; `invalid-input` when the
 * lifecycle does not allow it,
 * `not-found` when there is no such report.
 */
export interface Actions {
  submitLater(id: string): Promise<Report>;
  /** Asks for sending. */
  submit(id: string): Promise<Report>;
  pause(id: string): Promise<Report>;
  resume(id: string): Promise<Report>;
  /**
   * Back to the drafts; sending starts over when it is submitted again. Refused once everything is at the destination.
   */
  reopen(id: string): Promise<Report>;
  reattach(id: string, attachment: string, replacement: Replacement): Promise<Report>;
  /** Cancels what is not sent yet; what is at the destination stays there. Resolves when it is gone already. */
  delete(id: string): Promise<void>;
}

export interface ActionPorts extends LeftoverPorts {
  readonly clock: Clock;
  readonly leases: LeaseKeeper;
  /** Acts on a report after what this process has under way of it has ended, or has had its time. */
  readonly calm: <T>(id: string, act: () => Promise<T>) => Promise<T>;
  /** Told of every change, after it is durable. `after` is undefined when the report was deleted. */
  readonly onChange: (id: string, after: Report | undefined) => void;
}

/** Looks before giving up when somebody else writes to the same report at the same time. */
const mostLooks = 50;

export function createActions(ports: ActionPorts): Actions {
  const { store, clock, leases } = ports;
  const reports = createReports(store);

  /**
   * One transition, in one batch with what belongs to it. Looks again when the report or its lease changed in between.
   */
  const act = async (
    id: string,
    event: ReportEvent,
    edit: (report: Report) => Report,
    rest: (id: string) => Promise<StateChange[]>,
  ): Promise<Report> => {
    for (let look = 1; ; look++) {
      const stored = await reports.get(id);
      if (!stored) throw new DossierError('not-found', 'This report is not here any more', { operation: event });
      const next = transition(stored.report.state, event);
      const after: Report = {
        ...edit(stored.report),
        state: next === 'deleted' ? stored.report.state : next,
      };
      const change =
        next === 'deleted'
          ? { key: reportKey(id), value: undefined, expectedVersion: stored.version }
          : reportChange(after, stored.version);
      try {
        await store.commit([change, ...(await rest(id))]);
      } catch (error) {
        if (isDossierError(error, 'revision-conflict') && look < mostLooks) continue;
        throw error;
      }
      ports.onChange(id, next === 'deleted' ? undefined : after);
      return after;
    }
  };
  const nothing = async (): Promise<StateChange[]> => [];
  const unchanged = (report: Report): Report => report;

  return {
    submitLater: (id) => act(id, 'submitLater', (report) => ({ ...report, queued: clock.now() }), nothing),
    submit: (id) => act(id, 'submit', (report) => ({ ...report, queued: report.queued ?? clock.now() }), nothing),
    resume: (id) => act(id, 'resume', unchanged, nothing),
    pause: (id) => ports.calm(id, () => act(id, 'pause', unchanged, () => leases.revocation(id))),
    async reopen(id) {
      const unfinished = await unfinishedUploads(store, id);
      const report = await act(id, 'reopen', unchanged, async () => {
        if (await isComplete(id))
          throw new DossierError(
            'invalid-input',
            'Everything of this report is at its destination already: resume it instead',
          );
        return [...(await deliveryRemoval(store, id)), ...(await leases.revocation(id))];
      });
      await abandonUploads(ports, report, unfinished);
      return report;
    },
    reattach(id, attachment, replacement) {
      const edit = (report: Report): Report => {
        const { attachments, interruption, ...rest } = report;
        if (!attachments.some((other) => other.id === attachment))
          throw new DossierError('invalid-input', 'The report has no such attachment');
        const { source, fingerprint, size } = replacement;
        return {
          ...rest,
          // What it was about is mended.
          ...(interruption === undefined || interruption.attachment === attachment ? {} : { interruption }),
          attachments: attachments.map((other) =>
            other.id === attachment ? { ...other, source, fingerprint, size } : other,
          ),
        };
      };
      return act(id, 'reattach', edit, nothing);
    },
    async delete(id) {
      const unfinished = await unfinishedUploads(store, id);
      try {
        const report = await act(id, 'delete', unchanged, async () => [
          ...(await deliveryRemoval(store, id)),
          ...(await leases.revocation(id)),
        ]);
        await discardCopies(ports, report);
        await abandonUploads(ports, report, unfinished);
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
      }
    },
  };

  async function isComplete(id: string): Promise<boolean> {
    const record = await store.get(deliveryKey(id));
    const delivery =
      record && (parseJsonBytes(record.value, 'state-corrupt', 'The record of the sending') as { complete?: true });
    return delivery?.complete === true;
  }
}
