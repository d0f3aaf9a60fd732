import type { DossierError } from './errors.ts';

/** What a loop may still cost. */
export interface Budget {
  /**
   * Takes one unit, at the head of each turn of the loop.
   *
   * @throws the error that the budget was made with, once all is spent.
   */
  spend(): void;
}

/**
 * The bound of a loop whose end a server decides: how many names are tried, how often something is looked at, how many
 * pages are read. A server that always answers the same must not keep anybody busy for ever.
 */
export function createBudget(turns: number, spent: () => DossierError): Budget {
  let left = turns;
  return {
    spend() {
      if (left-- <= 0) throw spent();
    },
  };
}
