/** The files of a small WebDAV server: names in memory, contents on disk. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Resource {
  readonly kind: 'file' | 'folder';
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  readonly etag: string;
}

/** Paths are `/`, `/a`, `/a/b`: decoded, without a slash at the end. */
export interface Store {
  get(path: string): Resource | undefined;
  /** Direct children: name and resource. */
  children(path: string): [string, Resource][];
  makeFolder(path: string): void;
  write(path: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  read(resource: Resource, start: number, end: number): AsyncIterable<Uint8Array>;
  remove(path: string): void;
  /** Gives a file another time; content and ETag stay. */
  age(path: string, modified: Date): void;
  move(from: string, to: string): void;
  copy(from: string, to: string): void;
}

export const parentPath = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

export async function createStore(folder: string): Promise<Store> {
  await mkdir(folder, { recursive: true });
  const resources = new Map<string, Resource>();
  let counter = 0;
  const etag = (): string => `"${createHash('md5').update(String(++counter)).digest('hex')}"`;
  const asFolder = (): Resource => ({ kind: 'folder', file: '', size: 0, modified: new Date(), etag: etag() });
  const under = (path: string): string[] =>
    [...resources.keys()].filter((key) => key === path || key.startsWith(path === '/' ? '/' : `${path}/`));
  resources.set('/', asFolder());

  return {
    get: (path) => resources.get(path),
    children: (path) =>
      [...resources]
        .filter(([key]) => key !== '/' && parentPath(key) === path)
        .map(([key, resource]) => [key.slice(key.lastIndexOf('/') + 1), resource]),
    makeFolder: (path) => void resources.set(path, asFolder()),
    async write(path, body) {
      const file = join(folder, String(++counter));
      const stream = createWriteStream(file);
      try {
        await pipeline(body, stream);
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
      resources.set(path, { kind: 'file', file, size: stream.bytesWritten, modified: new Date(), etag: etag() });
    },
    read: ({ file }, start, end) => createReadStream(file, { start, end }),
    age: (path, modified) => void resources.set(path, { ...(resources.get(path) as Resource), modified }),
    remove(path) {
      for (const key of under(path)) resources.delete(key);
    },
    move(from, to) {
      for (const key of under(from)) {
        const resource = resources.get(key) as Resource;
        resources.delete(key);
        resources.set(to + key.slice(from.length), resource);
      }
    },
    // Contents never change in place, so a copy may share them.
    copy(from, to) {
      for (const key of under(from))
        resources.set(to + key.slice(from.length), { ...(resources.get(key) as Resource), etag: etag() });
    },
  };
}
