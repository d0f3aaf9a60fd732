import { concatBytes } from '../../core/bytes.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { saltLength } from './cipher.ts';
import type { CompactionPorts } from './compaction.ts';
import type { Manifest } from './manifest.ts';
import type { HeadPlace, Heads, SealedHead } from './segment.ts';

/*
 * The ends of segments, side by side in one file: whoever looks for a key in several segments asks for one range of it,
 * and not for the end of each. It is a copy, sealed as it was, and nothing more: who cannot have it reads the ends where
 * they are.
 */

/** Bytes of such a file, about. */
const largestHeads = 64 * 1024;
/** With fewer ends it saves nobody anything. */
const leastHeads = 3;

/**
 * The manifest with the ends of its segments in one file, as far as there is room: those of runs, which everybody looks
 * into, first. Only ends that are at hand are taken. Uploads, and nothing else.
 */
export async function writeHeads(
  manifest: Manifest,
  { files, reader, random }: CompactionPorts,
  now: number,
): Promise<Manifest> {
  const { runs, upper, lower, heads: before, garbage } = manifest;
  const wanted = [...runs, ...upper, ...[...lower].sort((a, b) => a.indexSize - b.indexSize)];
  const known = await reader.sealedHeads(before, wanted);
  const taken = new Map<string, SealedHead>();
  let room = largestHeads;
  for (const segment of wanted) {
    const head = known.get(segment.name);
    if (!head) continue;
    const filter = head.filter && head.filter.length + head.index.length <= room ? head.filter : undefined;
    const length = (filter?.length ?? 0) + head.index.length;
    if (length > room) continue;
    taken.set(segment.name, { filter, index: head.index });
    room -= length;
  }
  // What nobody names any more was called garbage once, and such a name must not come back: hence the salt.
  const parts: Uint8Array[] = [new Uint8Array(random(saltLength))];
  const places = new Map<string, HeadPlace>();
  let offset = saltLength;
  for (const { name } of [...runs, ...upper, ...lower]) {
    const head = taken.get(name);
    if (!head) continue;
    places.set(name, { offset, hasFilter: head.filter !== undefined });
    for (const part of [head.filter, head.index]) if (part) parts.push(part);
    offset += (head.filter?.length ?? 0) + head.index.length;
  }
  const next = { ...manifest, garbage: before ? [...garbage, { name: before.name, since: now }] : garbage };
  if (places.size < leastHeads) return { ...next, heads: undefined };
  const bytes = concatBytes(parts);
  const heads: Heads = { name: sha256Hex(bytes), size: bytes.length, places };
  await files.write(heads.name, bytes);
  return { ...next, heads };
}
