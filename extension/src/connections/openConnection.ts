import { randomBytes } from 'node:crypto';
import { authorize, type Connection, type ConnectionSecrets, type Drive, type HttpPort, openDrive } from '../../../shared/index.ts';
import { nodeClock } from '../host/nodeClock.ts';
import { nodeFiles } from '../host/nodeFiles.ts';
import { createNodeHttp } from '../host/nodeHttp.ts';

/** This machine's network with the time-out and the certificate of a connection; without its credentials. */
export function httpOf(connection: Pick<Connection, 'timeoutSeconds'> & { readonly pinnedFingerprint?: string }): HttpPort {
  const { timeoutSeconds, pinnedFingerprint } = connection;
  return createNodeHttp({ timeoutMs: timeoutSeconds * 1000, ...(pinnedFingerprint === undefined ? {} : { pinnedFingerprint }) });
}

/** The drive behind a connection, over this machine's network and files. `save` stores renewed secrets. */
export function openConnection(connection: Connection, secrets: ConnectionSecrets, save: (secrets: ConnectionSecrets) => Promise<void>): Drive {
  const http = authorize(connection, secrets, { http: httpOf(connection), clock: nodeClock, save });
  return openDrive(connection, { http, clock: nodeClock, files: nodeFiles, randomBytes });
}
