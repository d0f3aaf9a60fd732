import type { ByteSource } from '../drive/source.ts';
import { fromLatin, startsWith } from './binary.ts';
import { isOrientationBlock } from './exif.ts';

/** How blocks of metadata begin, wherever in a file they lie. Long enough that no coded picture has them by chance. */
const marks = [
  'Exif\0\0II*\0',
  'Exif\0\0MM\0*',
  'http://ns.adobe.com/xap/1.0/',
  '<x:xmpmeta',
  'Photoshop 3.0\0',
  // Dash cams lay their places between the samples of a film, where no box and no track leads.
  'freeGPS ',
] as const;
const first = new Set(marks.map((mark) => mark.charCodeAt(0)));
const longest = 64;

/** Whether any of them is in the file, but for a block that says how the picture is turned and nothing else. */
export async function findTraces(source: ByteSource): Promise<boolean> {
  let rest: Uint8Array = new Uint8Array();
  for await (const piece of source.open()) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    if (hasMark(bytes, bytes.length - longest)) return true;
    rest = bytes.slice(Math.max(0, bytes.length - longest));
  }
  return hasMark(new Uint8Array([...rest, ...fromLatin('\0'.repeat(longest))]), rest.length);
}

/** Looks at all places before `end`. */
function hasMark(bytes: Uint8Array, end: number): boolean {
  for (const letter of first)
    for (let at = bytes.indexOf(letter); at >= 0 && at < end; at = bytes.indexOf(letter, at + 1))
      if (marks.some((mark) => startsWith(bytes, mark, at)) && !isOrientationBlock(bytes.subarray(at + 6, at + 32)))
        return true;
  return false;
}
