import type { ByteSource } from '../drive/source.ts';
import { type Facts, joinFacts } from './facts.ts';
import { formatOf } from './formats.ts';
import type { Holding } from './holder.ts';
import { openWindow } from './window.ts';

/** What a file says of itself, and what of it could be read. */
export interface Metadata extends Facts {
  /** What kinds of it there are, each once, in the order in which they were found. */
  readonly holds: readonly Holding[];
  /** It could not be read to its end: there may be more. */
  readonly damaged?: true;
}

/** So many holders make no picture: they are read no further. */
const mostRead = 2_000;

/**
 * What a picture or a video says of itself, read where it lies; undefined for files of other types. Nothing else is
 * read or asked, and no damaged file makes it fail; only a source that cannot be read does.
 */
export async function readMetadata(source: ByteSource): Promise<Metadata | undefined> {
  const window = openWindow(source);
  const facts: { readonly what: Holding; readonly facts: Facts }[] = [];
  const holds = new Set<Holding>();
  let damaged = false;
  try {
    const format = await formatOf(window);
    if (!format) return undefined;
    for await (const { what, tells } of format.holders(window, { whole: false })) {
      holds.add(what);
      if (tells && facts.length < mostRead) facts.push({ what, facts: await tells().catch(unlessSource) });
    }
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    damaged = true;
  } finally {
    await window.close();
  }
  // The clock of a film is set by whoever wrote the file last.
  const ordered = [...facts.filter(({ what }) => what !== 'times'), ...facts.filter(({ what }) => what === 'times')];
  return { holds: [...holds], ...joinFacts(ordered.map((each) => each.facts)), ...(damaged ? { damaged } : {}) };
}

function unlessSource(error: unknown): Facts {
  if (!isAboutContent(error)) throw error;
  return {};
}

/** Errors of the host come with a code; what is thrown here is about the bytes. */
export function isAboutContent(error: unknown): boolean {
  return !(typeof error === 'object' && error !== null && 'code' in error);
}
