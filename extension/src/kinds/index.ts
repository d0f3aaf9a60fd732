import type { Connection, ConnectionKind } from '../../../shared/index.ts';
import { dropboxKind } from './dropbox.ts';
import type { HostKind } from './hostKind.ts';
import { localFolderKind } from './localFolder.ts';
import { nextcloudKind } from './nextcloud.ts';
import { webdavKind } from './webdav.ts';

/** The kinds of connection, in the order in which they are offered. The rest of the extension asks this table. */
const hostKinds = {
  localFolder: localFolderKind,
  dropbox: dropboxKind,
  nextcloud: nextcloudKind,
  webdav: webdavKind,
} satisfies { readonly [Kind in ConnectionKind]: HostKind<Kind> };

export const kindNames = Object.keys(hostKinds) as ConnectionKind[];

/** What the editor knows of a kind; its members take connections of that kind. */
export function hostKindOf({ kind }: Pick<Connection, 'kind'>): HostKind<ConnectionKind> {
  return hostKinds[kind] as unknown as HostKind<ConnectionKind>;
}
