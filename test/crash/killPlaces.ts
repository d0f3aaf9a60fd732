import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import type { Address } from './killAddress.ts';

export interface StoredFile {
  readonly path: string;
  readonly sha256: string;
}

/** A destination, and what really lies in it, found without any code of ours. */
export interface Place {
  readonly name: PlaceName;
  readonly address: Address;
  stored(folder: string): Promise<StoredFile[]>;
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;

export const placeNames = ['dropbox', 'nextcloud local', 'nextcloud s3v2', 'local folder'] as const;
/** Servers that mean no harm and answer oddly now and then, see `oddAnswers.ts`. */
export const oddPlaceNames = ['dropbox, odd', 'nextcloud local, odd'] as const;
export type PlaceName = (typeof placeNames)[number] | (typeof oddPlaceNames)[number];

/** Those that a sending outlives, and that change nothing of what is sent. */
const odd = {
  dav: [
    'MKCOL done, 500',
    'MOVE done, 404',
    'MOVE done, 412',
    'shown late',
    'one child 503',
    'one child 404',
    'size 0',
  ],
  dropbox: ['size 0', 'shown late'],
} as const;

/** Bytes of a chunk: as few as the service takes, for they only cost time. */
export const chunkSizes: Readonly<Record<PlaceName, number>> = {
  'dropbox': 4 * mebibyte,
  'nextcloud local': mebibyte / 4,
  'nextcloud s3v2': mebibyte / 4,
  'local folder': mebibyte / 4,
  'dropbox, odd': 4 * mebibyte,
  'nextcloud local, odd': mebibyte / 4,
};

export async function openPlace(name: PlaceName): Promise<Place> {
  return places[name]();
}

const places: Readonly<Record<PlaceName, () => Promise<Place>>> = {
  'dropbox': dropboxPlace,
  'local folder': localPlace,
  'nextcloud local': () => nextcloudPlace('local'),
  'nextcloud s3v2': () => nextcloudPlace('s3v2'),
  'dropbox, odd': async () => answeringOddly(await dropboxPlace(), 'dropbox, odd', 'dropbox'),
  'nextcloud local, odd': async () => answeringOddly(await nextcloudPlace('local'), 'nextcloud local, odd', 'dav'),
};

function answeringOddly(place: Place, name: PlaceName, protocol: keyof typeof odd): Place {
  return {
    ...place,
    name,
    address: { ...place.address, odd: odd[protocol].map((answer) => `${protocol}: ${answer}`) },
  };
}

async function dropboxPlace(): Promise<Place> {
  const server = await startDropboxEmulator();
  return {
    name: 'dropbox',
    address: { kind: 'dropbox', chunkSize: chunkSizes.dropbox, url: server.url, token: server.token },
    async stored(folder) {
      const files = server.files
        .list()
        .filter(({ kind, display }) => kind === 'file' && display.startsWith(`${folder}/`));
      return Promise.all(
        files.map(async ({ display }) => ({ path: display, sha256: sha256(await server.files.read(display)) })),
      );
    },
    close: () => server.close(),
  };
}

async function nextcloudPlace(mode: 'local' | 's3v2'): Promise<Place> {
  const server = await startNextcloudEmulator({ mode, switches: { minimumPart: chunkSizes[`nextcloud ${mode}`] } });
  const { url, user, password, userId } = server;
  const name = `nextcloud ${mode}` as const;
  return {
    name,
    address: { kind: 'nextcloud', chunkSize: chunkSizes[name], url, user, password, userId },
    async stored(folder) {
      const filesIn = (path: string): string[] =>
        server.hooks
          .list(path)
          .flatMap((name) =>
            server.hooks.stat(`${path}/${name}`)?.kind === 'file' ? [`${path}/${name}`] : filesIn(`${path}/${name}`),
          );
      return Promise.all(
        filesIn(folder).map(async (path) => ({ path, sha256: sha256(await server.hooks.read(path)) })),
      );
    },
    close: () => server.close(),
  };
}

async function localPlace(): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'dossier-kill-'));
  return {
    name: 'local folder',
    address: { kind: 'localFolder', chunkSize: chunkSizes['local folder'], root },
    async stored(folder) {
      const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
      const files = names.map((name) => join(folder, name)).filter((path) => statSync(join(root, path)).isFile());
      return files.map((path) => ({ path, sha256: sha256(readFileSync(join(root, path))) }));
    },
    close: async () => rmSync(root, { recursive: true }),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
