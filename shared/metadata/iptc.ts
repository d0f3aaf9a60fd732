import { shownText, u16 } from './binary.ts';
import type { Facts } from './facts.ts';

/** Numbers of IPTC's data sets that name a place: part of a town, town, country. */
const placeSets = [92, 90, 101];
const bySet: ReadonlyMap<number, number> = new Map(placeSets.map((set, order) => [set, order]));

/** The place that an IPTC record names, within a block of Photoshop. */
export function iptcFacts(block: Uint8Array): Facts {
  const names: string[] = [];
  for (let at = block.indexOf(0x1c); at >= 0 && at + 5 <= block.length; ) {
    const order = block[at + 1] === 2 ? bySet.get(block[at + 2]!) : undefined;
    const length = u16(block, at + 3);
    if (order !== undefined && at + 5 + length <= block.length)
      names[order] ??= shownText(block.subarray(at + 5, at + 5 + length));
    at = block.indexOf(0x1c, at + 1);
  }
  const name = names.filter(Boolean).join(', ');
  return name === '' ? {} : { place: { name } };
}
