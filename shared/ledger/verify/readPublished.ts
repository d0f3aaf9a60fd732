import { drain, readBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import type { Clock, HttpPort } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { TileReader } from './verifyInTiles.ts';

export interface ReadPorts {
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const largestFile = 40_000_000;

/**
 * Reads a published ledger over HTTP below `address`, which ends with a slash (`folderAddress`): without credentials,
 * and nowhere else. Codes: those of the network, `forbidden`, `server-error`, `invalid-response`, `too-large`. Safe to
 * repeat.
 */
export function readPublished(address: string, { http, clock, signal }: ReadPorts): TileReader {
  const once = async (path: string): Promise<Uint8Array | undefined> => {
    const url = new URL(path, address).href;
    const { status, body } = await http.send({
      method: 'GET',
      url,
      anonymous: true,
      // Heads change; a copy that somebody kept on the way would be an older state.
      headers: { 'cache-control': 'no-cache' },
      ...(signal ? { signal } : {}),
    });
    if (status === 200) return readBytes(body, largestFile);
    await drain(body);
    if (status === 404 || status === 410) return undefined;
    if (status === 401 || status === 403)
      throw new DossierError('forbidden', say`${url} is not open to everybody`, { status });
    if (status === 429 || status >= 500)
      throw new DossierError('server-error', say`${url} answers ${status}`, { status });
    throw new DossierError('invalid-response', say`${url} answers ${status} and not with a file`, { status });
  };
  return (path) => retry(() => once(path), { clock, signal });
}
