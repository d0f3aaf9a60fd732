import { randomBytes } from 'node:crypto';
import {
  authorize,
  type Connection,
  type ConnectionSecrets,
  type Drive,
  type HttpPort,
  openDrive,
  type ProxySettings,
  type Reach,
} from '../../../../shared/index.ts';
import { nodeClock } from '../../node/nodeClock.ts';
import { nodeFiles } from '../../node/nodeFiles.ts';
import { createNodeHttp } from '../../node/nodeHttp.ts';
import { proxyAgents } from '../../node/proxy.ts';
import { createReach } from '../../node/reach.ts';

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

/** What this computer can find out below HTTP of the way that a connection takes. */
export function reachOf(connection: Connection, { proxyPassword }: ConnectionSecrets): Reach {
  const { proxy, timeoutSeconds } = connection;
  return createReach({
    proxy,
    agents: proxyAgents(proxy, proxyPassword),
    timeoutMs: timeoutSeconds * 1000,
    pinned: 'pinnedFingerprint' in connection,
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
