import { utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import { fileIdProperty, isFileId } from './entries.ts';
import type { Client, Files, Resource } from './webdavParts.ts';

export interface Locator {
  /** The entry that a reference names now; its id wins over its path. */
  find(ref: EntryRef, operation: string, context?: Context): Promise<Entry | undefined>;
  resolve(ref: EntryRef, context?: Context): Promise<DrivePath>;
  /** A folder that was seen at its path just now. */
  remember(folder: EntryRef): void;
  /**
   * Does `work` in the folder of an upload. A folder that was found a moment ago is taken to be there still, so that
   * many small files do not each look for it; when it turns out to have moved, it is looked for again.
   */
  inFolder<T>(folder: EntryRef, context: Context | undefined, work: (folder: DrivePath) => Promise<T>): Promise<T>;
}

export interface LocatorOptions {
  readonly client: Client;
  readonly files: () => Files;
  readonly clock: Clock;
  /** `…/remote.php/dav/`. */
  readonly davUrl: string;
  readonly userId: string;
  readonly properties: readonly string[];
  readonly parseEntry: (resource: Resource) => Entry;
}

/** Milliseconds for which a folder is not looked for again. */
const freshMs = 5_000;

export function createLocator({
  client,
  files,
  clock,
  davUrl,
  userId,
  properties,
  parseEntry,
}: LocatorOptions): Locator {
  const known = new Map<string, { readonly at: number; readonly path: Promise<DrivePath> }>();

  const findById = async (id: string, operation: string, context?: Context): Promise<Entry | undefined> => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8' };
    const found = await client.search(
      { method: 'SEARCH', url: davUrl, headers, body: searchBody(userId, id, properties) },
      { operation },
      context,
    );
    return found.map(parseEntry).find((entry) => entry.id === id);
  };

  const find = async (ref: EntryRef, operation: string, context?: Context) => {
    if (ref.id !== undefined && !isFileId(ref.id)) return undefined;
    const entry = await files().entryAt(ref.path, operation, context);
    return ref.id === undefined || entry?.id === ref.id ? entry : findById(ref.id, operation, context);
  };

  const resolve = async (ref: EntryRef, context?: Context): Promise<DrivePath> => {
    if (ref.id === undefined) return ref.path;
    const entry = await find(ref, 'stat', context);
    if (!entry) throw new DossierError('not-found', undefined, { where: 'nextcloud', path: ref.path });
    return entry.path;
  };

  const remember = (id: string, path: Promise<DrivePath>) => {
    for (const [key, { at }] of known) if (clock.now() - at >= freshMs) known.delete(key);
    known.set(id, { at: clock.now(), path });
    path.catch(() => known.delete(id));
  };

  const resolveSoon = (ref: EntryRef, context?: Context): Promise<DrivePath> => {
    const id = ref.id as string;
    const before = known.get(id);
    if (before && clock.now() - before.at < freshMs) return before.path;
    const path = resolve(ref, context);
    remember(id, path);
    return path;
  };

  return {
    find,
    resolve,
    remember({ id, path }) {
      if (id !== undefined) remember(id, Promise.resolve(path));
    },
    async inFolder(folder, context, work) {
      if (folder.id === undefined) return work(folder.path);
      const missing = (error: unknown) => isDossierError(error, 'parent-missing') || isDossierError(error, 'not-found');
      const path = await resolveSoon(folder, context).catch((error: unknown) => {
        throw missing(error)
          ? new DossierError('parent-missing', undefined, { where: 'nextcloud', path: folder.path })
          : error;
      });
      try {
        return await work(path);
      } catch (error) {
        if (!missing(error)) throw error;
        known.delete(folder.id);
        const now = await resolveSoon(folder, context).catch(() => path);
        if (now === path) throw error;
        return work(now);
      }
    },
  };
}

function searchBody(userId: string, id: string, properties: readonly string[]): Uint8Array {
  const element = (property: string) => {
    const [, namespace, local] = /^\{(.*)\}(.+)$/.exec(property) ?? [];
    return `<x:${local} xmlns:x="${namespace}"/>`;
  };
  return utf8(
    '<?xml version="1.0" encoding="utf-8"?><d:searchrequest xmlns:d="DAV:"><d:basicsearch>' +
      `<d:select><d:prop>${properties.map(element).join('')}</d:prop></d:select>` +
      `<d:from><d:scope><d:href>/files/${encodeURIComponent(userId)}</d:href><d:depth>infinity</d:depth></d:scope></d:from>` +
      `<d:where><d:eq><d:prop>${element(fileIdProperty)}</d:prop><d:literal>${id}</d:literal></d:eq></d:where>` +
      '</d:basicsearch></d:searchrequest>',
  );
}
