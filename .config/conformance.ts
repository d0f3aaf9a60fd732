/** What vitest says of one test. */
export interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

const contract = /^(drive|state|ledger) contract: (.+)$/;
const signs: Readonly<Record<string, string>> = { passed: 'yes', failed: 'NO', skipped: 'skipped', pending: 'skipped' };

/** Every obligation of a contract and how each implementation stands to it, as Markdown tables. */
export function conformanceTables(assertions: readonly Assertion[]): string {
  const tables = new Map<string, Map<string, Map<string, string>>>();
  const columns = new Map<string, string[]>();
  for (const {
    ancestorTitles: [suite = '', ...groups],
    title,
    status,
  } of assertions) {
    const [, kind, implementation] = contract.exec(suite) ?? [];
    if (kind === undefined || implementation === undefined) continue;
    const named = columns.get(kind) ?? [];
    if (!named.includes(implementation)) columns.set(kind, [...named, implementation]);
    const rows = tables.get(kind) ?? new Map<string, Map<string, string>>();
    tables.set(kind, rows);
    const obligation = [...groups, title].join(': ').replaceAll('|', '/');
    const row = rows.get(obligation) ?? new Map<string, string>();
    rows.set(obligation, row);
    row.set(implementation, signs[status] ?? status);
  }
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [...tables]
    .map(([kind, rows]) => {
      const named = columns.get(kind) ?? [];
      return [
        `# The ${kind} contract`,
        '',
        'A test run against each implementation; servers are the emulators of `test/emulators`.',
        '',
        line(['obligation', ...named]),
        line(['---', ...named.map(() => '---')]),
        ...[...rows].map(([obligation, row]) => line([obligation, ...named.map((each) => row.get(each) ?? '')])),
        '',
      ].join('\n');
    })
    .join('\n');
}
