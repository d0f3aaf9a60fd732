/**
 * A Dropbox that runs here: stateful, on disk, behind the real wire format, for tests and for other people's clients.
 * It shares no code with the product, so that agreeing with it means something.
 *
 * All hosts of Dropbox (api, content, notify, www) are served under one `url`; a client's requests reach it by
 * replacing the origin, or unchanged through the CONNECT proxy (`tls` with `proxyPort`), which refuses every other
 * name. Where the `Host` header names a host of Dropbox, it has to be the one that serves the route.
 *
 * - What is unknown about the real service is a switch in `options.behaviour`; figures are in `options.limits`.
 * - Faults are planned with `faults.inject`; `at` and `nth` count from that moment.
 * - `requests` tells what was asked, by route as in `files/upload` or `oauth2/token`. Over HTTP the counters are at
 *   `/__emulator/requests` (GET reads, DELETE resets).
 * - `clock` moves time: for tokens, sessions, cursors, rate limits, long polls and webhooks. Locks and the line
 *   (`latencyMs`, `bandwidth`, `lineBandwidth`) are in real time.
 * - `/oauth2/authorize` is a page with the buttons `#allow` and `#deny`; without a redirect address it shows `#code`.
 * - Not emulated: team administration, file properties, `create_folder_batch`, asynchronous jobs, thumbnails, search.
 *
 * By itself: `node test/emulators/cli.ts dropbox [options]`, see `main.ts`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, openAccounts } from './accounts.ts';
import { type Answer, downloadAnswer } from './answer.ts';
import { answerCall } from './api.ts';
import { prepareCertificates } from './certificates.ts';
import { createEmulatorClock, type EmulatorClock } from './clock.ts';
import { type ConnectProxy, startConnectProxy } from './connectProxy.ts';
import { openContents } from './contents.ts';
import { openCursors } from './cursors.ts';
import { openDatabase } from './database.ts';
import { plainRefusal } from './errors.ts';
import { createFaults, type FaultPlan } from './faults.ts';
import { type Files, openFiles } from './files.ts';
import { openGrants } from './grants.ts';
import { createExclusion, createLocks } from './locks.ts';
import { answerAuthorize, answerToken } from './oauth.ts';
import {
  type AppOptions,
  defaultAccount,
  defaultApp,
  defaultBehaviour,
  defaultLimits,
  type EmulatorOptions,
} from './options.ts';
import { createRateLimiter } from './rate.ts';
import { createRequestLog, type RequestLog } from './requests.ts';
import { createServer, type Exchange } from './server.ts';
import type { Service } from './service.ts';
import { openSessions } from './sessions.ts';
import { startLine } from './shaping.ts';
import { createTree } from './tree.ts';
import { createTreeWatch } from './watch.ts';
import { createWebhooks, defaultWebhookTimes, type Webhooks } from './webhooks.ts';

export type { Fault, FaultKind, FaultPlan } from './faults.ts';
export type { Files, SeededFile } from './files.ts';
export type { AccountOptions, AppOptions, Behaviour, EmulatorOptions, Limits } from './options.ts';
export type { RequestLog, RequestRecord, RouteCount } from './requests.ts';
export type { Delivery, Webhooks } from './webhooks.ts';

export interface DropboxEmulator {
  /** Base address of all routes: `${url}/2/files/upload`, `${url}/oauth2/token`, … */
  readonly url: string;
  /** An access token of the first account with all scopes, which does not expire by itself. */
  readonly token: string;
  readonly refreshToken: string;
  readonly app: AppOptions;
  readonly appKey: string;
  readonly appSecret: string;
  readonly accountId: string;
  readonly accounts: readonly Account[];
  readonly data: string;
  /** With `tls`: the authority that clients have to trust, and the file it is in. */
  readonly caPem: string | undefined;
  readonly caFile: string | undefined;
  /** With `proxyPort`. */
  readonly proxy: ConnectProxy | undefined;
  readonly webhooks: Webhooks;
  readonly requests: RequestLog;
  readonly faults: FaultPlan;
  readonly clock: EmulatorClock;
  readonly tokens: {
    /** Tokens of any account (by its place, 0 for the first), with all scopes or some. */
    issue(options?: { account?: number; scopes?: readonly string[]; lifeMs?: number }): {
      accessToken: string;
      refreshToken: string;
    };
    /** Makes one access token, or all of them, stale; refresh tokens go on working. */
    expire(token?: string): void;
    /** Withdraws the whole grant that a token belongs to, as the user can in the account's settings. */
    revoke(token: string): void;
  };
  readonly cursors: { resetAll(): void };
  readonly sessions: { expireAll(): void };
  readonly files: Files;
  readonly namespaces: {
    /** Shares a folder of the first account: it becomes a namespace of its own. Returns its id. */
    share(path: string): string;
    /** Gives the team space another root id: path roots known so far are stale and answered with 422. */
    replaceTeamRoot(): void;
  };
  close(): Promise<void>;
}

export async function startDropboxEmulator(options: EmulatorOptions = {}): Promise<DropboxEmulator> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'dropbox-emulator-')));
  await mkdir(data, { recursive: true });
  const app = { ...defaultApp, ...options.app };
  const behaviour = { ...defaultBehaviour, ...options.behaviour };
  const limits = { ...defaultLimits, ...options.limits };
  const clock = createEmulatorClock(options.clockScale ?? 1);
  const database = openDatabase(data);
  const tree = createTree(database, behaviour);
  const contents = await openContents(data);
  const accounts = openAccounts(database, tree, options.accounts ?? [defaultAccount], app);
  const grants = openGrants(database, clock);
  const service: Service = {
    app,
    behaviour,
    limits,
    clock,
    database,
    tree,
    contents,
    accounts,
    grants,
    cursors: openCursors(database, clock, limits.cursorLifeMs),
    sessions: openSessions(database, contents, clock, limits, behaviour),
    locks: createLocks(limits, behaviour),
    listings: createExclusion(limits.listMs, 0),
    watch: createTreeWatch(),
  };
  const log = createRequestLog();
  const faults = createFaults(options.faults ?? []);
  const limitRate = createRateLimiter(limits.rate, clock);
  let url = '';
  const webhooks = createWebhooks(service, { ...defaultWebhookTimes, ...options.webhookTimes });
  const certificate = options.tls ? await prepareCertificates(data) : undefined;
  const server = createServer({
    log,
    faults,
    header: limits.header,
    handle: (exchange) => answer(exchange, service, limitRate, url),
    ...(certificate ? { certificate } : {}),
  });
  const { latencyMs = 0, bandwidth = Number.POSITIVE_INFINITY, lineBandwidth } = options;
  const shaped = latencyMs > 0 || Number.isFinite(bandwidth) || lineBandwidth !== undefined;
  const inner = await server.listen(shaped ? 0 : (options.port ?? 0));
  const line = shaped
    ? await startLine(options.port ?? 0, inner, {
        latencyMs,
        bandwidth,
        ...(lineBandwidth === undefined ? {} : { lineBandwidth }),
      })
    : undefined;
  const port = line?.port ?? inner;
  const proxy = options.proxyPort === undefined ? undefined : await startConnectProxy(options.proxyPort, port);
  url = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;

  const first = accounts.all()[0]!;
  const home = accounts.namespace(first.homeNamespace)!;
  const view = app.access === 'appFolder' ? accounts.namespace(first.appNamespace)! : home;
  const issue: DropboxEmulator['tokens']['issue'] = ({ account = 0, scopes = app.scopes, lifeMs = foreverMs } = {}) => {
    const grant = grants.create(accounts.all()[account]!, scopes, true, false);
    return { accessToken: grants.issue(grant, lifeMs), refreshToken: grant.refreshToken! };
  };
  const own = database.records.get<ReturnType<typeof issue>>('own', 'tokens') ?? issue();
  database.records.put('own', 'tokens', own);
  let closing: Promise<void> | undefined;
  const shutDown = async (): Promise<void> => {
    webhooks.close();
    await proxy?.close();
    await line?.close();
    await server.close();
    clock.close();
    database.close();
    if (options.data === undefined) await rm(data, { recursive: true, force: true });
  };

  return {
    url,
    token: own.accessToken,
    refreshToken: own.refreshToken,
    app,
    appKey: app.key,
    appSecret: app.secret,
    accountId: first.id,
    accounts: accounts.all(),
    data,
    caPem: certificate?.caPem,
    caFile: certificate?.caFile,
    proxy,
    webhooks,
    requests: log,
    faults,
    clock,
    tokens: { issue, expire: (token) => grants.expire(token), revoke: (token) => grants.revoke(token) },
    cursors: { resetAll: () => service.cursors.resetAll() },
    sessions: { expireAll: () => service.sessions.expireAll() },
    files: openFiles(service, view),
    namespaces: {
      share: (path) => accounts.shareFolder(first, path).id,
      replaceTeamRoot: () => accounts.replaceTeamRoot(),
    },
    close: () => (closing ??= shutDown()),
  };
}

const foreverMs = 100 * 365 * 24 * 60 * 60 * 1000;

async function answer(
  exchange: Exchange,
  service: Service,
  limitRate: (account: string) => void,
  base: string,
): Promise<Answer> {
  const { pathname } = exchange.url;
  if (pathname.startsWith('/2/')) return answerCall(exchange, service, limitRate, base);
  if (pathname === '/oauth2/authorize') return answerAuthorize(exchange, service);
  if (pathname === '/oauth2/token' && exchange.request.method === 'POST') return answerToken(exchange, service);
  if (pathname.startsWith(contentPrefix)) {
    const entry = service.tree.byRev(pathname.slice(contentPrefix.length));
    if (entry) {
      const download = {
        download: true,
        result: {},
        content: entry.content,
        size: entry.size,
        etag: entry.rev,
      } as const;
      return downloadAnswer(download, service.contents, exchange.request.headers.range);
    }
  }
  throw plainRefusal(404, 'There is nothing at this address.');
}

const contentPrefix = '/__emulator/content/';
