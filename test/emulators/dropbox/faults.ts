import {
  plainRefusal,
  type Refusal,
  rateLimited,
  routeError,
  type TaggedError,
  tagged,
  unauthorized,
} from './errors.ts';

/** What goes wrong with one request. */
export type FaultKind =
  /** The connection is reset, before anything is done or after so many bytes of the body. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Nothing is read and nothing answered any more, until the client gives up. */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** The request is performed; its answer announces its full length, and the connection ends half way. */
  | { readonly kind: 'cutBody' }
  /** The request is not performed; it gets this answer. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: BodyKind;
      readonly retryAfter?: number | string;
      /** For `routeError`: which one. */
      readonly error?: TaggedError;
    }
  /** The request is performed and answered with a 200 whose body is not what it should be. */
  | { readonly kind: 'wrongJson'; readonly text?: string }
  /** The request is performed, and the connection drops before its answer. */
  | { readonly kind: 'lostAnswer' }
  /** The request is performed, and its answer never comes. */
  | { readonly kind: 'stallAnswer' }
  /** Some entries of a batch fail with this error, and the others are performed. */
  | { readonly kind: 'entries'; readonly indexes: readonly number[]; readonly error: TaggedError };

export type BodyKind =
  | 'text'
  | 'html'
  | 'empty'
  | 'routeError'
  | 'expiredToken'
  | 'invalidToken'
  | 'rateLimitJson'
  | 'rateLimitText'
  | 'json';

/**
 * A fault and when it strikes: at the Nth request of all, or at the Nth of a route, from 1 and counted from the
 * moment the fault was planned. Neither means the next one.
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

export function createFaults(initial: readonly Fault[]): FaultSource {
  interface Planned {
    readonly fault: Fault;
    seen: number;
    left: number;
  }
  let planned: Planned[] = [];
  const source: FaultSource = {
    inject(...faults) {
      for (const fault of faults) planned.push({ fault, seen: 0, left: fault.times ?? 1 });
    },
    get pending() {
      return planned.map(({ fault }) => fault);
    },
    clear() {
      planned = [];
    },
    next(route) {
      let struck: Planned | undefined;
      for (const each of planned) {
        if (each.fault.route !== undefined && each.fault.route !== route) continue;
        each.seen += 1;
        if (!struck && each.seen >= (each.fault.at ?? each.fault.nth ?? 1)) struck = each;
      }
      if (!struck) return undefined;
      struck.left -= 1;
      if (struck.left <= 0) planned = planned.filter((each) => each !== struck);
      return struck.fault;
    },
  };
  source.inject(...initial);
  return source;
}

const usualBody: Readonly<Record<number, BodyKind>> = {
  400: 'text',
  401: 'expiredToken',
  409: 'routeError',
  429: 'rateLimitJson',
  502: 'html',
  503: 'empty',
};

const html = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** The answer of a `status` fault. */
export function refusalOf(fault: Extract<FaultKind, { kind: 'status' }>): Refusal {
  const { status, retryAfter } = fault;
  const body = fault.body ?? usualBody[status] ?? 'text';
  const limit = { retryAfter: retryAfter ?? null };
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  const bodies: Readonly<Record<BodyKind, () => Refusal>> = {
    text: () => plainRefusal(status, `The request was refused with status ${status}.`),
    html: () => plainRefusal(status, html, 'text/html'),
    empty: () => plainRefusal(status, ''),
    json: () => routeError(tagged('other')),
    routeError: () => routeError(fault.error ?? tagged('other')),
    expiredToken: () => unauthorized('expired_access_token'),
    invalidToken: () => unauthorized('invalid_access_token'),
    rateLimitJson: () => rateLimited('too_many_requests', { ...limit, body: 'json' }),
    rateLimitText: () => rateLimited('too_many_requests', { ...limit, body: 'text' }),
  };
  const refusal = bodies[body]();
  return { ...refusal, status, headers: { ...refusal.headers, ...headers } };
}

/** Reads a plan as it stands in a file, where anything may stand. */
export function parseFaults(text: string): Fault[] {
  const kinds = ['reset', 'stall', 'cutBody', 'status', 'wrongJson', 'lostAnswer', 'stallAnswer', 'entries'];
  const plan: unknown = JSON.parse(text);
  if (!Array.isArray(plan)) throw new Error('A fault plan is a list.');
  for (const [index, fault] of plan.entries()) {
    const kind: unknown = (fault as { kind?: unknown } | null)?.kind;
    if (typeof kind !== 'string' || !kinds.includes(kind)) {
      throw new Error(`Fault ${index} of the plan has none of the kinds ${kinds.join(', ')}.`);
    }
  }
  return plan as Fault[];
}
