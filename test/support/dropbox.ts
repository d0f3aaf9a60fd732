import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBearer } from '../../shared/connection/dropboxTokens.ts';
import type { Clock, HttpPort } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { createDropboxDrive, type DropboxEndpoints } from '../../shared/drives/dropbox/index.ts';

export function endpointsAt(url: string): DropboxEndpoints {
  return { api: url, content: url, notify: url };
}

/** Adds one access token and never renews it. */
export function withToken(http: HttpPort, accessToken: string): HttpPort {
  return withBearer(http, { token: async () => accessToken, renew: async () => accessToken });
}

/** A drive on an emulator, over real sockets. */
export function openDropbox(
  { url, token }: { readonly url: string; readonly token: string },
  options: { readonly clock?: Clock; readonly http?: HttpPort } = {},
): Drive {
  const { clock = nodeClock, http = createNodeHttp({ timeoutMs: 20_000 }) } = options;
  return createDropboxDrive({ http: withToken(http, token), clock, endpoints: endpointsAt(url) });
}
