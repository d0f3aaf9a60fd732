/** What somebody does with their hands: one press, one choice in a list, or one entry that is typed and confirmed. */
export interface Interactions {
  do<T>(what: string, act: () => Promise<T>): Promise<T>;
  readonly done: readonly string[];
}

/** Counts the interactions of a journey, so that it stays as short as it was found to be. */
export function countInteractions(): Interactions {
  const done: string[] = [];
  return {
    done,
    do(what, act) {
      done.push(what);
      return act();
    },
  };
}

/** The most that the first report may ask of somebody who has just installed a product. */
export const firstReport = { interactions: 12, milliseconds: 90_000 };
