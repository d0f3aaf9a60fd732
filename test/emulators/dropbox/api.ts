import { type Answer, downloadAnswer, jsonAnswer } from './answer.ts';
import { badRequest, missingScope, plainRefusal } from './errors.ts';
import type { Behaviour } from './options.ts';
import { changeRoutes } from './routes/changes.ts';
import { fileRoutes } from './routes/files.ts';
import { finishRoutes } from './routes/finish.ts';
import { folderRoutes } from './routes/folders.ts';
import { longpollRoutes } from './routes/longpoll.ts';
import type { Route, Routes } from './routes/route.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { sharingRoutes, tokenRoutes } from './routes/sharing.ts';
import { userRoutes } from './routes/users.ts';
import type { Exchange } from './server.ts';
import type { Call, Download, Service } from './service.ts';
import { BadArgument } from './stone.ts';

export const routes: Routes = {
  ...userRoutes,
  ...fileRoutes,
  ...folderRoutes,
  ...changeRoutes,
  ...longpollRoutes,
  ...sessionRoutes,
  ...finishRoutes,
  ...sharingRoutes,
  ...tokenRoutes,
};

const jsonTypes = ['application/json', 'application/json; charset=utf-8', 'text/plain; charset=dropbox-cors-hack'];
const byteTypes = ['application/octet-stream', 'text/plain; charset=dropbox-cors-hack'];

const hostOf = {
  api: ['api.dropboxapi.com', 'api.dropbox.com'],
  content: ['content.dropboxapi.com'],
  notify: ['notify.dropboxapi.com'],
} as const;

/** Answers a call of `/2/<route>`, in the order of the service: route, token, rate, scope, path root, argument. */
export async function answerCall(
  exchange: Exchange,
  service: Service,
  limitRate: (account: string) => void,
  base: string,
): Promise<Answer> {
  const { request, url, record } = exchange;
  const name = record.route;
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!route) throw plainRefusal(400, `Unknown API function: "${name}"`);
  if (request.method !== 'POST' && !(route.style === 'download' && request.method === 'GET')) {
    throw plainRefusal(405, `Method ${request.method ?? ''} is not allowed here.`);
  }
  refuseWrongHost(request.headers.host, route, name);
  checkContentType(request.headers['content-type'], route, name);

  const caller = route.auth === 'none' ? undefined : authorise(exchange, route, service, limitRate);
  const account = caller?.account ?? service.accounts.all()[0]!;
  const pathRoot = request.headers['dropbox-api-path-root'];
  const argument = await check(route, name, async () => {
    const view = service.accounts.view(account, service.app, typeof pathRoot === 'string' ? pathRoot : undefined);
    return { view, value: route.argument(await readArgument(exchange, route, service.behaviour), '') };
  });
  record.argument = argument.value;
  const declared = request.headers['content-length'];
  const call: Call = {
    service,
    account,
    base,
    route: name,
    view: argument.view,
    token: caller?.token ?? '',
    body: exchange.body,
    declaredBytes: declared === undefined ? undefined : Number(declared),
    range: request.headers.range,
    failing: exchange.fault?.kind === 'entries' ? exchange.fault : undefined,
    connection: request.socket,
  };
  const result = await route.run(argument.value, call);
  const headers = url.searchParams.has('reject_cors_preflight') ? { 'Access-Control-Allow-Origin': '*' } : {};
  return isDownload(result)
    ? downloadAnswer(result, service.contents, call.range)
    : jsonAnswer(result ?? null, headers);
}

const isDownload = (result: unknown): result is Download =>
  typeof result === 'object' && result !== null && 'download' in result;

const whereOf = {
  rpc: 'request body',
  upload: 'HTTP header "Dropbox-API-Arg"',
  download: 'HTTP header "Dropbox-API-Arg"',
};

async function check<T>({ style }: Route, route: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BadArgument) throw badRequest(route, `${whereOf[style]}: ${error.message}`);
    throw error;
  }
}

function refuseWrongHost(header: string | undefined, route: Route, name: string): void {
  const host = (header ?? '').replace(/:\d+$/, '');
  if (!host.endsWith('.dropboxapi.com') && !host.endsWith('.dropbox.com')) return;
  if (!(hostOf[route.host] as readonly string[]).includes(host)) {
    throw plainRefusal(404, `${name} is not served by ${host}; use ${hostOf[route.host][0]}.`);
  }
}

function checkContentType(given: string | undefined, route: Route, name: string): void {
  // Only what brings bytes has to say so.
  if (given === undefined && route.style !== 'upload') return;
  if (route.style === 'download' && given?.startsWith('text/plain')) return;
  const expected = route.style === 'rpc' ? jsonTypes : byteTypes;
  const type = (given ?? '').toLowerCase().replace(/;\s*/, '; ');
  if (expected.includes(type)) return;
  const known = expected.map((each) => `"${each}"`).join(', ');
  throw badRequest(name, `Bad HTTP "Content-Type" header: "${given ?? ''}".  Expecting one of ${known}.`);
}

function authorise(exchange: Exchange, route: Route, service: Service, limitRate: (account: string) => void) {
  const { request, url, record } = exchange;
  const header = request.headers.authorization ?? url.searchParams.get('authorization') ?? undefined;
  if (header === undefined) {
    throw badRequest(record.route, 'Must provide HTTP header "Authorization" or URL parameter "authorization".');
  }
  const token = /^Bearer (\S+)$/i.exec(header)?.[1];
  if (token === undefined || !/^sl\.[-\w]+$/.test(token)) {
    const complaint = 'Invalid authorization value in HTTP header "Authorization"';
    throw badRequest(record.route, `${complaint}: the given OAuth 2 access token is malformed.`);
  }
  const { grant, scopes } = service.grants.check(token);
  limitRate(grant.account);
  if (route.scope !== null && !scopes.includes(route.scope)) throw missingScope(route.scope);
  return { token, account: service.accounts.get(grant.account) };
}

const maxArgumentBytes = 16 * 1024 * 1024;

async function readArgument(exchange: Exchange, route: Route, behaviour: Behaviour): Promise<unknown> {
  const { request, url, record } = exchange;
  if (route.style === 'rpc') {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of exchange.body) {
      size += piece.length;
      if (size > maxArgumentBytes) throw badRequest(record.route, 'request body: too large');
      pieces.push(piece);
    }
    return size === 0 ? undefined : parse(Buffer.concat(pieces).toString('utf8'), 'request body', record.route);
  }
  const header = request.headers['dropbox-api-arg'];
  const inUrl = url.searchParams.get('arg');
  if (typeof header === 'string') return parse(headerText(header, behaviour), whereOf.upload, record.route);
  if (inUrl !== null) return parse(inUrl, 'URL parameter "arg"', record.route);
  throw badRequest(record.route, 'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".');
}

/** The header's bytes as text, or nothing that could be JSON where they are none. */
function headerText(header: string, { argumentHeader }: Behaviour): string {
  if (!/[^\x20-\x7e]/.test(header)) return header;
  if (argumentHeader === 'asciiOnly') return '';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return '';
  }
}

function parse(text: string, where: string, route: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest(route, `${where}: could not decode input as JSON`);
  }
}
