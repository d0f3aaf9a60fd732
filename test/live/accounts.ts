import { randomBytes } from 'node:crypto';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import {
  authorize,
  type ConnectionSecrets,
  type Drive,
  findNextcloud,
  type HttpPort,
  nextcloudUserId,
  openDrive,
  parseConnection,
  rootPath,
} from '../../shared/index.ts';
import { emptyTrash } from './trash.ts';

/** A real account that the environment names. */
export interface LiveAccount {
  readonly name: string;
  /** Opens a client of its own; everything happens through what the products use. */
  open(): Promise<Drive>;
  /** Forgets what the tests removed, where the service keeps it. */
  forget(folder: string): Promise<void>;
}

const http = createNodeHttp();
const common = { id: 'live', name: 'live', timeoutSeconds: 120 };
const keep = async () => undefined;

function opened(settings: object, secrets: ConnectionSecrets): { readonly drive: Drive; readonly signed: HttpPort } {
  const connection = parseConnection({ ...common, ...settings });
  const signed = authorize(connection, secrets, { http, clock: nodeClock, save: keep });
  return {
    signed,
    drive: openDrive(connection, { http: signed, clock: nodeClock, randomBytes: (length) => randomBytes(length) }),
  };
}

async function nextcloud(address: string, user: string, password: string) {
  const { url } = await findNextcloud(http, address, { allowHttp: true });
  const { signed } = opened({ kind: 'nextcloud', url, userId: user }, { user, password });
  const userId = await nextcloudUserId(signed, url);
  return { url, userId, ...opened({ kind: 'nextcloud', url, userId }, { user, password }) };
}

/** Every account that the environment gives all of. */
export function liveAccounts(env: NodeJS.ProcessEnv): LiveAccount[] {
  const value = (name: string) => env[`DOSSIER_LIVE_${name}`] ?? '';
  const [cloud, cloudUser, cloudPassword] = [
    value('NEXTCLOUD_URL'),
    value('NEXTCLOUD_USER'),
    value('NEXTCLOUD_PASSWORD'),
  ];
  const [dav, user, password] = [value('WEBDAV_URL'), value('WEBDAV_USER'), value('WEBDAV_PASSWORD')];
  const [token, endpoint] = [value('DROPBOX_TOKEN'), value('DROPBOX_API')];
  const none = async () => undefined;
  return [
    ...(cloud && cloudUser && cloudPassword
      ? [
          {
            name: 'nextcloud',
            open: async () => (await nextcloud(cloud, cloudUser, cloudPassword)).drive,
            async forget(folder: string) {
              const { url, userId, signed } = await nextcloud(cloud, cloudUser, cloudPassword);
              await emptyTrash(signed, url, userId, folder);
            },
          },
        ]
      : []),
    ...(dav && user && password
      ? [
          {
            name: 'webdav',
            open: async () => opened({ kind: 'webdav', url: dav }, { user, password }).drive,
            forget: none,
          },
        ]
      : []),
    ...(token
      ? [
          {
            name: 'dropbox',
            open: async () => opened({ kind: 'dropbox', ...(endpoint && { endpoint }) }, { accessToken: token }).drive,
            forget: none,
          },
        ]
      : []),
  ];
}

/** A folder at the top of the account that nobody else uses; `remove` takes it away with everything in it. */
export async function openPlace(account: LiveAccount) {
  const drive = await account.open();
  const root = await drive.createFolder({ path: rootPath }, `dossier live ${randomBytes(6).toString('hex')}`);
  return {
    drive,
    root,
    other: await account.open(),
    /** Genuine servers make revisions of the second. */
    letSecondPass: () => new Promise<void>((resolve) => setTimeout(resolve, 1_100)),
    async remove() {
      await drive.remove(root);
      await account.forget(root.name);
    },
  };
}
