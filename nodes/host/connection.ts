import { randomBytes } from 'node:crypto';
import type { ICredentialDataDecryptedObject, Logger } from 'n8n-workflow';
import {
  type Connection,
  candidates,
  canonicalJson,
  DossierError,
  type Drive,
  firstNextcloud,
  type HttpPort,
  type Json,
  type Log,
  nextcloudUserId,
  openDrive,
  parseConnection,
  redact,
  retry,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import { type NodeContext, nodeParameter } from './context.ts';
import { createHttp } from './http.ts';

type Fields = Record<string, unknown>;

interface ConnectionKind {
  readonly credential: string;
  /** What the credential says of the connection. */
  readonly fields: (credential: ICredentialDataDecryptedObject) => Fields;
  /** What only the server can tell. */
  readonly ask?: (http: HttpPort, fields: Fields, signal: AbortSignal | undefined) => Promise<Fields>;
}

const dropbox: ConnectionKind['fields'] = ({ apiBaseUrl }) => ({ kind: 'dropbox', endpoint: apiBaseUrl });

/** What the parameter `connection` of the node may be. */
const kinds: Readonly<Record<string, ConnectionKind>> = {
  dropboxOAuth2: { credential: 'dossierDropboxOAuth2Api', fields: dropbox },
  dropboxToken: { credential: 'dossierDropboxApi', fields: dropbox },
  nextcloud: {
    credential: 'dossierNextcloudApi',
    fields: ({ url, folder, user }) => ({
      kind: 'nextcloud',
      url: candidates(String(url), true)[0],
      userId: trimmed(user),
      folder,
    }),
    ask: (http, { url: typed }, signal) =>
      // People paste what the address bar shows, and the user id is not always the name that one signs in with.
      firstNextcloud(candidates(String(typed), true), async (url) => ({
        url,
        userId: await nextcloudUserId(http, url, { signal }),
      })),
  },
  webdav: { credential: 'dossierWebdavApi', fields: ({ url }) => ({ kind: 'webdav', url: trimmed(url) }) },
};

function trimmed(pasted: unknown): string {
  return String(pasted ?? '').trim();
}

export interface OpenedConnection {
  readonly connection: Connection;
  readonly drive: Drive;
  /** Adds the credentials of the connection. */
  readonly http: HttpPort;
}

/** Opens the connection that an item names; items of one execution that name the same one share its drive. */
export function createConnections(context: NodeContext): (itemIndex: number) => Promise<OpenedConnection> {
  const opened = new Map<string, Promise<OpenedConnection>>();
  return async (itemIndex) => {
    const kind = kinds[String(nodeParameter(context, 'connection', itemIndex))];
    if (kind === undefined) throw new DossierError('invalid-input', 'Choose one of the connections of this node');
    const { timeout = 120, encoding } = (nodeParameter(context, 'options', itemIndex) ?? {}) as {
      timeout?: number;
      encoding?: string;
    };
    const { id = kind.credential, name } = context.getNode().credentials?.[kind.credential] ?? {
      name: kind.credential,
    };
    const fields = {
      ...kind.fields(await context.getCredentials(kind.credential, itemIndex)),
      id,
      name,
      timeoutSeconds: timeout,
      encoding,
    };
    const key = canonicalJson(parseConnection(fields) as unknown as Json);
    const known = opened.get(key) ?? open(context, kind, fields, timeout * 1000);
    opened.set(key, known);
    known.catch(() => opened.delete(key));
    return known;
  };
}

function logOf(logger: Logger): Log {
  return { write: (level, message, values) => logger[level](redact(message), { ...values }) };
}

async function open(
  context: NodeContext,
  kind: ConnectionKind,
  fields: Fields,
  timeoutMs: number,
): Promise<OpenedConnection> {
  const http = createHttp(context, kind.credential, timeoutMs);
  const signal = 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
  const answers = await retry(async () => kind.ask?.(http, fields, signal), { clock, signal });
  const connection = parseConnection({ ...fields, ...answers });
  return {
    connection,
    http,
    drive: openDrive(connection, {
      http,
      clock,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      ...('logger' in context && { log: logOf(context.logger) }),
    }),
  };
}
