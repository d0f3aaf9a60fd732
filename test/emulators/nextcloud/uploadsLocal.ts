/** Chunks as plain files in a folder, put together when `.file` is moved: what local storage does. */
import { DavError } from './davError.ts';
import type { Place } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { checkName } from './names.ts';
import { bodyToKeep, isUnsized } from './put.ts';
import { quoteEtag } from './resource.ts';
import type { Site } from './site.ts';
import { chunksInOrder, createChunk, futureSize, type UploadFolder } from './uploadFolder.ts';
import {
  answeredHashes,
  applyTimes,
  checkQuota,
  identityHeaders,
  requestedHashes,
  storeFile,
  withLock,
} from './writeFile.ts';

export async function putLocalChunk(exchange: Exchange, site: Site, folder: UploadFolder, name: string): Promise<void> {
  checkName(name);
  checkAnnouncedTotal(exchange);
  const { blob } = await site.blobs.receive(bodyToKeep(exchange, site), { keepCut: isUnsized(exchange) });
  const before = folder.chunks.get(name);
  const chunk = createChunk(blob);
  folder.chunks.set(name, chunk);
  if (before !== undefined) await site.blobs.remove(before.blob);
  const etag = quoteEtag(chunk.etag);
  await exchange.send(before === undefined ? 201 : 204, { ETag: etag, 'OC-ETag': etag });
}

/** With the total told, space is refused at the first chunk; without it, only at the end. */
export function checkAnnouncedTotal(exchange: Exchange): void {
  const total = Number(exchange.header('oc-total-length'));
  if (exchange.header('oc-total-length') === undefined || !Number.isFinite(total)) return;
  checkQuota(
    {
      account: exchange.owner,
      segments: [],
      path: { base: '', area: 'files', user: exchange.owner.userId, root: [], segments: [] },
    },
    total,
  );
}

export async function assembleLocal(
  exchange: Exchange,
  site: Site,
  folder: UploadFolder,
  destination: Place,
  drop: () => Promise<void>,
): Promise<void> {
  const expected = exchange.header('oc-total-length');
  const actual = futureSize(folder);
  if (expected !== undefined && expected !== String(actual)) {
    throw new DavError('BadRequest', `Chunks on server do not sum up to ${expected} but to ${actual} bytes`);
  }
  checkName(destination.segments.at(-1) ?? '');
  checkQuota(destination, actual);
  const reply = await withLock(site, destination, async (lock) => {
    lock.commit();
    const parts = chunksInOrder(folder).map((chunk) => chunk.blob);
    const received = await site.blobs.concat(parts, requestedHashes(exchange, site));
    const { blob } = received;
    const { node, created } = storeFile(site, destination, blob, { checksum: exchange.header('oc-checksum') });
    const times = applyTimes(exchange, node);
    const hashes = await answeredHashes(site, 'move', received);
    await drop();
    return {
      status: created ? 201 : 204,
      headers: { ...identityHeaders(site, node, exchange), ...times, ...hashes },
    };
  });
  await exchange.send(reply.status, reply.headers);
}
