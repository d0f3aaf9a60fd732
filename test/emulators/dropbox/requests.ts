/** What was asked of the emulator: the measure of request-budget tests. */
export interface RequestRecord {
  /** From 1, in order of arrival. */
  readonly index: number;
  /** Such as `files/upload`, `oauth2/token`. */
  readonly route: string;
  readonly method: string;
  readonly url: string;
  readonly startedAt: number;
  /** The checked argument, once it is known. */
  argument?: unknown;
  /** 0 while running, and for requests that never got an answer. */
  status: number;
  /** Bytes of the bodies, without headers. */
  bytesIn: number;
  bytesOut: number;
  durationMs: number;
  fault?: string;
}

export interface RouteCount {
  count: number;
  bytesIn: number;
  bytesOut: number;
}

export interface RequestLog {
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Requests being worked on right now, and the most there ever were at one time. */
  readonly running: number;
  readonly peak: number;
  readonly byRoute: Readonly<Record<string, RouteCount>>;
  readonly list: readonly RequestRecord[];
  count(route: string): number;
  reset(): void;
}

export interface RequestRecorder extends RequestLog {
  open(route: string, method: string, url: string): RequestRecord;
  close(record: RequestRecord): void;
}

export function createRequestLog(): RequestRecorder {
  let list: RequestRecord[] = [];
  let running = new Set<RequestRecord>();
  let peak = 0;
  const sum = (field: 'bytesIn' | 'bytesOut'): number => list.reduce((all, each) => all + each[field], 0);
  return {
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
      const counts: Record<string, RouteCount> = {};
      for (const { route, bytesIn, bytesOut } of list) {
        const at = (counts[route] ??= { count: 0, bytesIn: 0, bytesOut: 0 });
        at.count += 1;
        at.bytesIn += bytesIn;
        at.bytesOut += bytesOut;
      }
      return counts;
    },
    get list() {
      return list;
    },
    count: (route) => list.filter((each) => each.route === route).length,
    reset() {
      list = [];
      running = new Set();
      peak = 0;
    },
    open(route, method, url) {
      const record: RequestRecord = {
        index: list.length + 1,
        route,
        method,
        url,
        startedAt: performance.now(),
        status: 0,
        bytesIn: 0,
        bytesOut: 0,
        durationMs: 0,
      };
      list.push(record);
      running.add(record);
      peak = Math.max(peak, running.size);
      return record;
    },
    close(record) {
      record.durationMs = performance.now() - record.startedAt;
      running.delete(record);
    },
  };
}
