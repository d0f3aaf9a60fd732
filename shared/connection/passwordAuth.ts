import { drain } from '../core/bytes.ts';
import type { Clock, HttpPort } from '../core/ports.ts';
import { type Credentials, withBasicAuth } from './basicAuth.ts';
import { withDigestAuth } from './digestAuth.ts';

/** Signs in as the server asks: by Digest where it offers nothing else, by Basic otherwise. It is asked once, before anything secret is sent. */
export function withPasswordAuth(http: HttpPort, url: string, credentials: Credentials, clock: Clock): HttpPort {
  let signedIn: Promise<HttpPort> | undefined;
  const choose = async (): Promise<HttpPort> => {
    const response = await http.send({ method: 'PROPFIND', url, headers: { Depth: '0' }, anonymous: true });
    await drain(response.body);
    const schemes = response.headers['www-authenticate'] ?? '';
    const digestOnly = /(^|,\s*)digest\s/i.test(schemes) && !/(^|,\s*)basic\b/i.test(schemes);
    return digestOnly ? withDigestAuth(http, url, credentials) : withBasicAuth(http, url, credentials, clock);
  };
  return {
    async send(request) {
      if (request.anonymous) return http.send(request);
      signedIn ??= choose();
      const port = await signedIn.catch((error: unknown) => {
        signedIn = undefined;
        throw error;
      });
      return port.send(request);
    },
  };
}
