/** One benchmark: a module `test/bench/NAME.ts` that exports `bench`. */
export interface Bench {
  /** Runs everything in one go, and gives its figures. `log` is for people who wait. */
  measure(log: (line: string) => void): Promise<Readonly<Record<string, number>>>;
  /** Figures that must not be missed. */
  readonly floors: Readonly<Record<string, { readonly atLeast: number } | { readonly atMost: number }>>;
}

/** Figures on the wrong side of their floor, in words. */
export function missedFloors({ floors }: Bench, figures: Readonly<Record<string, number>>): string[] {
  return Object.entries(floors).flatMap(([name, floor]) => {
    const figure = figures[name] ?? Number.NaN;
    if ('atLeast' in floor)
      return figure >= floor.atLeast ? [] : [`${name} is ${figure}, at least ${floor.atLeast} is wanted`];
    return figure <= floor.atMost ? [] : [`${name} is ${figure}, at most ${floor.atMost} is wanted`];
  });
}
