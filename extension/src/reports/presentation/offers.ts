import { allowed, type ReportEvent, type ReportState } from '../../../../shared/index.ts';

/** Events that come from the sending itself and are nobody's wish. */
const internal: readonly ReportEvent[] = ['interrupt', 'finish'];

/**
 * What a person is offered. `submit` and `resume` lead to the same place: each state shows the one that fits its words.
 */
export function offers(state: ReportState): readonly ReportEvent[] {
  const spare: ReportEvent = state === 'draft' || state === 'queued' ? 'resume' : 'submit';
  return allowed(state).filter((event) => event !== spare && !internal.includes(event));
}

/** The offers as a text for `when` clauses: `;save;submit;`. */
export function offerFlags(state: ReportState): string {
  return `;${[...offers(state), ...(state === 'submitted' ? ['delivered'] : [])].join(';')};`;
}
