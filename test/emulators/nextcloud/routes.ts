/** Which part of the server a request is for, and who answers it. */
import { authenticate } from './authenticate.ts';
import { dav } from './dav.ts';
import { DavError, davErrorBody } from './davError.ts';
import { Dropped, type Exchange } from './exchange.ts';
import { flowPath, loginFlow, type LoginFlows } from './loginFlow.ts';
import { ocs } from './ocs.ts';
import { sendMaintenance, sendUntrusted } from './outages.ts';
import type { Site } from './site.ts';
import { walk } from './tree.ts';

const html = { 'Content-Type': 'text/html; charset=UTF-8' };

/** The name under which a request is counted, and found by the fault plan. */
export function kindOf(path: string): string {
  if (path === '/status.php') return 'status';
  if (path.startsWith('/ocs/')) return 'ocs';
  if (flowPath.test(path)) return 'login';
  if (path.startsWith('/remote.php/webdav')) return 'files';
  const area = /^\/remote\.php\/dav(?:\/([^/?]*))?/.exec(path);
  return area === null ? 'page' : area[1] === undefined || area[1] === '' ? 'dav' : area[1];
}

export async function answer(exchange: Exchange, site: Site, flows: LoginFlows, origin: string): Promise<void> {
  const kind = exchange.record.kind;
  try {
    await exchange.arrive();
    if (site.switches.untrustedHost) return await sendUntrusted(exchange);
    if (kind === 'status') return await sendStatus(exchange, site);
    if (await faulted(exchange)) return;
    if (site.switches.maintenance) return await sendMaintenance(exchange, kind);
    if (kind === 'ocs') return await ocs(exchange, site);
    if (kind === 'login') return await loginFlow(exchange, site, flows, origin);
    if (kind === 'page') return await page(exchange, site);
    exchange.account = authenticate(exchange, site);
    return await dav(exchange, site);
  } catch (error) {
    await sendError(exchange, error);
  }
}

/** The faults that keep the request from being done. */
async function faulted(exchange: Exchange): Promise<boolean> {
  const { fault } = exchange;
  if (fault?.do === 'reset' && fault.afterRequestBytes === undefined) exchange.drop();
  if (fault?.do === 'stall') {
    exchange.request.resume();
    return true;
  }
  if (fault?.do !== 'status') return false;
  await exchange.send(fault.status, { 'Content-Type': 'text/html', ...fault.headers }, fault.body ?? '');
  return true;
}

async function sendError(exchange: Exchange, error: unknown): Promise<void> {
  const { response } = exchange;
  if (error instanceof Dropped || response.destroyed) return;
  const refusal = error instanceof DavError ? error : new DavError('Exception', error instanceof Error ? error.message : String(error));
  try {
    await exchange.send(refusal.status, { 'Content-Type': 'application/xml; charset=utf-8', ...refusal.headers }, davErrorBody(refusal));
  } catch (again) {
    if (!(again instanceof Dropped)) response.destroy();
  }
}

async function sendStatus(exchange: Exchange, site: Site): Promise<void> {
  if (await faulted(exchange)) return;
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
  await exchange.send(200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }, JSON.stringify(status));
}

async function page(exchange: Exchange, site: Site): Promise<void> {
  const { path, method } = exchange;
  const file = /^\/index\.php\/f\/(\d+)$/.exec(path);
  if (file !== null) return redirectToFile(exchange, site, Number(file[1]));
  if (/^\/\.well-known\/(caldav|carddav)$/.test(path)) return exchange.send(301, { Location: `${site.prefix}/remote.php/dav/` });
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return exchange.send(405, html, '<html><body><h1>Method Not Allowed</h1></body></html>');
  if (path === '/' || path === '' || path === '/index.php') return exchange.send(302, { Location: `${site.prefix}/index.php/login` });
  return exchange.send(404, html, '<html><body><h1>Not Found</h1></body></html>');
}

async function redirectToFile(exchange: Exchange, site: Site, id: number): Promise<void> {
  for (const account of site.accounts.all) {
    for (const node of walk(account.files)) {
      if (node.id === id) return exchange.send(303, { Location: `${site.prefix}/index.php/apps/files/files/${id}?dir=/&openfile=true` });
    }
  }
  return exchange.send(404, html, '<html><body><h1>Not Found</h1></body></html>');
}
