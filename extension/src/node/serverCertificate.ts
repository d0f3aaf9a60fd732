import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { DossierError, isDossierError, transportError } from '../../../shared/index.ts';
import type { Agents } from './proxy.ts';

export interface ServerCertificate {
  /** SHA-256, `AA:BB:…`. */
  readonly fingerprint: string;
  /** Name of the authority that signed it. */
  readonly issuer: string;
  /** Milliseconds since 1970 UTC. */
  readonly validUntil: number;
  /** Version of TLS that was agreed on. */
  readonly protocol: string;
}

const lookMs = 15_000;

/** The certificate that a server shows now, trusted or not, by the way to the network that a connection takes. */
export function serverCertificate(
  url: URL,
  agents: Agents | undefined,
  signal?: AbortSignal,
): Promise<ServerCertificate> {
  const agent = agents?.['https:'];
  return new Promise((resolve, reject) => {
    const request = https.request({
      hostname: url.hostname,
      port: Number(url.port || 443),
      method: 'HEAD',
      path: '/',
      rejectUnauthorized: false,
      ...(agent ? { agent } : {}),
    });
    const settle = (act: () => void) => {
      clearTimeout(late);
      act();
      request.destroy();
    };
    const late = setTimeout(() => settle(() => reject(new DossierError('timeout'))), lookMs);
    signal?.addEventListener('abort', () => settle(() => reject(new DossierError('cancelled'))), { once: true });
    request.once('socket', (socket) => {
      const look = () => settle(() => resolve(read(socket as TLSSocket)));
      if ((socket as TLSSocket).getPeerCertificate?.()?.fingerprint256) look();
      else socket.once('secureConnect', look);
    });
    request.on('error', (error) =>
      settle(() => reject(isDossierError(error) ? error : transportError(error, url.href))),
    );
    request.end();
  });
}

function read(socket: TLSSocket): ServerCertificate {
  const { fingerprint256, issuer, valid_to: validTo } = socket.getPeerCertificate();
  const named = [issuer.O, issuer.CN].flat().filter((name) => typeof name === 'string' && name !== '');
  return {
    fingerprint: fingerprint256,
    issuer: [...new Set(named)].join(', ') || '?',
    validUntil: Date.parse(validTo),
    protocol: socket.getProtocol() ?? '?',
  };
}
