import { randomBytes } from 'node:crypto';
import type { ICredentialDataDecryptedObject, Logger } from 'n8n-workflow';
import {
  authorize,
  type Connection,
  canonicalJson,
  DossierError,
  type Drive,
  type HttpPort,
  type Json,
  type Log,
  openDrive,
  parseConnection,
  redact,
  retry,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import { type NodeContext, nodeParameter } from './context.ts';
import { createHttp } from './http.ts';
import { type ChosenKind, chosenKind, type Fields, type Side, secretsOf } from './kinds.ts';
import { inLittleMemory } from './littleMemory.ts';

export interface OpenedConnection {
  readonly connection: Connection;
  readonly drive: Drive;
  /** Adds the credentials of the connection. */
  readonly http: HttpPort;
}

/** A credential as an item names it, before anybody is asked. */
export interface NamedConnection {
  readonly chosen: ChosenKind;
  readonly data: ICredentialDataDecryptedObject;
  readonly fields: Fields;
  readonly timeoutMs: number;
}

/** The connection that an item names. Sends nothing. */
export async function namedConnection(context: NodeContext, itemIndex: number, side?: Side): Promise<NamedConnection> {
  const chosen = chosenKind(nodeParameter(context, 'connection', itemIndex), side);
  if (chosen === undefined) throw new DossierError('invalid-input', 'Choose one of the connections of this node');
  const { timeout = 120, encoding } = (nodeParameter(context, 'options', itemIndex) ?? {}) as {
    timeout?: number;
    encoding?: string;
  };
  const { kind, credential } = chosen;
  const { id = credential, name } = context.getNode().credentials?.[credential] ?? { name: credential };
  const data = await context.getCredentials(credential, itemIndex);
  return { chosen, data, fields: { kind, id, name, timeoutSeconds: timeout, encoding }, timeoutMs: timeout * 1000 };
}

/** Opens the connection that an item names; items of one execution that name the same one share its drive. */
export function createConnections(context: NodeContext): (itemIndex: number, side?: Side) => Promise<OpenedConnection> {
  const opened = new Map<string, Promise<OpenedConnection>>();
  return async (itemIndex, side) => {
    const named = await namedConnection(context, itemIndex, side);
    const fields = fieldsOf(named);
    const key = canonicalJson(parseConnection(fields) as unknown as Json);
    const signal = 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
    const known =
      opened.get(key) ?? openCredential({ ...named, http: signedHttp(context, named), signal, log: logOf(context) });
    opened.set(key, known);
    known.catch(() => opened.delete(key));
    return known;
  };
}

/** What is known of a connection before anybody is asked. */
export function fieldsOf({ chosen, data, fields }: NamedConnection): Fields {
  return { ...chosen.host.fields(data), ...fields };
}

/** Sends requests with the credentials of a connection: n8n adds them where it can. */
export function signedHttp(context: NodeContext, named: NamedConnection): HttpPort {
  const { chosen, data, timeoutMs } = named;
  return chosen.host.signsRequests?.(data) === true
    ? signedBy(named, createHttp(context, undefined, timeoutMs))
    : createHttp(context, chosen.credential, timeoutMs);
}

/** Adds the credentials of a connection to its requests, where n8n does not. */
export function signedBy(named: NamedConnection, http: HttpPort): HttpPort {
  const secrets = secretsOf(named.chosen.host, named.data);
  return authorize(parseConnection(fieldsOf(named)), secrets, { http, clock, save: async () => undefined });
}

function logOf(context: NodeContext): Log | undefined {
  if (!('logger' in context)) return undefined;
  const { logger } = context as { readonly logger: Logger };
  return { write: (level, message, values) => logger[level](redact(message), { ...values }) };
}

export interface OpenRequest extends NamedConnection {
  /** Adds the credentials. */
  readonly http: HttpPort;
  readonly signal?: AbortSignal | undefined;
  readonly log?: Log | undefined;
  /** True asks once and tells at once what failed. */
  readonly once?: boolean;
}

/** The drive of a credential, once the server has told what only it knows. */
export async function openCredential(request: OpenRequest): Promise<OpenedConnection> {
  const { chosen, http, signal, log } = request;
  const fields = fieldsOf(request);
  const ask = async () => chosen.host.ask?.(http, fields, signal);
  const answers = request.once === true ? await ask() : await retry(ask, { clock, signal });
  const connection = parseConnection({ ...fields, ...answers });
  return {
    connection,
    http,
    drive: inLittleMemory(
      openDrive(connection, {
        http,
        clock,
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
        ...(log && { log }),
      }),
    ),
  };
}
