/** The fault plan: which request goes wrong, and how. It is plain data, so that it can be replayed from a file. */
export type Fault =
  /** The connection breaks, after so many bytes of the request body. */
  | { do: 'reset'; afterRequestBytes?: number }
  /** No answer, ever. */
  | { do: 'stall' }
  /** The answer is begun and cut after so many bytes of its body. */
  | { do: 'cutBody'; afterBytes: number }
  /** Answered so, and not done. */
  | { do: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Done, and then 504 is answered or the connection dropped. */
  | { do: 'lostAnswer'; as: 'drop' | 502 | 504 }
  /** A multistatus that is no XML. */
  | { do: 'wrongXml' }
  /** The body is thrown away: an empty file is stored, and 201 answered. */
  | { do: 'emptyFile' }
  /** The answer tells the ETags from before the last change. */
  | { do: 'staleEtag' };

export interface FaultRule {
  readonly when: {
    /** The nth request overall, from 1, since the rule was added. */
    readonly request?: number;
    /** Or the nth that fits `method` and `kind`. */
    readonly nth?: number;
    readonly method?: string;
    readonly kind?: string;
    /** A part of the path. */
    readonly path?: string;
  };
  /** For so many fitting requests from then on; once, if not said. 0: for ever. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface FaultPlan {
  add(...rules: FaultRule[]): void;
  clear(): void;
  /** How many faults have struck. */
  readonly fired: number;
}

interface Armed {
  readonly rule: FaultRule;
  seen: number;
  fitting: number;
}

export function createFaultPlan(rules: readonly FaultRule[] = []) {
  let armed: Armed[] = [];
  let fired = 0;
  const plan: FaultPlan = {
    add: (...more) => void armed.push(...more.map((rule) => ({ rule, seen: 0, fitting: 0 }))),
    clear: () => { armed = []; },
    get fired() { return fired; },
  };
  plan.add(...rules);

  const strikes = (entry: Armed, request: { method: string; kind: string; path: string }): boolean => {
    const { when, times = 1 } = entry.rule;
    entry.seen += 1;
    if (when.method !== undefined && when.method !== request.method) return false;
    if (when.kind !== undefined && when.kind !== request.kind) return false;
    if (when.path !== undefined && !request.path.includes(when.path)) return false;
    entry.fitting += 1;
    const position = when.request !== undefined ? entry.seen - when.request : entry.fitting - (when.nth ?? 1);
    return position >= 0 && (times === 0 || position < times);
  };
  const next = (request: { method: string; kind: string; path: string }): Fault | undefined => {
    const struck = armed.filter((entry) => strikes(entry, request));
    const first = struck[0];
    if (first !== undefined) fired += 1;
    return first?.rule.fault;
  };
  return { plan, next };
}
