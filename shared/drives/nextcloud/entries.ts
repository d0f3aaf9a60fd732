import { DossierError } from '../../core/errors.ts';
import type { Entry } from '../../drive/entry.ts';
import type { Resource, WebdavParts } from './webdavParts.ts';

const owncloud = 'http://owncloud.org/ns';

export const fileIdProperty = `{${owncloud}}fileid`;

const fileId = /^[1-9]\d{0,18}$/;

/** Whether a text can be the id of a file at all: what cannot is never sent, and names nothing. */
export const isFileId = (id: string): boolean => fileId.test(id);

/** An entry with the file id, which survives rename and move. */
export function createEntryParser(dav: Pick<WebdavParts, 'parseEntry'>): (resource: Resource) => Entry {
  return (resource) => {
    const id = resource.properties.get(fileIdProperty)?.text.trim() ?? '';
    if (!isFileId(id))
      throw new DossierError('invalid-response', 'The server lists an entry without a file id', {
        where: 'nextcloud',
        path: resource.path,
      });
    return { ...dav.parseEntry(resource), id };
  };
}

/**
 * The file id in `OC-FileId`: digits padded with zeros, followed by the id of the installation, which begins with `oc`.
 */
export function fileIdOf(header: string | undefined): string | undefined {
  return /^0*([1-9]\d{0,18})oc[a-z0-9]*$/i.exec(header ?? '')?.[1];
}
