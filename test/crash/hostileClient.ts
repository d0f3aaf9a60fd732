/** What the product does at a hostile server, operation by operation, and what came of it. */
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import {
  awaitNextcloudLogin,
  beginNextcloudLogin,
  type Drive,
  type Entry,
  findNextcloud,
  type HttpPort,
  isDossierError,
  joinPath,
  nextcloudUserId,
  openDrive,
  parseConnection,
  parsePath,
} from '../../shared/index.ts';
import { digestsOf } from '../../shared/testing.ts';
import type { HostilePlace } from './hostileServers.ts';

export interface Visit {
  /** Names that the product believed to be in the folder. */
  readonly names: readonly string[];
  /** Paths that lead out of what was asked for, wherever the product would have used them. */
  readonly escapes: readonly string[];
}

type Operation = (drive: Drive, place: HostilePlace, http: HttpPort, signal: AbortSignal) => Promise<Visit>;

/** Milliseconds of silence that the client accepts; its other limits follow from it. */
const timeoutMs = 300;
/** A file without an end is its reader's to leave. */
const largestRead = 2 ** 26;
const nothing: Visit = { names: [], escapes: [] };

function visitOf(entries: readonly Entry[], target: string, deep = false): Visit {
  const leadsOut = ({ path, name }: Entry) => {
    const inside = path.startsWith(`${target}/`) ? path.slice(target.length + 1) : '';
    const names = inside.split('/');
    return (
      inside === '' ||
      (!deep && names.length > 1) ||
      names.at(-1) !== name ||
      names.some((each) => /^\.{0,2}$|[/\\\0]/.test(each))
    );
  };
  return { names: entries.map(({ name }) => name), escapes: entries.filter(leadsOut).map(({ path }) => path) };
}

async function collect(pages: AsyncIterable<readonly Entry[]>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of pages) {
    entries.push(...page);
    // What lies in memory here is the campaign's own, not the client's.
    if (entries.length > 20_000) entries.length = 1_000;
  }
  return entries;
}

const bytes = new Uint8Array(4_096).fill(7);

const operations: Readonly<Record<string, Operation>> = {
  list: async (drive, { target }, _http, signal) =>
    visitOf(
      await collect(drive.list({ path: parsePath(target) }, { onUnreadable: () => undefined }, { signal })),
      target,
    ),
  stat: async (drive, { target }, _http, signal) => {
    const entry = await drive.stat({ path: parsePath(target) }, { signal });
    return { names: entry ? [entry.name] : [], escapes: entry && entry.path !== target ? [entry.path] : [] };
  },
  async read(drive, { target }, _http, signal) {
    let size = 0;
    for await (const piece of drive.read({ path: joinPath(parsePath(target), 'plain.txt') }, {}, { signal })) {
      size += piece.length;
      if (size > largestRead) break;
    }
    return nothing;
  },
  async write(drive, { target }, _http, signal) {
    const { entry } = await drive.upload(
      { folder: { path: parsePath(target) }, name: 'new.bin' },
      bytes,
      digestsOf(bytes),
      { signal },
    );
    return visitOf([entry], target);
  },
  createFolder: async (drive, { target }, _http, signal) =>
    visitOf([await drive.createFolder({ path: parsePath(target) }, 'made', { signal })], target),
  async walk(drive, { target }, _http, signal) {
    const entries: Entry[] = [];
    for await (const { changes } of drive.changes({ path: parsePath(target) }, undefined, { signal })) {
      entries.push(...changes.flatMap((change) => (change.type === 'present' ? [change.entry] : [])));
      if (entries.length > 20_000) entries.length = 1_000;
    }
    return visitOf(entries, target, true);
  },
  async connect(_drive, { origin, user, password }, http, signal) {
    const found = await findNextcloud(http, origin, {}, { signal });
    const pending = await beginNextcloudLogin(http, nodeClock, found.url, 'Dossier', { signal });
    const login = await awaitNextcloudLogin(http, nodeClock, pending, { signal });
    const userId = await nextcloudUserId(withBasicAuth(http, found.url, { user, password }, nodeClock), found.url, {
      signal,
    });
    const inside = [pending.loginUrl, pending.endpoint, found.url].filter(
      (address) => new URL(address).origin !== origin,
    );
    return {
      names: [],
      escapes: [...inside, ...[userId, login.loginName].filter((each) => /[/\\\r\n]|^\.{1,2}$/.test(each))],
    };
  },
};

export interface Ended extends Visit {
  readonly error?: string;
  /** An error message or its cause that repeats a secret. */
  readonly leaks: readonly string[];
}

/** Does one operation at one server, until it ends or is aborted. */
export async function visit(operation: string, place: HostilePlace, signal: AbortSignal): Promise<Ended> {
  const plain = createNodeHttp({ timeoutMs });
  const http = withBasicAuth(plain, place.url, place, nodeClock);
  const connection = {
    ...parseConnection({ id: 'hostile', name: 'hostile', kind: 'webdav', url: place.url }),
    timeoutSeconds: timeoutMs / 1000,
  };
  const drive = openDrive(connection, { http, clock: nodeClock, randomBytes: (length) => new Uint8Array(length) });
  try {
    const work = operations[operation];
    if (!work) throw new TypeError(`the campaign knows no operation ${operation}`);
    return { ...(await work(drive, place, plain, signal)), leaks: [] };
  } catch (error) {
    if (!isDossierError(error)) throw error;
    const told = `${error.stack ?? ''} ${JSON.stringify(error)} ${String(error.cause)}`;
    const secrets = [place.password, Buffer.from(`${place.user}:${place.password}`).toString('base64')];
    return {
      ...nothing,
      error: error.code,
      leaks: secrets.filter((secret) => told.includes(secret)).map(() => `an error message of ${operation}`),
    };
  }
}
