/** Four of the five minutes that n8n gives a poll. */
const usualMs = 240_000;

/** Ends when n8n's time for this poll is nearly over. Older versions of n8n do not tell how long that is. */
export function pollBudget(context: object): AbortSignal {
  const { getPollBudgetMs } = context as { getPollBudgetMs?(this: object): number };
  return AbortSignal.timeout(getPollBudgetMs?.call(context) ?? usualMs);
}
