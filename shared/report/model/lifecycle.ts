import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';

/**
 * `draft`; in the outbox `queued` (submit later), `sending` (asked to be sent now), `paused`, `interrupted`;
 * `submitted`.
 */
export const reportStates = ['draft', 'queued', 'sending', 'paused', 'interrupted', 'submitted'] as const;
export type ReportState = (typeof reportStates)[number];

export const reportEvents = [
  /** The content is edited and saved. */
  'save',
  /** Into the outbox, to be sent when somebody asks. */
  'submitLater',
  /** To be sent now. */
  'submit',
  'pause',
  'resume',
  /** Sending stopped for a reason that is recorded. */
  'interrupt',
  /** Another source is given for an attachment whose own has changed or gone. */
  'reattach',
  /** Out of the outbox, back among the drafts, to be edited. */
  'reopen',
  /** Everything is at the destination, proved. */
  'finish',
  /** The local record goes; what is at the destination stays. */
  'delete',
] as const;
export type ReportEvent = (typeof reportEvents)[number];

/** Where a transition leads; `deleted` when the record is gone. */
export type Next = ReportState | 'deleted';

/**
 * What every event does in every state; what is not named is not allowed. Nothing leads out of `submitted` but
 * deletion.
 */
const table: Readonly<Record<ReportState, Readonly<Partial<Record<ReportEvent, Next>>>>> = {
  draft: { save: 'draft', submitLater: 'queued', submit: 'sending', delete: 'deleted' },
  queued: { submit: 'sending', resume: 'sending', reopen: 'draft', delete: 'deleted' },
  sending: { pause: 'paused', interrupt: 'interrupted', finish: 'submitted', delete: 'deleted' },
  paused: { submit: 'sending', resume: 'sending', reopen: 'draft', delete: 'deleted' },
  interrupted: { submit: 'sending', resume: 'sending', reattach: 'interrupted', reopen: 'draft', delete: 'deleted' },
  submitted: { delete: 'deleted' },
};

/** The three lists that people see. */
export type ReportPlace = 'drafts' | 'outbox' | 'submitted';

const places: Readonly<Record<ReportState, ReportPlace>> = {
  draft: 'drafts',
  queued: 'outbox',
  sending: 'outbox',
  paused: 'outbox',
  interrupted: 'outbox',
  submitted: 'submitted',
};

export function placeOf(state: ReportState): ReportPlace {
  return places[state];
}

/** The state that `event` leads to, or undefined when it is not allowed. */
export function next(state: ReportState, event: ReportEvent): Next | undefined {
  return table[state][event];
}

/** Events that a user interface may offer in a state. */
export function allowed(state: ReportState): readonly ReportEvent[] {
  return reportEvents.filter((event) => next(state, event) !== undefined);
}

/** As `next`; `invalid-input` when the event is not allowed. */
export function transition(state: ReportState, event: ReportEvent): Next {
  const to = next(state, event);
  if (to === undefined)
    throw new DossierError('invalid-input', say`"${event}" is not possible while a report is ${state}`, {
      operation: event,
    });
  return to;
}
