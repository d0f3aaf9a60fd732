/** Login Flow v2: a client asks, a person grants in the browser, the client fetches its app password once. */
import { type Account, addAppPassword, randomToken } from './accounts.ts';
import type { Exchange } from './exchange.ts';
import { donePage, grantPage, invalidPage, loginPage } from './grantPage.ts';
import type { Site } from './site.ts';

interface Flow {
  readonly pollToken: string;
  readonly loginToken: string;
  /** The `User-Agent` of the request: all that the person learns of who is asking. */
  readonly clientName: string;
  readonly startedAt: number;
  account: Account | undefined;
  granted: boolean;
}

const lifetimeMs = 1200 * 1000;

export function createLoginFlows(clock: () => number = Date.now) {
  let flows: Flow[] = [];
  const alive = (): Flow[] => (flows = flows.filter((flow) => flow.startedAt > clock() - lifetimeMs));
  return {
    start(clientName: string): Flow {
      const flow: Flow = {
        pollToken: randomToken(128),
        loginToken: randomToken(128),
        clientName,
        startedAt: clock(),
        account: undefined,
        granted: false,
      };
      flows.push(flow);
      return flow;
    },
    byLogin: (token: string): Flow | undefined => alive().find((flow) => flow.loginToken === token && !flow.granted),
    /** Whoever is granted takes it once. */
    take(token: string): Flow | undefined {
      const found = alive().find((flow) => flow.pollToken === token && flow.granted);
      if (found !== undefined) flows = flows.filter((flow) => flow !== found);
      return found;
    },
    grant(flow: Flow, account: Account): void {
      flow.account = account;
      flow.granted = true;
    },
    get waiting(): readonly Flow[] {
      return alive().filter((flow) => !flow.granted);
    },
  };
}
export type LoginFlows = ReturnType<typeof createLoginFlows>;

const json = { 'Content-Type': 'application/json; charset=utf-8' };
const html = { 'Content-Type': 'text/html; charset=UTF-8' };
export const flowPath = /^(?:\/index\.php)?\/login\/v2(?:\/(poll|flow|grant)(?:\/([A-Za-z0-9]+))?)?$/;

export async function loginFlow(exchange: Exchange, site: Site, flows: LoginFlows, origin: string): Promise<void> {
  const [, step, token = ''] = flowPath.exec(exchange.path) ?? [];
  const base = `${origin}${site.prefix}/index.php/login/v2`;
  if (step === undefined && exchange.method === 'POST') {
    const flow = flows.start(exchange.header('user-agent') ?? '');
    const answer = {
      poll: { token: flow.pollToken, endpoint: `${base}/poll` },
      login: `${base}/flow/${flow.loginToken}`,
    };
    return exchange.send(200, json, JSON.stringify(answer));
  }
  if (step === 'poll' && exchange.method === 'POST') return poll(exchange, site, flows, origin);
  const flow = step === 'flow' || step === 'grant' ? flows.byLogin(token) : undefined;
  if (flow === undefined) return exchange.send(step === undefined ? 405 : 403, html, invalidPage());
  const action = `${site.prefix}/index.php/login/v2/grant/${flow.loginToken}`;
  if (exchange.method === 'GET') return exchange.send(200, html, loginPage(action, flow.clientName));
  const form = new URLSearchParams(await exchange.text());
  if (form.get('grant') !== null && flow.account !== undefined) {
    flows.grant(flow, flow.account);
    return exchange.send(200, html, donePage());
  }
  const account = site.accounts.byLogin(form.get('user') ?? '');
  if (account === undefined || account.disabled || account.password !== form.get('password')) {
    return exchange.send(200, html, loginPage(action, flow.clientName, 'Wrong login or password.'));
  }
  flow.account = account;
  return exchange.send(200, html, grantPage(action, flow.clientName, account.displayName));
}

async function poll(exchange: Exchange, site: Site, flows: LoginFlows, origin: string): Promise<void> {
  const text = await exchange.text();
  const isJson = (exchange.header('content-type') ?? '').includes('json');
  const token = isJson
    ? String((JSON.parse(text) as { token?: unknown }).token)
    : (new URLSearchParams(text).get('token') ?? '');
  const flow = flows.take(token);
  if (flow?.account === undefined) return exchange.send(404, json, '[]');
  const { secret } = addAppPassword(flow.account, flow.clientName);
  const answer = { server: origin + site.prefix, loginName: flow.account.loginName, appPassword: secret };
  return exchange.send(200, json, JSON.stringify(answer));
}
