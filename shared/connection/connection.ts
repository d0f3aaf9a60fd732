import { DossierError } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import { type DrivePath, parsePath } from '../core/paths.ts';
import { type Sentence, say } from '../core/sentence.ts';

export type ProxyType = 'system' | 'none' | 'http' | 'https' | 'socks5';

export interface ProxySettings {
  readonly type: ProxyType;
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly domain?: string;
}

interface ConnectionBase {
  /** Stable; names the secrets and records that belong to it. */
  readonly id: string;
  readonly name: string;
  /** Connections are shown under their group. */
  readonly group: string;
  /** Folder in the drive that receives all reports. */
  readonly folder: DrivePath;
  readonly timeoutSeconds: number;
  /** Code page of description files: a name that iconv knows, `utf-8` unless the user chose another. */
  readonly encoding: string;
  readonly proxy: ProxySettings;
  /**
   * Folder in the drive that keeps the reports themselves, for n8n and other computers to go on with; without it they
   * are kept on this computer.
   */
  readonly reportsIn?: DrivePath;
}

/** A user's configured access to one account or place. Plain JSON; secrets are kept apart under its `id`. */
export type Connection = ConnectionBase &
  (
    | { readonly kind: 'localFolder'; readonly root: string }
    | {
        readonly kind: 'dropbox';
        /** The user's own registered app, or the one this build was made with. */
        readonly appKey?: string;
        /** Where the service lives, for tests and compatible servers. */
        readonly endpoint?: string;
        /** Where the drive's root lies on the web pages of the service: `/`, or `/Apps/NAME` of an app folder. */
        readonly webRoot?: string;
      }
    | { readonly kind: 'nextcloud'; readonly url: string; readonly userId: string; readonly pinnedFingerprint?: string }
    | {
        readonly kind: 'webdav';
        readonly url: string;
        readonly signIn: 'basic' | 'digest';
        readonly pinnedFingerprint?: string;
      }
  );

export type ConnectionKind = Connection['kind'];

/** What must not be stored in the open. */
export interface ConnectionSecrets {
  readonly user?: string;
  readonly password?: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970 UTC. */
  readonly accessTokenExpires?: number;
  readonly appSecret?: string;
  readonly proxyPassword?: string;
  /** The Dossier key of the store in `reportsIn`, where it is another than this computer's own. */
  readonly storeKey?: string;
}

type Field = (record: Record<string, unknown>) => Record<string, unknown>;

const text = (record: Record<string, unknown>, key: string, what: Sentence): string => {
  const value = record[key];
  if (typeof value !== 'string' || value.trim() === '')
    throw new DossierError('invalid-input', say`The connection needs ${what}`);
  return value;
};

const address = (record: Record<string, unknown>): string => {
  const value = text(record, 'url', say`the address of the server`);
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new DossierError('invalid-input', 'The address of the server must begin with https://');
  return value;
};

const optional = (record: Record<string, unknown>, ...keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    keys.flatMap((key) => (typeof record[key] === 'string' && record[key] !== '' ? [[key, record[key]]] : [])),
  );

/** What each kind needs beyond the common part. */
const fieldsOf: Record<ConnectionKind, Field> = {
  localFolder: (record) => ({ root: text(record, 'root', say`a folder on this machine`) }),
  dropbox: (record) => optional(record, 'appKey', 'endpoint', 'webRoot'),
  nextcloud: (record) => ({
    url: address(record),
    userId: text(record, 'userId', say`the user`),
    ...optional(record, 'pinnedFingerprint'),
  }),
  webdav: (record) => ({
    url: address(record),
    signIn: record['signIn'] === 'digest' ? 'digest' : 'basic',
    ...optional(record, 'pinnedFingerprint'),
  }),
};

const proxyTypes: readonly ProxyType[] = ['system', 'none', 'http', 'https', 'socks5'];

function parseProxy(value: unknown): ProxySettings {
  if (!isRecord(value)) return { type: 'system' };
  const type = proxyTypes.find((each) => each === value['type']);
  if (!type) throw new DossierError('invalid-input', say`The proxy type must be one of ${proxyTypes.join(', ')}`);
  const port = Number(value['port']);
  const named = optional(value, 'address', 'user', 'domain');
  if (
    ['http', 'https', 'socks5'].includes(type) &&
    (named['address'] === undefined || !Number.isInteger(port) || port < 1 || port > 65_535)
  ) {
    throw new DossierError('invalid-input', 'The proxy needs an address and a port between 1 and 65535');
  }
  return { type, ...named, ...(Number.isInteger(port) && port > 0 ? { port } : {}) };
}

/** A text that may be left out. Something else in its place is a mistake, and not the same as nothing. */
function optionalText(value: Record<string, unknown>, field: string, what: string): string | undefined {
  const given = value[field];
  if (given !== undefined && typeof given !== 'string')
    throw new DossierError('invalid-input', say`${what} must be given as a text`);
  return given;
}

/** A stored or entered connection; `invalid-input` with a sentence for whatever is missing. */
export function parseConnection(value: unknown): Connection {
  if (!isRecord(value)) throw new DossierError('invalid-input', 'That is not a connection');
  const kind = (Object.keys(fieldsOf) as ConnectionKind[]).find((each) => each === value['kind']);
  if (!kind)
    throw new DossierError(
      'invalid-input',
      say`The kind of connection must be one of ${Object.keys(fieldsOf).join(', ')}`,
    );
  const timeoutSeconds = value['timeoutSeconds'] === undefined ? 60 : Number(value['timeoutSeconds']);
  if (!Number.isFinite(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 3600)
    throw new DossierError('invalid-input', 'The time-out must be between 1 and 3600 seconds');
  return {
    id: text(value, 'id', say`an id`),
    name: text(value, 'name', say`a name`),
    group: typeof value['group'] === 'string' ? value['group'].trim() : '',
    folder: parsePath(optionalText(value, 'folder', 'The folder for reports') ?? '/'),
    timeoutSeconds,
    encoding: typeof value['encoding'] === 'string' && value['encoding'] !== '' ? value['encoding'] : 'utf-8',
    proxy: parseProxy(value['proxy']),
    ...(typeof value['reportsIn'] === 'string' ? { reportsIn: parsePath(value['reportsIn']) } : {}),
    kind,
    ...fieldsOf[kind](value),
  } as Connection;
}
