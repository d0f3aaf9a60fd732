import { lookup } from 'node:dns/promises';
import net from 'node:net';
import {
  DossierError,
  type ProxySettings,
  type Reach,
  type Sentence,
  say,
  transportError,
} from '../../../shared/index.ts';
import { type Agents, proxyFailure } from './proxy.ts';
import { serverCertificate } from './serverCertificate.ts';

export interface ReachOptions {
  readonly proxy: ProxySettings;
  readonly agents: Agents | undefined;
  readonly timeoutMs: number;
  /** The one certificate that the connection accepts. */
  readonly pinned: boolean;
}

/** What this computer can find out below HTTP of the way that a connection takes. */
export function createReach({ proxy, agents, timeoutMs, pinned }: ReachOptions): Reach {
  const trust: Sentence | undefined = pinned ? say`accepted for this connection by its fingerprint` : undefined;
  return {
    ...(trust && { trust }),
    async lookUp(hostname) {
      try {
        return [...new Set((await lookup(hostname, { all: true })).map(({ address }) => address))];
      } catch (error) {
        throw transportError(error, `https://${hostname}/`);
      }
    },
    proxy: (signal) => connectTo(proxy, timeoutMs, signal),
    certificate: (url, signal) => serverCertificate(new URL(url), agents, signal),
  };
}

function connectTo({ address = '', port = 0 }: ProxySettings, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const name = `${address}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port });
    const fail = (error: unknown) => {
      socket.destroy();
      reject(proxyFailure(error, name) ?? new DossierError('cancelled'));
    };
    socket.setTimeout(timeoutMs, () => fail(new DossierError('timeout')));
    signal?.addEventListener('abort', () => fail(new DossierError('cancelled')), { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
