import { DossierError } from '../core/errors.ts';
import type { Clock, FilesPort, HttpPort, Log, RandomBytes } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { Drive } from '../drive/drive.ts';
import { createDropboxDrive } from '../drives/dropbox/index.ts';
import { createLocalFolderDrive } from '../drives/localFolder/index.ts';
import { createNextcloudDrive } from '../drives/nextcloud/index.ts';
import { createWebdavDrive, webdavParts } from '../drives/webdav/index.ts';
import type { Connection, ConnectionKind } from './connection.ts';

export interface OpenPorts {
  /** Adds the credentials of this connection to every request that is not `anonymous`. */
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Absent in hosts that have no files. */
  readonly files?: FilesPort;
  /** Told what a drive met and went on without. */
  readonly log?: Log;
}

type Opener<Kind extends ConnectionKind> = (connection: Extract<Connection, { kind: Kind }>, ports: OpenPorts) => Drive;

/** The one place where kinds of connection meet their drives. */
const openers: { readonly [Kind in ConnectionKind]?: Opener<Kind> } = {
  localFolder({ root }, { files, randomBytes, clock }) {
    if (!files) throw new DossierError('unsupported', 'Local folders are supported in VS Code only', { advice: null });
    return createLocalFolderDrive({ files, root, randomBytes, clock });
  },
  dropbox({ endpoint }, { http, clock }) {
    return createDropboxDrive({
      http,
      clock,
      ...(endpoint === undefined ? {} : { endpoints: { api: endpoint, content: endpoint, notify: endpoint } }),
    });
  },
  nextcloud: ({ url, userId, timeoutSeconds }, { http, clock, log }) =>
    createNextcloudDrive({
      http,
      clock,
      url,
      userId,
      dav: webdavParts,
      timeoutMs: timeoutSeconds * 1000,
      ...(log && { log }),
    }),
  webdav: ({ url, timeoutSeconds }, { http, clock, log }) =>
    createWebdavDrive({ http, clock, url, timeoutMs: timeoutSeconds * 1000, ...(log && { log }) }),
};

/** The drive of a connection. Sends nothing yet: a wrong password shows with the first call. */
export function openDrive(connection: Connection, ports: OpenPorts): Drive {
  const open = openers[connection.kind] as Opener<ConnectionKind> | undefined;
  if (!open) throw new DossierError('unsupported', say`This build cannot open ${connection.kind}`, { advice: null });
  return open(connection as never, ports);
}
