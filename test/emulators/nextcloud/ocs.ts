/** The OCS API: capabilities, the user, app passwords, webhook registrations. */
import { type Account, addAppPassword, randomToken } from './accounts.ts';
import { appPasswordIn, authenticate } from './authenticate.ts';
import { capabilities, publicCapabilities } from './capabilities.ts';
import { DavError } from './davError.ts';
import type { Exchange } from './exchange.ts';
import type { OcsAnswer } from './ocsAnswer.ts';
import { freeSpace } from './resource.ts';
import type { Site } from './site.ts';
import { sizeOf } from './tree.ts';
import { webhooks } from './webhooks.ts';
import { escapeXml } from './xml/write.ts';

type Route = (exchange: Exchange, site: Site, account: Account, rest: string) => OcsAnswer | Promise<OcsAnswer>;

const routes: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  ['GET', /^\/cloud\/user$/, (_exchange, _site, account) => ({ status: 200, data: describe(account) })],
  ['GET', /^\/core\/getapppassword$/, newAppPassword],
  ['POST', /^\/core\/apppassword\/rotate$/, rotateAppPassword],
  ['DELETE', /^\/core\/apppassword$/, deleteAppPassword],
  ['*', /^\/apps\/webhook_listeners\/api\/v1\/webhooks(\/\d+)?$/, webhooks],
];

export async function ocs(exchange: Exchange, site: Site): Promise<void> {
  const [, version = '', path = ''] = /^\/ocs\/(v1|v2)\.php(\/.*)?$/.exec(exchange.path) ?? [];
  const answer = await answerOf(exchange, site, path);
  await send(exchange, version, answer);
}

async function answerOf(exchange: Exchange, site: Site, path: string): Promise<OcsAnswer> {
  if (exchange.header('ocs-apirequest') !== 'true') return { status: 412, data: [], message: 'CSRF check failed' };
  try {
    if (
      path === '/cloud/capabilities' &&
      exchange.header('authorization') === undefined &&
      exchange.header('cookie') === undefined
    ) {
      return { status: 200, data: publicCapabilities(site) };
    }
    const account = authenticate(exchange, site);
    exchange.account = account;
    if (path === '/cloud/capabilities') return { status: 200, data: capabilities(site, delayFor(exchange, site)) };
    for (const [method, pattern, route] of routes) {
      const match = pattern.exec(path);
      if (match !== null && (method === '*' || method === exchange.method))
        return await route(exchange, site, account, match[1] ?? '');
    }
    return {
      status: 404,
      data: [],
      message:
        'Invalid query, please check the syntax. API specifications are here: http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.',
    };
  } catch (error) {
    if (!(error instanceof DavError)) throw error;
    const status = error.kind === 'PasswordLoginForbidden' ? 401 : error.status;
    return { status, data: [], message: status === 401 ? 'Current user is not logged in' : error.message };
  }
}

const delayFor = (exchange: Exchange, site: Site): number =>
  site.throttle.delayMs(exchange.request.socket.remoteAddress ?? '');

function describe(account: Account): unknown {
  const used = sizeOf(account.files);
  const free = freeSpace(account);
  return {
    enabled: true,
    id: account.userId,
    email: null,
    'display-name': account.displayName,
    displayname: account.displayName,
    quota: {
      free: free ?? 9_999_999_999,
      used,
      total: free === undefined ? 9_999_999_999 + used : free + used,
      relative: 0,
      quota: account.quota ?? -3,
    },
    groups: account.isAdmin ? ['admin'] : [],
    language: 'en',
  };
}

function newAppPassword(exchange: Exchange, site: Site, account: Account): OcsAnswer {
  if (site.accounts.byAppPassword(appPasswordIn(exchange) ?? '') !== undefined)
    return { status: 403, data: [], message: 'You cannot request an new apppassword with an apppassword' };
  return {
    status: 200,
    data: { apppassword: addAppPassword(account, exchange.header('user-agent') ?? 'unknown').secret },
  };
}

function rotateAppPassword(exchange: Exchange, _site: Site, account: Account): OcsAnswer {
  const old = account.appPasswords.get(appPasswordIn(exchange) ?? '');
  if (old === undefined) return { status: 403, data: [], message: 'no app password in use' };
  account.appPasswords.delete(old.secret);
  const rotated = { secret: randomToken(72), name: old.name };
  account.appPasswords.set(rotated.secret, rotated);
  return { status: 200, data: { apppassword: rotated.secret } };
}

function deleteAppPassword(exchange: Exchange, site: Site, account: Account): OcsAnswer {
  if (!account.appPasswords.delete(appPasswordIn(exchange) ?? ''))
    return { status: 403, data: [], message: 'no app password in use' };
  site.sessions.closeAll(account);
  return { status: 200, data: [] };
}

/** Version 1 answers 200 whatever happened, with codes of its own in the body. */
async function send(exchange: Exchange, version: string, answer: OcsAnswer): Promise<void> {
  const old = version === 'v1';
  const failed = answer.status >= 400;
  const code = answer.status === 401 ? 997 : old && !failed ? 100 : answer.status;
  const meta = {
    status: failed ? 'failure' : 'ok',
    statuscode: code,
    message: answer.message ?? (failed ? '' : 'OK'),
    ...(old ? { totalitems: '', itemsperpage: '' } : {}),
  };
  const document = { meta, data: answer.data };
  const json = exchange.query.get('format') === 'json' || /json/.test(exchange.header('accept') ?? '');
  const status =
    old && answer.status !== 401 && answer.status !== 503 && answer.status !== 429 && answer.status !== 412
      ? 200
      : answer.status;
  const type = { 'Content-Type': `application/${json ? 'json' : 'xml'}; charset=utf-8` };
  await exchange.send(
    status,
    type,
    json ? JSON.stringify({ ocs: document }) : `<?xml version="1.0"?>\n<ocs>${toXml(document)}</ocs>\n`,
  );
}

function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<element>${toXml(item)}</element>`).join('');
  if (value !== null && typeof value === 'object')
    return Object.entries(value)
      .map(([key, inner]) => `<${key}>${toXml(inner)}</${key}>`)
      .join('');
  return escapeXml(
    value === null || value === undefined ? '' : value === true ? '1' : value === false ? '' : String(value),
  );
}
