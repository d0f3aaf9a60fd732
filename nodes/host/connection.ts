import { randomBytes } from 'node:crypto';
import type { Logger } from 'n8n-workflow';
import {
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
import { type ChosenKind, chosenKind, type Fields } from './kinds.ts';

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
    const chosen = chosenKind(nodeParameter(context, 'connection', itemIndex));
    if (chosen === undefined) throw new DossierError('invalid-input', 'Choose one of the connections of this node');
    const { timeout = 120, encoding } = (nodeParameter(context, 'options', itemIndex) ?? {}) as {
      timeout?: number;
      encoding?: string;
    };
    const { kind, credential, host } = chosen;
    const { id = credential, name } = context.getNode().credentials?.[credential] ?? { name: credential };
    const fields = {
      ...host.fields(await context.getCredentials(credential, itemIndex)),
      kind,
      id,
      name,
      timeoutSeconds: timeout,
      encoding,
    };
    const key = canonicalJson(parseConnection(fields) as unknown as Json);
    const known = opened.get(key) ?? open(context, chosen, fields, timeout * 1000);
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
  { credential, host }: ChosenKind,
  fields: Fields,
  timeoutMs: number,
): Promise<OpenedConnection> {
  const http = createHttp(context, credential, timeoutMs);
  const signal = 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
  const answers = await retry(async () => host.ask?.(http, fields, signal), { clock, signal });
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
