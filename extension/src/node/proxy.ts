import http, { type Agent } from 'node:http';
import https from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import type { ProxySettings, ProxyType } from '../../../shared/index.ts';

/** One agent for each protocol of the target. */
export interface Agents {
  readonly 'http:': Agent;
  readonly 'https:': Agent;
}

// A resumed TLS session does not show its certificate again, and a pinned one must be seen.
const kept = { keepAlive: true, maxCachedSessions: 0 } as const;

/**
 * A tunnel through the proxy for both protocols: so it sees no more than host and port. Names are looked up by the
 * proxy.
 */
const tunnels: Readonly<Record<Exclude<ProxyType, 'system' | 'none'>, (authority: string) => Agent>> = {
  http: (authority) => new HttpsProxyAgent(`http://${authority}`, kept),
  https: (authority) => new HttpsProxyAgent(`https://${authority}`, kept),
  socks5: (authority) => new SocksProxyAgent(`socks5h://${authority}`, kept),
};

/** The way to the network that the user has named for a connection; undefined leaves it to the editor. */
export function proxyAgents(
  { type, address = '', port, user, domain }: ProxySettings,
  password = '',
): Agents | undefined {
  if (type === 'system') return undefined;
  if (type === 'none') return { 'http:': new http.Agent(kept), 'https:': new https.Agent(kept) };
  const login = domain === undefined ? user : `${domain}\\${user ?? ''}`;
  const host = address.includes(':') ? `[${address}]` : address;
  const authority = `${login === undefined ? '' : `${encodeURIComponent(login)}:${encodeURIComponent(password)}@`}${host}:${port}`;
  return {
    'http:': forProtocol(tunnels[type](authority), 'http:'),
    'https:': forProtocol(tunnels[type](authority), 'https:'),
  };
}

/** These agents guess the protocol from the calling module, and ours calls through neither. */
function forProtocol(agent: Agent, protocol: string): Agent {
  return Object.assign(agent, { protocol });
}
