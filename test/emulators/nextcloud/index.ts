/**
 * A Nextcloud server to test against: files on disk, the protocol as measured on Nextcloud 32, faults on demand.
 * It shares no code with the product, so that a mistake made there is not repeated here.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLine } from '../dropbox/shaping.ts';
import {
  type Account,
  type AccountOptions,
  addAppPassword,
  createAccount,
  createAccounts,
  createSessions,
  createThrottle,
} from './accounts.ts';
import { createBlobs } from './blobs.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { Exchange } from './exchange.ts';
import { createFaultSource, type Fault, type FaultPlan } from './faults.ts';
import { createHooks, type Hooks } from './hooks.ts';
import { createLocks } from './locks.ts';
import { createLoginFlows } from './loginFlow.ts';
import { createRequestLog, type RequestLog } from './requestLog.ts';
import { answer, areaOf } from './routes.ts';
import { type Mode, realSwitches, type Site, type Switches } from './site.ts';
import { loadSnapshot, saveSnapshot } from './snapshot.ts';
import { createIds } from './tree.ts';
import { enqueueWebhooks } from './webhooks.ts';

export type { Fault, FaultKind, FaultPlan } from './faults.ts';
export type { Hooks } from './hooks.ts';
export type { RequestLog, RequestRecord } from './requestLog.ts';
export type { Mode, Switches } from './site.ts';

export interface NextcloudEmulatorOptions {
  mode?: Mode;
  /** Kept from one run to the next; a temporary folder that is removed at the end, if not given. */
  data?: string;
  port?: number;
  /** One way; a new connection costs its round trip as well. */
  latencyMs?: number;
  /** Bytes per second, for each connection and direction. */
  bandwidth?: number;
  faults?: readonly Fault[];
  tls?: boolean;
  /** Where the installation lives below the host, for example `/cloud`. */
  subPath?: string;
  switches?: Partial<Switches>;
  /** Accounts beside the reporter's and the administrator's. */
  accounts?: readonly AccountOptions[];
  clock?: () => number;
}

export interface NextcloudEmulator {
  /** What a person would paste: origin and sub path, without a slash at the end. */
  readonly url: string;
  /** The login name, which is not the user id. */
  readonly user: string;
  /** An app password. */
  readonly password: string;
  readonly loginPassword: string;
  readonly userId: string;
  readonly admin: { readonly user: string; readonly password: string; readonly userId: string };
  readonly mode: Mode;
  /** `…/remote.php/dav/files/<user id>`. */
  readonly filesUrl: string;
  readonly certificate: Certificate | undefined;
  readonly requests: RequestLog;
  readonly faults: FaultPlan;
  readonly switches: Switches;
  readonly hooks: Hooks;
  /** What is written from now on has ETags of a later second. */
  letSecondPass(): void;
  close(): Promise<void>;
}

const reporter: AccountOptions = {
  userId: 'mara',
  loginName: 'mara@example.org',
  displayName: 'Mara',
  password: 'Grüße-aus-Köln-7',
};
const administrator: AccountOptions = {
  userId: 'admin',
  displayName: 'Administrator',
  password: 'admin-päss-1',
  isAdmin: true,
};

export async function startNextcloudEmulator(options: NextcloudEmulatorOptions = {}): Promise<NextcloudEmulator> {
  const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'nextcloud-emulator-')));
  await mkdir(folder, { recursive: true });
  const mode = options.mode ?? 'local';
  const before = options.data === undefined ? undefined : await loadSnapshot(folder);
  const ids = createIds(before?.nextId);
  const account = (one: AccountOptions): Account =>
    before?.accounts.find(({ userId }) => userId === one.userId) ?? createAccount(ids, one);
  const main = account(reporter);
  const admin = account(administrator);
  const accounts = createAccounts([main, admin, ...(options.accounts ?? []).map(account)]);
  const certificate = options.tls === true ? await makeCertificate(folder) : undefined;
  const flows = createLoginFlows(options.clock);
  const requests = createRequestLog();
  const faults = createFaultSource(options.faults);
  let assemblyGate = Promise.resolve();

  const site: Site = {
    mode,
    version: '32.0.1',
    instanceId: 'ocemulator01',
    prefix: (options.subPath ?? '').replace(/\/$/, ''),
    ids,
    blobs: await createBlobs(join(folder, 'blobs')),
    locks: createLocks(),
    making: new Map(),
    accounts,
    sessions: createSessions(),
    throttle: createThrottle(options.clock),
    switches: { ...realSwitches, ...options.switches },
    secondsPassed: 0,
    uploads: before?.uploads ?? new Map(),
    cache: before?.cache ?? new Map(),
    assembly: () => assemblyGate,
    announce: (change) => enqueueWebhooks(site, change),
  };
  const scheme = certificate === undefined ? 'http' : 'https';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [target = '/', query = ''] = (request.url ?? '/').split('?', 2);
    if (target === '/__emulator/requests') return void response.end(JSON.stringify(summary(requests)));
    if (!target.startsWith(site.prefix)) return void response.writeHead(404).end();
    const path = target.slice(site.prefix.length);
    const record = requests.open(request.method ?? 'GET', areaOf(path), path, request.headers);
    response.once('close', () => requests.close(record));
    const fault = faults.next(record.route);
    if (fault !== undefined) record.fault = fault.kind;
    const exchange = new Exchange(request, response, path, query, record, fault);
    // Nobody may hear of a broken connection but the handler that was reading from it.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    await answer(exchange, site, flows, `${scheme}://${request.headers.host ?? ''}`);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response).catch(() => response.destroy());
  const server = certificate === undefined ? createHttp(listener) : createHttps(certificate, listener);
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  const { latencyMs = 0, bandwidth = Number.POSITIVE_INFINITY } = options;
  const shaped = latencyMs > 0 || Number.isFinite(bandwidth);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(shaped ? 0 : (options.port ?? 0), '127.0.0.1', resolve);
  });
  const inner = (server.address() as AddressInfo).port;
  const line = shaped ? await startLine(options.port ?? 0, inner, { latencyMs, bandwidth }) : undefined;

  const url = `${scheme}://127.0.0.1:${line?.port ?? inner}${site.prefix}`;
  return {
    url,
    user: main.loginName,
    password: ownAppPassword(main),
    loginPassword: main.password,
    userId: main.userId,
    admin: { user: admin.loginName, userId: admin.userId, password: ownAppPassword(admin) },
    mode,
    filesUrl: `${url}/remote.php/dav/files/${main.userId}`,
    certificate,
    requests,
    faults,
    switches: site.switches,
    hooks: createHooks(
      site,
      flows,
      (gate) => {
        assemblyGate = gate;
      },
      main.userId,
    ),
    letSecondPass: () => void site.secondsPassed++,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await line?.close();
      await closed;
      if (options.data === undefined) await rm(folder, { recursive: true, force: true });
      else
        await saveSnapshot(folder, {
          nextId: ids.upcoming,
          accounts: accounts.all,
          uploads: site.uploads,
          cache: site.cache,
        });
    },
  };
}

/** The one that is announced: the same in every run over the same data. */
function ownAppPassword(account: Account): string {
  const name = 'Emulator';
  return (
    [...account.appPasswords.values()].find((one) => one.name === name)?.secret ?? addAppPassword(account, name).secret
  );
}

function summary({ total, bytesIn, bytesOut, running, peak, byRoute }: RequestLog): unknown {
  return { total, bytesIn, bytesOut, running, peak, byRoute };
}
