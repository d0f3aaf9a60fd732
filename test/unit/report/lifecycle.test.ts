import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowed, placeOf } from '../../../shared/index.ts';
import { next, type ReportState, reportEvents, reportStates } from '../../../shared/report/model/lifecycle.ts';
import { transition } from '../../../shared/testing.ts';

describe('lifecycle of a report', () => {
  test('every event in every state is either a transition or refused with invalid-input', () => {
    for (const state of reportStates) {
      for (const event of reportEvents) {
        const to = next(state, event);
        if (to === undefined)
          expect(() => transition(state, event)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
        else expect([...reportStates, 'deleted']).toContain(transition(state, event));
        expect(allowed(state).includes(event)).toBe(to !== undefined);
      }
    }
  });

  test('no sequence of events leads out of submitted but deletion', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...reportEvents), { maxLength: 40 }), (events) => {
        let state: ReportState | 'deleted' = 'draft';
        let wasSubmitted = false;
        for (const event of events) {
          if (state === 'deleted') return;
          const to: ReportState | 'deleted' = next(state, event) ?? state;
          if (wasSubmitted) expect(['submitted', 'deleted']).toContain(to);
          state = to;
          wasSubmitted ||= state === 'submitted';
        }
      }),
      { numRuns: 3000, seed: 11 },
    );
  });

  test('only drafts are edited (A9), only what is being sent is finished, and everything can be deleted', () => {
    expect(reportStates.filter((state) => next(state, 'save') !== undefined)).toEqual(['draft']);
    expect(reportStates.filter((state) => next(state, 'finish') !== undefined)).toEqual(['sending']);
    expect(reportStates.filter((state) => next(state, 'delete') === 'deleted')).toEqual([...reportStates]);
    expect(reportStates.map(placeOf)).toEqual(['drafts', 'outbox', 'outbox', 'outbox', 'outbox', 'submitted']);
  });
});
