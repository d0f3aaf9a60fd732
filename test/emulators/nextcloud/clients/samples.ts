/** Files to send through other people's clients, and how to see that they arrived as they were. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { NextcloudEmulator } from '../index.ts';

/** Bytes that look like noise and are the same in every run. */
export function noise(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed || 1;
  for (let at = 0; at + 4 <= size; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, at);
  }
  return bytes;
}

const chunkMinimum = 5 * 1024 * 1024;

/** Small ones, odd names, an empty one, and one that takes several chunks. */
export const samples: Readonly<Record<string, Buffer>> = {
  'description.txt': Buffer.from('Grüße aus Köln\n'),
  'empty.txt': Buffer.alloc(0),
  'name with spaces & é.txt': Buffer.from('odd'),
  'sub folder/deep/note.txt': Buffer.from('deep'),
  'sub folder/picture.bin': noise(7, 300_000),
  'large.bin': noise(11, 5 * chunkMinimum + 12_345),
};

export async function writeSamples(folder: string): Promise<void> {
  for (const [path, content] of Object.entries(samples)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Path to hash, for all that lies in a folder; clients' own hidden files are left out. */
export async function digestsIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [relative(folder, file), digest(await readFile(file))] as const)),
  );
}

export async function digestsOn(server: NextcloudEmulator, path = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of server.hooks.list(path)) {
    const child = path === '' ? name : `${path}/${name}`;
    if (server.hooks.stat(child)?.kind === 'folder') Object.assign(found, await digestsOn(server, child));
    else found[child] = digest(await server.hooks.read(child));
  }
  return found;
}
