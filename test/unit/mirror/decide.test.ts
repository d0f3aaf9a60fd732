import { describe, expect, test } from 'vitest';
import { type DestinationFact, decide, type SourceFact } from '../../../shared/mirror/decide.ts';
import { usualRules } from '../../../shared/mirror/mirror.ts';

type Row = readonly [known: boolean, source: SourceFact, destination: DestinationFact, outcome: string];

const table: readonly Row[] = [
  // The source has something new.
  [false, 'changed', 'none', 'send: new'],
  [false, 'changed', 'same', 'replace: changed'],
  [false, 'changed', 'equal', 'adopt: same content'],
  [false, 'changed', 'foreign', 'keepBoth: not made by the mirror'],
  // The source has what it had.
  [true, 'same', 'none', 'send: gone at the destination'],
  [true, 'same', 'same', 'unchanged'],
  [true, 'same', 'equal', 'adopt: same content'],
  [true, 'same', 'changed', 'keepBoth: changed at the destination'],
  // The source has another version.
  [true, 'changed', 'none', 'send: gone at the destination'],
  [true, 'changed', 'same', 'replace: changed'],
  [true, 'changed', 'equal', 'adopt: same content'],
  [true, 'changed', 'changed', 'keepBoth: changed at the destination'],
  // The source has nothing any more.
  [true, 'none', 'none', 'forget: removed at the source'],
  [true, 'none', 'same', 'keep: removed at the source'],
  [true, 'none', 'changed', 'leave: removed at the source and changed at the destination'],
  [false, 'none', 'foreign', 'nothing'],
  // The rules leave it out: nothing is removed for that.
  [true, 'ignored', 'same', 'nothing'],
  [true, 'ignored', 'changed', 'nothing'],
  [false, 'ignored', 'foreign', 'nothing'],
  // What could not be listed is neither gone nor free.
  [true, 'unread', 'same', 'leave: cannot be read'],
  [true, 'none', 'unread', 'leave: cannot be read'],
  [false, 'changed', 'unread', 'leave: cannot be read'],
  [false, 'none', 'unread', 'nothing'],
];

const outcomeOf = ({ action, reason }: ReturnType<typeof decide>) =>
  reason === undefined ? action : `${action}: ${reason}`;

describe('what a mirror does at one place', () => {
  test.each(table)('known %s, source %s, destination %s: %s', (known, source, destination, outcome) => {
    expect(outcomeOf(decide({ known, source, destination }, usualRules))).toBe(outcome);
  });

  test.each([
    ['delete', 'remove: removed at the source'],
    ['archive', 'archive: removed at the source'],
    ['keep', 'keep: removed at the source'],
  ] as const)('deletions by choice: %s', (deletions, outcome) => {
    const facts = { known: true, source: 'none', destination: 'same' } as const;
    expect(outcomeOf(decide(facts, { ...usualRules, deletions }))).toBe(outcome);
  });

  test.each([
    [{ destination: 'changed', known: true }, 'replace: changed at the destination'],
    // Whatever the rule, what the mirror did not make is kept.
    [{ destination: 'foreign', known: false }, 'keepBoth: not made by the mirror'],
    [{ destination: 'foreign', known: true }, 'keepBoth: not made by the mirror'],
  ] as const)('with the rule overwrite: %o is %s', (facts, outcome) => {
    const rules = { ...usualRules, conflicts: 'overwrite' } as const;
    expect(outcomeOf(decide({ source: 'changed', ...facts }, rules))).toBe(outcome);
  });

  test.each(['delete', 'archive', 'keep'] as const)(
    'a copy that somebody changed is never removed, with the rule %s',
    (deletions) => {
      const facts = { known: true, source: 'none', destination: 'changed' } as const;
      for (const conflicts of ['keepBoth', 'overwrite', 'stop'] as const)
        expect(decide(facts, { ...usualRules, deletions, conflicts }).action).toBe('leave');
    },
  );
});
