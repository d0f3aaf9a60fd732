import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sha256Hex, utf8 } from '../../shared/index.ts';
import { patternBytes } from '../support/uploads.ts';
import { chunkSizes, oddPlaceNames, type PlaceName, placeNames } from './killPlaces.ts';

/** `by key`: no records at all; a report is found again by its key, and two processes send it at once. */
export const stateKinds = ['sqlite', 'on drive', 'by key'] as const;
export type StateKind = (typeof stateKinds)[number];

export const allScenes: readonly (readonly [PlaceName, StateKind])[] = [
  ...placeNames.flatMap((place) => stateKinds.map((state) => [place, state] as const)),
  ...oddPlaceNames.map((place) => [place, 'sqlite'] as const),
];

/** One place with one kind of state, and what is sent there. Plain JSON, for it goes to the threads of the campaign. */
export interface Scene {
  readonly place: PlaceName;
  readonly state: StateKind;
  /** Scratch of this scene alone. */
  readonly work: string;
  /** The sender, bundled: a process that is started a thousand times should not read hundreds of files each time. */
  readonly sender: string;
  readonly originals: readonly string[];
  /** What the report's folder must hold in the end. */
  readonly wanted: readonly { readonly name: string; readonly sha256: string }[];
}

export const description = 'Water';

export async function openScene(place: PlaceName, state: StateKind): Promise<Scene> {
  const work = mkdtempSync(join(tmpdir(), 'dossier-kill-'));
  const sender = join(work, 'sender.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'sender.ts')],
    outfile: sender,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    // Packages of the older kind ask for modules at run time.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  mkdirSync(join(work, 'originals'));
  const sizes: readonly (readonly [string, number])[] = [
    ['empty.txt', 0],
    ['photo.jpg', chunkSizes[place] * 1.5],
    ['video.mp4', chunkSizes[place] * 5],
  ];
  const files = sizes.map(([name, size], index) => ({
    name,
    path: join(work, 'originals', name),
    bytes: patternBytes(0, size, index + 1),
  }));
  for (const { path, bytes } of files) writeFileSync(path, bytes);
  const wanted = [
    { name: 'description.txt', sha256: sha256Hex(utf8(description)) },
    ...files.map(({ name, bytes }) => ({ name, sha256: sha256Hex(bytes) })),
  ];
  return { place, state, work, sender, originals: files.map(({ path }) => path), wanted };
}

export function closeScene({ work }: Scene): void {
  rmSync(work, { recursive: true });
}
