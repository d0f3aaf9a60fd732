/** Which part of the server a request is for, and who answers it. */
import { authenticate, loginChallenge } from './authenticate.ts';
import { dav } from './dav.ts';
import { DavError, davErrorBody } from './davError.ts';
import { Dropped, type Exchange } from './exchange.ts';
import { answerOf } from './faults.ts';
import { flowPath, type LoginFlows, loginFlow } from './loginFlow.ts';
import { ocs } from './ocs.ts';
import { sendMaintenance, sendUntrusted } from './outages.ts';
import type { Site } from './site.ts';
import { walk } from './tree.ts';

const html = { 'Content-Type': 'text/html; charset=UTF-8' };

/** The part of the server; with the method, the name under which a request is counted and found by the fault plan. */
export function areaOf(path: string): string {
  if (path === '/status.php') return 'status';
  if (path.startsWith('/ocs/')) return 'ocs';
  if (flowPath.test(path)) return 'login';
  if (path.startsWith('/remote.php/webdav')) return 'files';
  const area = /^\/remote\.php\/dav(?:\/([^/?]*))?/.exec(path);
  return area === null ? 'page' : area[1] === undefined || area[1] === '' ? 'dav' : area[1];
}

export async function answer(exchange: Exchange, site: Site, flows: LoginFlows, origin: string): Promise<void> {
  const { area } = exchange.record;
  try {
    if (site.switches.untrustedHost) return await sendUntrusted(exchange);
    if (await faulted(exchange)) return;
    if (area === 'status') return await sendStatus(exchange, site);
    if (site.switches.maintenance) return await sendMaintenance(exchange);
    if (area === 'ocs') return await ocs(exchange, site);
    if (area === 'login') return await loginFlow(exchange, site, flows, origin);
    if (area === 'page') return await page(exchange, site);
    exchange.account = authenticate(exchange, site);
    return await dav(exchange, site);
  } catch (error) {
    await sendError(exchange, error);
  }
}

/** The faults that keep the request from being done. */
async function faulted(exchange: Exchange): Promise<boolean> {
  const { fault } = exchange;
  if (fault?.kind === 'reset' && fault.afterBytes === undefined) exchange.drop();
  if (fault?.kind === 'stall') return true;
  if (fault?.kind !== 'status') return false;
  const { status, headers, body } = answerOf(fault);
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': loginChallenge } : {};
  if (fault.body === 'maintenance') await sendMaintenance(exchange);
  else await exchange.send(status, { ...headers, ...challenge }, body);
  return true;
}

async function sendError(exchange: Exchange, error: unknown): Promise<void> {
  const { response } = exchange;
  if (error instanceof Dropped || response.destroyed) return;
  const refusal =
    error instanceof DavError
      ? error
      : new DavError('Exception', error instanceof Error ? error.message : String(error));
  try {
    await exchange.send(
      refusal.status,
      { 'Content-Type': 'application/xml; charset=utf-8', ...refusal.headers },
      davErrorBody(refusal),
    );
  } catch (again) {
    if (!(again instanceof Dropped)) response.destroy();
  }
}

async function sendStatus(exchange: Exchange, site: Site): Promise<void> {
  const status = {
    installed: true,
    maintenance: site.switches.maintenance,
    needsDbUpgrade: false,
    version: `${site.version}.2`,
    versionstring: site.version,
    edition: '',
    productname: 'Nextcloud',
    extendedSupport: false,
  };
  await exchange.send(
    200,
    { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' },
    JSON.stringify(status),
  );
}

async function page(exchange: Exchange, site: Site): Promise<void> {
  const { path, method } = exchange;
  const file = /^\/index\.php\/f\/(\d+)$/.exec(path);
  if (file !== null) return redirectToFile(exchange, site, Number(file[1]));
  if (/^\/\.well-known\/(caldav|carddav)$/.test(path))
    return exchange.send(301, { Location: `${site.prefix}/remote.php/dav/` });
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
    return exchange.send(405, html, '<html><body><h1>Method Not Allowed</h1></body></html>');
  if (path === '/' || path === '' || path === '/index.php')
    return exchange.send(302, { Location: `${site.prefix}/index.php/login` });
  return exchange.send(404, html, '<html><body><h1>Not Found</h1></body></html>');
}

async function redirectToFile(exchange: Exchange, site: Site, id: number): Promise<void> {
  for (const account of site.accounts.all) {
    for (const node of walk(account.files)) {
      if (node.id === id)
        return exchange.send(303, { Location: `${site.prefix}/index.php/apps/files/files/${id}?dir=/&openfile=true` });
    }
  }
  return exchange.send(404, html, '<html><body><h1>Not Found</h1></body></html>');
}
