/** What was asked of the server, for tests that count. */
export interface RequestRecord {
  /** From 1, in order of arrival. */
  readonly index: number;
  readonly method: string;
  /** The part of the server that was addressed: `files`, `uploads`, `ocs`, `status`, `login` ... */
  readonly area: string;
  /** Both together, as the fault plan names them: `PUT uploads`. */
  readonly route: string;
  readonly path: string;
  /** Without the values of those that hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** 0 while unanswered, and for ever when the connection was dropped. */
  status: number;
  /** Bytes of the bodies. */
  bytesIn: number;
  bytesOut: number;
  /** What the fault plan did to it. */
  fault?: string;
}

export interface RequestLog {
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Requests being worked on right now, and the most there ever were at one time. */
  readonly running: number;
  readonly peak: number;
  /** For example `{"PUT files": 3}`. */
  readonly byRoute: Readonly<Record<string, number>>;
  readonly list: readonly RequestRecord[];
  count(route?: string): number;
  reset(): void;
}

export interface RequestRecorder extends RequestLog {
  open(method: string, area: string, path: string, headers: NodeJS.Dict<string | string[]>): RequestRecord;
  close(record: RequestRecord): void;
}

const hidden = new Set(['authorization', 'cookie']);

export function createRequestLog(): RequestRecorder {
  let list: RequestRecord[] = [];
  let running = new Set<RequestRecord>();
  let peak = 0;
  const sum = (field: 'bytesIn' | 'bytesOut'): number => list.reduce((all, each) => all + each[field], 0);
  return {
    get list() {
      return list;
    },
    get total() {
      return list.length;
    },
    get bytesIn() {
      return sum('bytesIn');
    },
    get bytesOut() {
      return sum('bytesOut');
    },
    get running() {
      return running.size;
    },
    get peak() {
      return peak;
    },
    get byRoute() {
      const counts: Record<string, number> = {};
      for (const { route } of list) counts[route] = (counts[route] ?? 0) + 1;
      return counts;
    },
    count: (route) => (route === undefined ? list.length : list.filter((record) => record.route === route).length),
    reset() {
      list = [];
      running = new Set();
      peak = 0;
    },
    open(method, area, path, headers) {
      const shown = Object.entries(headers).map(([name, value]) => [
        name,
        hidden.has(name) ? '(hidden)' : String(value),
      ]);
      const record: RequestRecord = {
        index: list.length + 1,
        method,
        area,
        route: `${method} ${area}`,
        path,
        headers: Object.fromEntries(shown),
        status: 0,
        bytesIn: 0,
        bytesOut: 0,
      };
      list.push(record);
      running.add(record);
      peak = Math.max(peak, running.size);
      return record;
    },
    close: (record) => void running.delete(record),
  };
}
