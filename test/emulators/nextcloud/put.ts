/** Plain PUT of a file. */
import { DavError } from './davError.ts';
import { etagReader, lockKey, nameOf, nodeAt, notFound, type Place, parentOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { makeFolder } from './folders.ts';
import { checkName } from './names.ts';
import { checkPreconditions } from './precondition.ts';
import type { Site } from './site.ts';
import {
  answeredHashes,
  applyTimes,
  checkQuota,
  identityHeaders,
  requestedHashes,
  storeFile,
  withLock,
} from './writeFile.ts';

export async function put(exchange: Exchange, site: Site, place: Place): Promise<void> {
  const conditions = (): unknown =>
    checkPreconditions(exchange, site.prefix + exchange.path, etagReader(site, place.account));
  conditions();
  if (exchange.header('content-range') !== undefined)
    throw new DavError('BadRequest', 'Content-Range on PUT requests are forbidden.');
  makeMissingParents(exchange, site, place);
  if (parentOf(place) === undefined) throw notFound(place.segments.slice(0, -1));
  if (nodeAt(place)?.kind === 'folder' || place.segments.length === 0)
    throw new DavError('Conflict', 'PUT is not allowed on non-files.');
  checkName(nameOf(place));
  checkQuota(place, announcedSize(exchange));

  site.locks.assertReadable(lockKey(place));

  const reply = await withLock(site, place, async (lock) => {
    const received = await site.blobs.receive(withLongBodyLocked(bodyToKeep(exchange, site), lock.begin), {
      hashes: requestedHashes(exchange, site),
      keepCut: isUnsized(exchange),
    });
    const { blob } = received;
    try {
      if (!site.switches.racyPreconditions) conditions();
      lock.commit();
    } catch (error) {
      await site.blobs.remove(blob);
      throw error;
    }
    const { node, created } = storeFile(site, place, blob, { checksum: exchange.header('oc-checksum') });
    const times = applyTimes(exchange, node);
    const hashes = await answeredHashes(site, 'put', received);
    return {
      status: created ? 201 : 204,
      headers: { ...identityHeaders(site, node, exchange), ...times, ...hashes },
    };
  });
  await exchange.send(reply.status, reply.headers);
}

/** What arrives at once is written so fast that nobody meets its lock; what takes longer keeps others out. */
async function* withLongBodyLocked(body: AsyncIterable<Uint8Array>, begin: () => void): AsyncGenerator<Uint8Array> {
  let pieces = 0;
  for await (const piece of body) {
    pieces += 1;
    if (pieces === 2) begin();
    yield piece;
  }
}

export const isUnsized = (exchange: Exchange): boolean => exchange.header('transfer-encoding') !== undefined;

/** Some front-ends hand a body of unknown length on as an empty one. */
export async function* bodyToKeep(exchange: Exchange, site: Site): AsyncGenerator<Uint8Array> {
  const lost = exchange.fault?.kind === 'emptyFile' || (isUnsized(exchange) && site.switches.unsizedBody === 'lost');
  for await (const piece of exchange.body()) if (!lost) yield piece;
}

function announcedSize(exchange: Exchange): number {
  const sizes = ['oc-total-length', 'x-expected-entity-length', 'content-length'].map((name) =>
    Number(exchange.header(name) ?? 0),
  );
  return Math.max(...sizes.filter(Number.isFinite));
}

function makeMissingParents(exchange: Exchange, site: Site, place: Place): void {
  if (exchange.header('x-nc-webdav-auto-mkcol') !== '1') return;
  for (let depth = 1; depth < place.segments.length; depth += 1) {
    const folder = { ...place, segments: place.segments.slice(0, depth) };
    if (nodeAt(folder) === undefined) makeFolder(site, folder);
  }
}
