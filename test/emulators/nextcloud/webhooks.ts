/** The `webhook_listeners` app: administrators register addresses that are told of changes. */
import type { Account } from './accounts.ts';
import type { Exchange } from './exchange.ts';
import type { OcsAnswer } from './ocsAnswer.ts';
import type { NodeChange, Site } from './site.ts';

interface Registration {
  readonly id: number;
  readonly httpMethod: string;
  readonly uri: string;
  readonly event: string;
  readonly eventFilter: Record<string, unknown>;
  readonly userIdFilter: string | null;
  readonly headers: Record<string, string>;
  readonly authMethod: 'none' | 'header';
  readonly authData: Record<string, string>;
}

export interface WebhookListeners {
  readonly registrations: Map<number, Registration>;
  nextId: number;
  /** Background jobs not yet run; deliveries are neither ordered nor repeated. */
  readonly jobs: (() => Promise<void>)[];
}

const listeners = new WeakMap<Site, WebhookListeners>();

export function listenersOf(site: Site): WebhookListeners {
  const known = listeners.get(site) ?? { registrations: new Map<number, Registration>(), nextId: 1, jobs: [] };
  listeners.set(site, known);
  return known;
}

export async function webhooks(exchange: Exchange, site: Site, account: Account, rest: string): Promise<OcsAnswer> {
  if (!account.isAdmin)
    return {
      status: 403,
      data: [],
      message: 'Logged in account must be an admin, a sub admin or gotten special right to access this setting',
    };
  const known = listenersOf(site);
  const id = Number(rest.slice(1));
  if (rest === '' && exchange.method === 'GET') return { status: 200, data: [...known.registrations.values()] };
  if (rest === '' && exchange.method === 'POST') {
    const created = readRegistration(known.nextId++, await readInput(exchange));
    known.registrations.set(created.id, created);
    return { status: 200, data: created };
  }
  const registration = known.registrations.get(id);
  if (registration === undefined) return { status: 404, data: [], message: 'No such webhook' };
  if (exchange.method === 'DELETE') {
    known.registrations.delete(id);
    return { status: 200, data: true };
  }
  if (exchange.method === 'POST') known.registrations.set(id, readRegistration(id, await readInput(exchange)));
  return { status: 200, data: known.registrations.get(id) };
}

async function readInput(exchange: Exchange): Promise<Record<string, unknown>> {
  const text = await exchange.text();
  const isJson = (exchange.header('content-type') ?? '').includes('json');
  return isJson ? (JSON.parse(text) as Record<string, unknown>) : Object.fromEntries(new URLSearchParams(text));
}

function readRegistration(id: number, input: Record<string, unknown>): Registration {
  return {
    id,
    httpMethod: String(input['httpMethod'] ?? 'POST'),
    uri: String(input['uri'] ?? ''),
    event: String(input['event'] ?? ''),
    eventFilter: (input['eventFilter'] ?? {}) as Record<string, unknown>,
    userIdFilter:
      input['userIdFilter'] === undefined || input['userIdFilter'] === null ? null : String(input['userIdFilter']),
    headers: (input['headers'] ?? {}) as Record<string, string>,
    authMethod: input['authMethod'] === 'header' ? 'header' : 'none',
    authData: (input['authData'] ?? {}) as Record<string, string>,
  };
}

/** Queues a job for each registration that a change concerns. */
export function enqueueWebhooks(site: Site, change: NodeChange): void {
  const known = listenersOf(site);
  const eventClass = `OCP\\Files\\Events\\Node\\${change.event}Event`;
  const body = {
    event: { ...nodesIn(change), class: eventClass },
    user: { uid: change.account.userId, displayName: change.account.displayName },
    time: Math.floor(Date.now() / 1000),
  };
  for (const registration of known.registrations.values()) {
    if (registration.event !== eventClass) continue;
    if (registration.userIdFilter !== null && registration.userIdFilter !== change.account.userId) continue;
    if (Object.entries(registration.eventFilter).every(([path, wanted]) => fits(valueAt(body, path), wanted))) {
      known.jobs.push(() => deliver(registration, body));
    }
  }
}

function nodesIn({ account, event, id, path, source }: NodeChange): Record<string, unknown> {
  const full = (segments: readonly string[]): string => `/${[account.userId, 'files', ...segments].join('/')}`;
  if (event === 'NodeDeleted') return { node: { path: full(path) } };
  if (source === undefined) return { node: { id, path: full(path) } };
  return { source: { path: full(source) }, target: { id, path: full(path) } };
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[key] : undefined),
      value,
    );
}

/** Equality, or a regular expression written as `/.../flags`. */
function fits(value: unknown, wanted: unknown): boolean {
  const pattern = typeof wanted === 'string' ? /^\/(.*)\/([imsu]*)$/s.exec(wanted) : null;
  if (pattern === null) return value === wanted;
  return typeof value === 'string' && new RegExp(pattern[1] ?? '', pattern[2]).test(value);
}

/** No content type, no signature, one attempt. */
async function deliver(registration: Registration, body: unknown): Promise<void> {
  const secret = registration.authMethod === 'header' ? registration.authData : {};
  await fetch(registration.uri, {
    method: registration.httpMethod,
    headers: { ...registration.headers, ...secret },
    body: Buffer.from(JSON.stringify(body)),
  })
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
}

/** Runs what the background worker would run; resolves when all is delivered. */
export async function runWebhookJobs(site: Site): Promise<number> {
  const { jobs } = listenersOf(site);
  const batch = jobs.splice(0);
  for (const job of batch) await job();
  return batch.length;
}
