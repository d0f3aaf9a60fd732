import { seeded } from '../support/seeded.ts';

/**
 * `--share 2/3`: the second of three parts of about the same make-up, the same in every run, so that three machines or
 * three evenings do the whole. Everything without it.
 */
export function shareOf<T>(items: readonly T[], flags: readonly string[]): T[] {
  if (!flags.includes('--share')) return [...items];
  const [, which, of] = /^(\d+)\/(\d+)$/.exec(flags[flags.indexOf('--share') + 1] ?? '') ?? [];
  if (!(Number(which) >= 1 && Number(which) <= Number(of))) throw new TypeError('A share is written like 2/3');
  const random = seeded('share');
  // Neighbours are much alike: every other one would be all of one kind.
  const mixed = items.map((item) => ({ item, place: random() })).sort((one, other) => one.place - other.place);
  return mixed.flatMap(({ item }, index) => (index % Number(of) === Number(which) - 1 ? [item] : []));
}
