import { startsWith } from './binary.ts';
import { exifFacts } from './exif.ts';
import type { Format } from './holder.ts';

/** In a TIFF file the picture and what is said of it are one directory: it is read, and nothing can be taken away. */
export const tiff: Format = {
  name: 'TIFF',
  readOnly: true,
  is: (head) => startsWith(head, 'II*\0') || startsWith(head, 'MM\0*'),
  async *holders(window) {
    yield { what: 'exif', start: 0, end: window.size, tells: () => exifFacts(window) };
  },
};
