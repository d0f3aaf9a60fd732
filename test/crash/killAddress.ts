import { randomBytes } from 'node:crypto';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createDropboxDrive } from '../../shared/drives/dropbox/index.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { createLocalFolderDrive, type Drive, type FilesPort, type HttpPort } from '../../shared/index.ts';
import { endpointsAt, withToken } from '../support/dropbox.ts';
import { interceptedHttp } from '../support/interceptedHttp.ts';
import { oddAnswers } from './oddAnswers.ts';

/** How another process reaches a destination. Plain JSON; the secrets are the emulator's. */
export type Address = {
  /** Bytes. */
  readonly chunkSize: number;
  /** Odd answers that each process meets once, at the first request that they strike. */
  readonly odd?: readonly string[];
} & (
  | { readonly kind: 'dropbox'; readonly url: string; readonly token: string }
  | {
      readonly kind: 'nextcloud';
      readonly url: string;
      readonly user: string;
      readonly password: string;
      readonly userId: string;
    }
  | { readonly kind: 'localFolder'; readonly root: string }
);

interface Wrap {
  readonly http: (port: HttpPort) => HttpPort;
  readonly files: (port: FilesPort) => FilesPort;
}

/** A drive as a process opens it, with small chunks. */
export function openAddress(address: Address, wrap: Wrap): Drive {
  const drive = openDrive(address, wrap);
  const { chunkSize } = address;
  const upload = {
    ...drive.capabilities.upload,
    chunkMin: chunkSize,
    chunkSize,
    maxSingle: Math.min(chunkSize, 1024 * 1024),
  };
  return { ...drive, capabilities: { ...drive.capabilities, upload } };
}

function openDrive(address: Address, wrap: Wrap): Drive {
  if (address.kind === 'localFolder')
    return createLocalFolderDrive({
      files: wrap.files(nodeFiles),
      root: address.root,
      randomBytes: (length) => randomBytes(length),
    });
  const http = amongOddAnswers(wrap.http(createNodeHttp({ timeoutMs: 20_000 })), address.odd ?? []);
  if (address.kind === 'dropbox')
    return createDropboxDrive({
      http: withToken(http, address.token),
      clock: nodeClock,
      endpoints: endpointsAt(address.url),
    });
  return createNextcloudDrive({
    http: withBasicAuth(http, address.url, address, nodeClock),
    clock: nodeClock,
    url: address.url,
    userId: address.userId,
    dav: webdavParts,
  });
}

/** Each of the answers once, in the life of a process. */
function amongOddAnswers(http: HttpPort, names: readonly string[]): HttpPort {
  const interferences = names.map((name) => {
    const { strikes, instead, afterwards, text } = oddAnswers[name]!;
    const isFirst = (nth: number) => nth === 1;
    return {
      matches: strikes,
      ...(instead && { instead: (_: unknown, nth: number) => (isFirst(nth) ? instead : undefined) }),
      ...(afterwards && { afterwards: (_: unknown, nth: number) => (isFirst(nth) ? afterwards : undefined) }),
      ...(text && { text: (body: string, _: unknown, nth: number) => (isFirst(nth) ? text(body) : body) }),
    };
  });
  return names.length === 0 ? http : interceptedHttp(http, ...interferences);
}
