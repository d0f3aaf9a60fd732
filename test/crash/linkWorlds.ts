import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { HttpPort, HttpRequest } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FileEntry, FolderEntry } from '../../shared/drive/entry.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/drives/memory/index.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import type { HashPolicy } from '../../shared/link/link.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { openDropbox } from '../support/dropbox.ts';
import { interceptedHttp } from '../support/interceptedHttp.ts';
import { childFails } from './oddAnswers.ts';

/** A server with a folder to link and one beside it, and what a test can do to it behind the drive's back. */
export interface LinkWorld {
  readonly drive: Drive;
  readonly linked: FolderEntry;
  readonly outside: FolderEntry;
  /** Needs no download where the server hashes. */
  readonly hashPolicy: HashPolicy;
  /** The feed tells what is there now; without, it tells each step on the way. */
  readonly coalesces: boolean;
  /** Brings back a file that was removed, under its old identity. */
  readonly restore?: (file: FileEntry) => Promise<void>;
  readonly resetCursors?: () => void;
  /** While `work` goes on, every listing keeps something back: the `nth` entry is there, and cannot be read. */
  readonly partly?: <T>(nth: number, work: () => Promise<T>) => Promise<T>;
  /** A new pair of folders on the same server. */
  fresh(): Promise<LinkWorld>;
  close(): Promise<void>;
}

export const linkWorlds: Readonly<Record<'memory' | 'dropbox' | 'nextcloud', () => Promise<LinkWorld>>> = {
  memory: async () => {
    const drive = createMemoryDrive(createMemoryStorage(() => 0));
    return worldOn(drive, { hashPolicy: 'download', coalesces: false, close: async () => undefined });
  },
  dropbox: async () => {
    const emulator = await startDropboxEmulator();
    const listings = keepBack(createNodeHttp({ timeoutMs: 20_000 }), isDropboxListing, withoutRevision);
    return worldOn(openDropbox(emulator, { http: listings.http }), {
      partly: listings.partly,
      hashPolicy: 'provider',
      coalesces: true,
      restore: async ({ id }) => emulator.files.restore(id as string),
      resetCursors: () => emulator.cursors.resetAll(),
      close: () => emulator.close(),
    });
  },
  nextcloud: async () => {
    const server = await startNextcloudEmulator();
    const listings = keepBack(
      createNodeHttp(),
      ({ method, headers }) => method === 'PROPFIND' && headers?.['Depth'] !== '0',
      (nth) => childFails(503, nth),
    );
    const http = withBasicAuth(listings.http, server.url, server, nodeClock);
    const drive = createNextcloudDrive({
      http,
      clock: nodeClock,
      url: server.url,
      userId: server.userId,
      dav: webdavParts,
    });
    const trash = `${server.url}/remote.php/dav/trashbin/${server.userId}`;
    const headers = { authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}` };
    const restore = async ({ name }: FileEntry) => {
      const listing = await (
        await demandSuccess(await fetch(`${trash}/trash/`, { method: 'PROPFIND', headers: { ...headers, depth: '1' } }))
      ).text();
      const href = [...listing.matchAll(/<d:href>([^<]*)<\/d:href>/g)]
        .map(([, each]) => each as string)
        .findLast((each) => decodeURIComponent(each).normalize('NFC').includes(`/${name}.d`));
      if (href === undefined) throw new Error(`There is no ${name} in the trash bin`);
      await demandSuccess(
        await fetch(new URL(href, server.url), {
          method: 'MOVE',
          headers: { ...headers, destination: `${trash}/restore/back` },
        }),
      );
    };
    return worldOn(drive, {
      hashPolicy: 'download',
      coalesces: true,
      restore,
      partly: listings.partly,
      close: server.close,
    });
  },
};

/** A way to the server on which listings can be made to keep an entry back. */
function keepBack(
  plain: HttpPort,
  matches: (request: HttpRequest) => boolean,
  change: (nth: number) => (body: string) => string,
): { readonly http: HttpPort; readonly partly: NonNullable<LinkWorld['partly']> } {
  let current: ((body: string) => string) | undefined;
  return {
    http: interceptedHttp(plain, { matches, text: (body) => current?.(body) ?? body }),
    async partly(nth, work) {
      current = change(nth);
      try {
        return await work();
      } finally {
        current = undefined;
      }
    },
  };
}

const isDropboxListing = ({ url }: HttpRequest) => /\/2\/files\/list_folder(\/continue)?$/.test(url);

/** An entry that says of itself less than it must. */
function withoutRevision(nth: number): (body: string) => string {
  return (body) => {
    const answer = JSON.parse(body) as { entries?: Record<string, unknown>[] };
    const entry = answer.entries?.filter((each) => each['.tag'] === 'file')[nth - 1];
    if (entry) delete entry['rev'];
    return JSON.stringify(answer);
  };
}

let worlds = 0;

async function worldOn(
  drive: Drive,
  given: Omit<LinkWorld, 'drive' | 'linked' | 'outside' | 'fresh'>,
): Promise<LinkWorld> {
  const home = await drive.createFolder({ path: rootPath }, `World ${++worlds}`);
  const linked = await drive.createFolder(home, 'Linked');
  const outside = await drive.createFolder(home, 'Outside');
  return { ...given, drive, linked, outside, fresh: () => worldOn(drive, given) };
}

async function demandSuccess(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`The emulator refused: ${response.status} ${await response.text()}`);
  return response;
}
