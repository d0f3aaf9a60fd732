/** What was asked of the server, for tests that count. */
export interface RequestRecord {
  readonly number: number;
  readonly method: string;
  /** The part of the server that was addressed: `files`, `uploads`, `ocs`, `status`, `login` ... */
  readonly kind: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 while unanswered, and for ever when the connection was dropped. */
  status: number;
  bytesIn: number;
  bytesOut: number;
  /** What the fault plan did to it. */
  fault?: string;
}

export interface RequestLog {
  readonly list: readonly RequestRecord[];
  readonly total: number;
  count(method?: string, kind?: string): number;
  /** For example `{"PUT files": 3}`. */
  table(): Record<string, number>;
  reset(): void;
}

const hidden = new Set(['authorization', 'cookie', 'ocs-apirequest-token']);

export function createRequestLog() {
  let list: RequestRecord[] = [];
  let last = 0;
  const log: RequestLog = {
    get list() { return list; },
    get total() { return list.length; },
    count: (method, kind) => list.filter((record) =>
      (method === undefined || record.method === method) && (kind === undefined || record.kind === kind)).length,
    table() {
      const table: Record<string, number> = {};
      for (const { method, kind } of list) table[`${method} ${kind}`] = (table[`${method} ${kind}`] ?? 0) + 1;
      return table;
    },
    reset() { list = []; },
  };
  const record = (method: string, kind: string, path: string, headers: NodeJS.Dict<string | string[]>): RequestRecord => {
    const shown = Object.entries(headers).map(([name, value]) => [name, hidden.has(name) ? '(hidden)' : String(value)]);
    const entry: RequestRecord = { number: ++last, method, kind, path, headers: Object.fromEntries(shown), status: 0, bytesIn: 0, bytesOut: 0 };
    list.push(entry);
    return entry;
  };
  return { log, record };
}
