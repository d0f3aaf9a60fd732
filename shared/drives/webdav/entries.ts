import { DossierError } from '../../core/errors.ts';
import { nameOf } from '../../core/paths.ts';
import type { Entry } from '../../drive/entry.ts';
import type { DavResource } from './client.ts';
import { childNamed } from './element.ts';
import { dav } from './multistatus.ts';

/** What an entry is made of on any WebDAV server. */
export const entryProperties = [
  dav('resourcetype'),
  dav('getcontentlength'),
  dav('getlastmodified'),
  dav('getetag'),
] as const;

/** Milliseconds within which a later writing may leave size, time and ETag as they are. */
const settlingMs = 2_000;

export function parseEntry({ path, properties, at }: DavResource): Entry {
  const text = (name: string) => properties.get(dav(name))?.text.trim() ?? '';
  const etag = text('getetag');
  const size = text('getcontentlength');
  const kind = properties.get(dav('resourcetype'));
  if (childNamed(kind, dav('collection')))
    return { type: 'folder', path, name: nameOf(path), ...(etag !== '' && { revision: etag }) };
  if (!/^\d{1,15}$/.test(size))
    throw new DossierError('invalid-response', 'The server lists a file without a size', { path });
  const modified = Date.parse(text('getlastmodified'));
  return {
    type: 'file',
    path,
    name: nameOf(path),
    size: Number(size),
    // Servers without ETags leave nothing else to tell two contents of one name apart.
    revision: etag !== '' ? etag : `${size}-${text('getlastmodified')}`,
    modified: Number.isNaN(modified) ? 0 : modified,
    ...(at !== undefined && Math.abs(at - modified) <= settlingMs && { unsettled: true }),
    downloadable: true,
  };
}

/** An ETag that promises the same bytes, not merely the same meaning. */
export function isStrong(revision: string): boolean {
  return /^"[^"]+"$/.test(revision);
}
