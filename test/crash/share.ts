/** `--share 2/3`: every third, beginning with the second, so that three machines or three evenings do the whole. Everything without it. */
export function shareOf<T>(items: readonly T[], flags: readonly string[]): T[] {
  const [, which, of] = (flags.includes('--share') ? /^(\d+)\/(\d+)$/.exec(flags[flags.indexOf('--share') + 1] ?? '') : ['', '1', '1']) ?? [];
  if (!(Number(which) >= 1 && Number(which) <= Number(of))) throw new TypeError('A share is written like 2/3');
  return items.filter((_, index) => index % Number(of) === Number(which) - 1);
}
