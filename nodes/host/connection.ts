import { randomBytes } from 'node:crypto';
import type { ICredentialDataDecryptedObject, IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';
import { canonicalJson, type Connection, type Drive, type Json, openDrive, parseConnection } from '../../shared/index.ts';
import { clock } from './clock.ts';
import { createHttp } from './http.ts';

/** What the parameter `connection` of the node may be, with the credential that each needs. */
export const connectionKinds = {
  dropboxOAuth2: { credential: 'dossierDropboxOAuth2Api', fields: dropbox },
  dropboxToken: { credential: 'dossierDropboxApi', fields: dropbox },
  nextcloud: { credential: 'dossierNextcloudApi', fields: ({ url, user, folder }) => ({ kind: 'nextcloud', url, userId: user, folder }) },
  webdav: { credential: 'dossierWebdavApi', fields: ({ url }) => ({ kind: 'webdav', url }) },
} as const satisfies Record<string, ConnectionKind>;

interface ConnectionKind {
  readonly credential: string;
  readonly fields: (credential: ICredentialDataDecryptedObject) => Record<string, unknown>;
}

function dropbox({ apiBaseUrl }: ICredentialDataDecryptedObject): Record<string, unknown> {
  return { kind: 'dropbox', endpoint: apiBaseUrl };
}

export interface OpenedConnection {
  readonly connection: Connection;
  readonly drive: Drive;
}

/** Opens the connection that an item names; items of one execution that name the same one share its drive. */
export function createConnections(context: IExecuteFunctions | ILoadOptionsFunctions): (itemIndex: number) => Promise<OpenedConnection> {
  const opened = new Map<string, OpenedConnection>();
  return async (itemIndex) => {
    const kind: ConnectionKind = connectionKinds[parameter(context, 'connection', itemIndex) as keyof typeof connectionKinds];
    const { timeout = 120, encoding } = (parameter(context, 'options', itemIndex) ?? {}) as { timeout?: number; encoding?: string };
    const connection = parseConnection({
      ...kind.fields(await context.getCredentials(kind.credential, itemIndex)),
      id: context.getNode().credentials?.[kind.credential]?.id ?? kind.credential,
      name: context.getNode().credentials?.[kind.credential]?.name ?? kind.credential,
      timeoutSeconds: timeout,
      encoding,
    });
    const key = canonicalJson(connection as unknown as Json);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const http = createHttp(context, kind.credential, timeout * 1000);
    const fresh = { connection, drive: openDrive(connection, { http, clock, randomBytes: (length) => new Uint8Array(randomBytes(length)) }) };
    opened.set(key, fresh);
    return fresh;
  };
}

function parameter(context: IExecuteFunctions | ILoadOptionsFunctions, name: string, itemIndex: number): unknown {
  return 'getInputData' in context ? context.getNodeParameter(name, itemIndex, undefined) : context.getCurrentNodeParameter(name);
}
