import { DossierError } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import { parsePath } from '../core/paths.ts';
import type { HttpPort, HttpRequest } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { Context, Drive } from '../drive/drive.ts';
import type { ConnectionBase, ConnectionSecrets, ProxySettings, ProxyType } from './base.ts';
import type { AuthorizePorts, KindOfConnection, OpenPorts } from './kind.ts';
import { optionalTexts, requiredText } from './kinds/connectionFields.ts';
import { connectionKinds } from './kinds/index.ts';

type Kinds = typeof connectionKinds;

export type ConnectionKind = keyof Kinds;

/** A user's configured access to one account or place. Plain JSON; secrets are kept apart under its `id`. */
export type Connection = ConnectionBase &
  { [Kind in ConnectionKind]: { readonly kind: Kind } & ReturnType<Kinds[Kind]['fields']> }[ConnectionKind];

/** Its members take connections of that kind. */
function kindOf({ kind }: Pick<Connection, 'kind'>): KindOfConnection<object> {
  return connectionKinds[kind] as unknown as KindOfConnection<object>;
}

/** Adds the credentials of a connection to its requests. Sends nothing yet. `unauthorized` when there are none. */
export function authorize(connection: Connection, secrets: ConnectionSecrets, ports: AuthorizePorts): HttpPort {
  return kindOf(connection).authorize(connection, secrets, ports);
}

/** Address of the server behind a connection; undefined where there is none. */
export function serverOf(connection: Connection): string | undefined {
  return kindOf(connection).server?.(connection);
}

/** A request that a server of a kind answers to anybody. */
export function greetingOf(kind: ConnectionKind, address: string): HttpRequest {
  return kindOf({ kind }).greeting?.(address) ?? { method: 'GET', url: address };
}

/** The drive of a connection. Sends nothing yet: a wrong password shows with the first call. */
export function openDrive(connection: Connection, ports: OpenPorts): Drive {
  return kindOf(connection).open(connection, ports);
}

/** Whether the service of a connection gives out sign-ins that can be ended. */
export function canRevoke(connection: Pick<Connection, 'kind'>): boolean {
  return kindOf(connection).revoke !== undefined;
}

/**
 * Ends the sign-in of a connection at its service.
 *
 * @param http - Adds the credentials of the connection to its requests.
 * @returns False where there is no sign-in to be ended, but a password that the user chose.
 * @throws DossierError with `unauthorized`, `server-error` and those of the transport. Safe to repeat: a sign-in that has
 *   ended already is no error.
 */
export async function revoke(connection: Connection, http: HttpPort, context: Context = {}): Promise<boolean> {
  return (await kindOf(connection).revoke?.(connection, http, context)) ?? false;
}

const proxyTypes: readonly ProxyType[] = ['system', 'none', 'http', 'https', 'socks5'];

function parseProxy(value: unknown): ProxySettings {
  if (!isRecord(value)) return { type: 'system' };
  const type = proxyTypes.find((each) => each === value['type']);
  if (!type) throw new DossierError('invalid-input', say`The proxy type must be one of ${proxyTypes.join(', ')}`);
  const port = Number(value['port']);
  const named = optionalTexts(value, 'address', 'user', 'domain');
  if (
    ['http', 'https', 'socks5'].includes(type) &&
    (named.address === undefined || !Number.isInteger(port) || port < 1 || port > 65_535)
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
  const kind = (Object.keys(connectionKinds) as ConnectionKind[]).find((each) => each === value['kind']);
  if (!kind)
    throw new DossierError(
      'invalid-input',
      say`The kind of connection must be one of ${Object.keys(connectionKinds).join(', ')}`,
    );
  const timeoutSeconds = value['timeoutSeconds'] === undefined ? 60 : Number(value['timeoutSeconds']);
  if (!Number.isFinite(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 3600)
    throw new DossierError('invalid-input', 'The time-out must be between 1 and 3600 seconds');
  return {
    id: requiredText(value, 'id', say`an id`),
    name: requiredText(value, 'name', say`a name`),
    group: typeof value['group'] === 'string' ? value['group'].trim() : '',
    folder: parsePath(optionalText(value, 'folder', 'The folder for reports') ?? '/'),
    timeoutSeconds,
    encoding: typeof value['encoding'] === 'string' && value['encoding'] !== '' ? value['encoding'] : 'utf-8',
    proxy: parseProxy(value['proxy']),
    ...(typeof value['reportsIn'] === 'string' ? { reportsIn: parsePath(value['reportsIn']) } : {}),
    ...(value['asksToRead'] === true ? { asksToRead: true } : {}),
    ...(value['metadata'] === 'remove' ? { metadata: 'remove' } : {}),
    kind,
    ...connectionKinds[kind].fields(value),
  } as Connection;
}
