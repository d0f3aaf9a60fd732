import type { Call } from '../service.ts';
import type { Check } from '../stone.ts';

export interface Route {
  /** How argument, body and result travel. */
  readonly style: 'rpc' | 'upload' | 'download';
  readonly host: 'api' | 'content' | 'notify';
  /** `null` for routes that any token may call. */
  readonly scope: string | null;
  /** Long polls are called without a token. */
  readonly auth: 'user' | 'none';
  readonly argument: Check<unknown>;
  /** Gives the result as JSON, or a `Download`. */
  run(argument: unknown, call: Call): unknown;
}

interface Definition<A> {
  readonly style: Route['style'];
  readonly scope: Route['scope'];
  readonly host?: Route['host'];
  readonly auth?: Route['auth'];
  readonly argument: Check<A>;
}

export function route<A>(definition: Definition<A>, run: (argument: A, call: Call) => unknown): Route {
  return {
    host: definition.style === 'rpc' ? 'api' : 'content',
    auth: 'user',
    ...definition,
    // The server only ever passes what `argument` has checked.
    run: (argument, call) => run(argument as A, call),
  };
}

export type Routes = Readonly<Record<string, Route>>;
