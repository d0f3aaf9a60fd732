import http, { type Agent } from 'node:http';
import https from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import {
  DossierError,
  isDossierError,
  type ProxySettings,
  type ProxyType,
  say,
  transportError,
} from '../../../shared/index.ts';

/** One agent for each protocol of the target. */
export interface Agents {
  readonly 'http:': Agent;
  readonly 'https:': Agent;
  /** `address:port` of the proxy that they go through, if any. */
  readonly proxy?: string;
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
    proxy: `${host}:${port}`,
  };
}

/** What a proxy means that opens no way. */
export function proxyRefusal(proxy: string, status: number): DossierError {
  // tinyproxy refuses a wrong password as a server would.
  if (status === 407 || status === 401) return wrongUser();
  return new DossierError(
    status === 403 ? 'forbidden' : 'offline',
    say`The proxy ${proxy} of this connection lets nothing through to the server (${status})`,
    { advice: 'Ask who runs the proxy whether it may reach this server.', where: 'proxy', status },
  );
}

/** What a failure on the way to the proxy means; undefined for one that is not the proxy’s. */
export function proxyFailure(error: unknown, proxy: string): DossierError | undefined {
  if (isDossierError(error, 'cancelled')) return undefined;
  if (isDossierError(error) && error.where === 'proxy') return error;
  const message = error instanceof Error ? error.message : '';
  const details = {
    where: 'proxy',
    cause: error,
    advice: 'Check the address and port of the proxy in the settings of the connection, or ask who runs it.',
  };
  // A SOCKS proxy has no answers of HTTP; its package says it in these words.
  if (/socks5? authentication failed/i.test(message)) return wrongUser();
  if (/socks5? proxy rejected/i.test(message))
    return new DossierError('offline', say`The proxy ${proxy} of this connection cannot reach the server`, details);
  const { code } = transportError(error);
  if (code === 'untrusted-certificate')
    return new DossierError(code, say`The certificate of the proxy ${proxy} is not trusted`, details);
  return code === 'timeout'
    ? new DossierError(code, say`The proxy ${proxy} of this connection did not answer in time`, details)
    : new DossierError('offline', say`The proxy ${proxy} of this connection cannot be reached`, details);
}

function wrongUser(): DossierError {
  return new DossierError(
    'forbidden',
    'The proxy of this connection refuses the user name or the password: correct them in the settings of the connection',
    { advice: null, where: 'proxy' },
  );
}

/** These agents guess the protocol from the calling module, and ours calls through neither. */
function forProtocol(agent: Agent, protocol: string): Agent {
  return Object.assign(agent, { protocol });
}
