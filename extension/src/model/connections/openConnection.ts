import { randomBytes } from 'node:crypto';
import {
  authorize,
  type Connection,
  type ConnectionSecrets,
  type Drive,
  type HttpPort,
  openDrive,
  type ProxySettings,
} from '../../../../shared/index.ts';
import { nodeClock } from '../../node/nodeClock.ts';
import { nodeFiles } from '../../node/nodeFiles.ts';
import { createNodeHttp } from '../../node/nodeHttp.ts';
import { proxyAgents } from '../../node/proxy.ts';

type Network = Pick<Connection, 'timeoutSeconds'> & {
  readonly pinnedFingerprint?: string;
  readonly proxy?: ProxySettings;
};

/** This machine's network with the time-out, the proxy and the certificate of a connection; without its credentials. */
export function httpOf(
  { timeoutSeconds, pinnedFingerprint, proxy }: Network,
  { proxyPassword }: ConnectionSecrets,
): HttpPort {
  const agents = proxy && proxyAgents(proxy, proxyPassword);
  return createNodeHttp({
    timeoutMs: timeoutSeconds * 1000,
    agents,
    ...(pinnedFingerprint === undefined ? {} : { pinnedFingerprint }),
  });
}

/** The drive behind a connection, over this machine's network and files. `save` stores renewed secrets. */
export function openConnection(
  connection: Connection,
  secrets: ConnectionSecrets,
  save: (secrets: ConnectionSecrets) => Promise<void>,
): Drive {
  const http = authorize(connection, secrets, { http: httpOf(connection, secrets), clock: nodeClock, save });
  return openDrive(connection, { http, clock: nodeClock, files: nodeFiles, randomBytes });
}
