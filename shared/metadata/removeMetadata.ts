import type { ByteSource } from '../drive/source.ts';
import { formatOf } from './formats.ts';
import { CannotRemove, type Holder, type Obstacle } from './holder.ts';
import { isAboutContent } from './readMetadata.ts';
import { spliced } from './spliced.ts';
import { findTraces } from './traces.ts';
import { openWindow } from './window.ts';

/** A file without what it says of itself, or why that cannot be had. */
export type Removal =
  | {
      readonly ok: true;
      /** Gives the same bytes each time, as long as the original does; its fingerprint is the original's. */
      readonly source: ByteSource;
      /** There was something to be removed. */
      readonly changed: boolean;
    }
  | { readonly ok: false; readonly why: Obstacle };

/** Removals of more parts than this are refused: no real file has them. */
const mostHolders = 500_000;

/**
 * The same picture or film without what it says of itself: nothing is coded anew, and the original is only read. Memory
 * is bounded, whatever the size. Throws only what the source throws.
 */
export async function removeMetadata(source: ByteSource): Promise<Removal> {
  try {
    const holders = await survey(source);
    return { ok: true, source: spliced(source, holders), changed: holders.length > 0 };
  } catch (error) {
    return refusal(error);
  }
}

/**
 * Reads a file that was made by `removeMetadata` again, all of it, and says whether nothing is left: neither where
 * metadata belong, nor anywhere else in a form that is told by its beginning.
 */
export async function proveRemoval(cleaned: ByteSource): Promise<boolean> {
  try {
    return (await survey(cleaned)).length === 0 && !(await findTraces(cleaned));
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    return false;
  }
}

async function survey(source: ByteSource): Promise<Holder[]> {
  const window = openWindow(source);
  try {
    const format = await formatOf(window);
    if (!format || format.readOnly) throw new CannotRemove('type');
    const holders: Holder[] = [];
    for await (const holder of format.holders(window, { whole: true })) {
      holders.push(holder);
      if (holders.length > mostHolders) throw new CannotRemove('damaged');
    }
    return holders;
  } finally {
    await window.close();
  }
}

function refusal(error: unknown): Removal {
  if (error instanceof CannotRemove) return { ok: false, why: error.why };
  if (!isAboutContent(error)) throw error;
  return { ok: false, why: 'damaged' };
}
