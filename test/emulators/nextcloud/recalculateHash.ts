/** PATCH with `X-Recalculate-Hash`: the server reads the file and remembers its hash. */
import { hashNames } from './blobs.ts';
import { DavError } from './davError.ts';
import { nodeAt, notFound, type Place } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import type { Site } from './site.ts';

export async function recalculateHash(exchange: Exchange, site: Site, place: Place): Promise<void> {
  const wanted = (exchange.header('x-recalculate-hash') ?? '').toLowerCase();
  const node = nodeAt(place);
  if (node === undefined) throw notFound(place.segments);
  if (!site.switches.serverHashes || node.kind === 'folder' || !hashNames.some((name) => name === wanted)) {
    throw new DavError(
      'NotImplemented',
      'There was no plugin in the system that was willing to handle this PATCH method.',
    );
  }
  node.checksum = `${wanted.toUpperCase()}:${await site.blobs.digest(node.blob, wanted)}`;
  await exchange.send(204, { 'OC-Checksum': node.checksum });
}
