/** The fault plan: which request goes wrong, and how. It is plain data, so that it can be replayed from a file. */
import { davErrorXml } from './davError.ts';

/** What goes wrong with one request. */
export type FaultKind =
  /** The connection is reset, before anything is done or after so many bytes of the request body. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Nothing is done, and there is no answer, ever. */
  | { readonly kind: 'stall' }
  /** The request is performed, and its answer ends after so many bytes. */
  | { readonly kind: 'cutBody'; readonly afterBytes?: number }
  /** The request is not performed; it gets this answer. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: 'dav' | 'html' | 'empty' | 'maintenance';
      readonly retryAfter?: number | string;
    }
  /** The request is performed, and then the connection drops, or a gateway answers in the server's place. */
  | { readonly kind: 'lostAnswer'; readonly answer?: 'drop' | 502 | 504 }
  /** The request is performed, and its answer never comes. */
  | { readonly kind: 'stallAnswer' }
  /** The request is performed; where the answer is a multistatus, it is no XML. */
  | { readonly kind: 'wrongXml' }
  /** The body is thrown away: an empty file is stored, and 201 answered. */
  | { readonly kind: 'emptyFile' }
  /** The answer tells the ETags from before the last change. */
  | { readonly kind: 'staleEtag' };

/**
 * A fault and when it strikes: at the Nth request of all, or at the Nth of a route (`PUT uploads`), from 1 and
 * counted from the moment the fault was planned. Neither means the next one.
 */
export type Fault = FaultKind & {
  readonly at?: number;
  readonly route?: string;
  readonly nth?: number;
  /** For how many requests on end; 1 without it. */
  readonly times?: number;
};

export interface FaultPlan {
  inject(...faults: readonly Fault[]): void;
  /** Faults that have not struck yet, or not as often as they should. */
  readonly pending: readonly Fault[];
  clear(): void;
}

export interface FaultSource extends FaultPlan {
  /** Counts one request and gives the fault that strikes it. */
  next(route: string): Fault | undefined;
}

interface Planned {
  readonly fault: Fault;
  seen: number;
  left: number;
}

export function createFaultSource(initial: readonly Fault[] = []): FaultSource {
  let planned: Planned[] = [];
  const source: FaultSource = {
    inject: (...faults) => void planned.push(...faults.map((fault) => ({ fault, seen: 0, left: fault.times ?? 1 }))),
    get pending() {
      return planned.map(({ fault }) => fault);
    },
    clear: () => {
      planned = [];
    },
    next(route) {
      const fitting = planned.filter(({ fault }) => fault.route === undefined || fault.route === route);
      for (const each of fitting) each.seen += 1;
      const struck = fitting.find(({ fault, seen }) => seen >= (fault.at ?? fault.nth ?? 1));
      if (struck === undefined) return undefined;
      struck.left -= 1;
      if (struck.left <= 0) planned = planned.filter((each) => each !== struck);
      return struck.fault;
    },
  };
  source.inject(...initial);
  return source;
}

const exceptions: Readonly<Record<number, string>> = {
  401: 'Sabre\\DAV\\Exception\\NotAuthenticated',
  403: 'Sabre\\DAV\\Exception\\Forbidden',
  408: 'Sabre\\DAV\\Exception\\BadRequest',
  409: 'Sabre\\DAV\\Exception\\Conflict',
  423: 'OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked',
  429: 'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests',
  500: 'Exception',
  503: 'Sabre\\DAV\\Exception\\ServiceUnavailable',
  507: 'Sabre\\DAV\\Exception\\InsufficientStorage',
};

export const gatewayPage = (status: number): string =>
  `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

/** The answer of a `status` fault, unless it is maintenance, whose shape depends on the route. */
export function answerOf(fault: Extract<FaultKind, { kind: 'status' }>): {
  status: number;
  headers: Record<string, string>;
  body: string;
} {
  const { status, retryAfter } = fault;
  const exception = exceptions[status];
  const shape = fault.body ?? (exception === undefined ? 'html' : 'dav');
  const type: Record<string, string> =
    shape === 'empty' ? {} : { 'Content-Type': shape === 'dav' ? 'application/xml; charset=utf-8' : 'text/html' };
  const headers = { ...type, ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }) };
  const body =
    shape === 'empty'
      ? ''
      : shape === 'dav'
        ? davErrorXml(exception ?? 'Exception', `Refused with ${status}`)
        : gatewayPage(status);
  return { status, headers, body };
}

const kinds: readonly string[] = [
  'reset',
  'stall',
  'cutBody',
  'status',
  'lostAnswer',
  'stallAnswer',
  'wrongXml',
  'emptyFile',
  'staleEtag',
];

/** Reads a plan as it stands in a file, where anything may stand. */
export function parseFaults(text: string): Fault[] {
  const plan: unknown = JSON.parse(text);
  if (!Array.isArray(plan)) throw new Error('A fault plan is a list.');
  for (const [index, fault] of plan.entries()) {
    const kind: unknown = (fault as { kind?: unknown } | null)?.kind;
    if (typeof kind !== 'string' || !kinds.includes(kind))
      throw new Error(`Fault ${index} of the plan has none of the kinds ${kinds.join(', ')}.`);
  }
  return plan as Fault[];
}
