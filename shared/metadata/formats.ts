import type { Format } from './holder.ts';
import { jpeg } from './jpeg.ts';
import { movie } from './movie.ts';
import { png } from './png.ts';
import { tiff } from './tiff.ts';
import { webp } from './webp.ts';
import type { Window } from './window.ts';

const formats: readonly Format[] = [jpeg, png, webp, tiff, movie];

/** The format of a file, by its first bytes and not by its name. */
export async function formatOf(window: Window): Promise<Format | undefined> {
  const head = await window.bytes(0, Math.min(32, window.size));
  return formats.find((format) => format.is(head));
}
