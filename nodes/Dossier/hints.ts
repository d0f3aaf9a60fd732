import type { NodeExecutionHint } from 'n8n-workflow';

/** A sentence that a run of an operation leaves with its output. */
export interface Said {
  readonly text: string;
  readonly warning: boolean;
}

/** One banner for what went well and one for what did not, however many items said it. */
export function hintsOf(said: readonly Said[]): NodeExecutionHint[] {
  return [false, true].flatMap((warning): NodeExecutionHint[] => {
    const [first, ...rest] = said.filter((each) => each.warning === warning).map(({ text }) => text);
    if (first === undefined) return [];
    const message =
      rest.length === 0 ? first : `${first} (and ${rest.length} more ${rest.length === 1 ? 'item' : 'items'})`;
    return [{ message, type: warning ? 'warning' : 'info', location: 'outputPane' }];
  });
}
