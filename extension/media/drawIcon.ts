// Draws icon.png: `node extension/media/drawIcon.ts`. The marketplace takes no SVG, and a script keeps the picture
// reviewable.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** Inside (negative) or outside (positive) of a shape, in pixels. */
type Distance = (x: number, y: number) => number;

const size = 256;
/** Samples per pixel and axis. */
const samples = 4;

const roundedBox =
  (x0: number, y0: number, x1: number, y1: number, radius: number): Distance =>
  (x, y) => {
    const dx = Math.abs(x - (x0 + x1) / 2) - (x1 - x0) / 2 + radius;
    const dy = Math.abs(y - (y0 + y1) / 2) - (y1 - y0) / 2 + radius;
    return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
  };

const stroke =
  (points: readonly Point[], width: number): Distance =>
  (x, y) =>
    Math.min(...points.slice(1).map((end, index) => toSegment(x, y, points[index] as Point, end))) - width / 2;

function toSegment(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
}

/** Painted in this order. */
const layers: readonly { readonly shape: Distance; readonly colour: Colour }[] = [
  { shape: roundedBox(0, 0, 256, 256, 52), colour: [31, 42, 68] },
  { shape: roundedBox(48, 58, 132, 120, 14), colour: [86, 120, 190] },
  { shape: roundedBox(66, 70, 190, 150, 8), colour: [244, 246, 250] },
  { shape: roundedBox(48, 90, 208, 200, 16), colour: [122, 162, 247] },
  {
    shape: stroke(
      [
        [98, 146],
        [120, 168],
        [160, 122],
      ],
      16,
    ),
    colour: [255, 255, 255],
  },
];

function pixel(column: number, row: number): readonly number[] {
  const sum = [0, 0, 0, 0];
  for (let sample = 0; sample < samples ** 2; sample++) {
    const x = column + ((sample % samples) + 0.5) / samples;
    const y = row + (Math.floor(sample / samples) + 0.5) / samples;
    const top = layers.findLast(({ shape }) => shape(x, y) <= 0);
    if (top) [...top.colour, 255].forEach((value, index) => (sum[index] = (sum[index] as number) + value));
  }
  const covered = (sum[3] as number) / 255;
  return sum.map((value, index) => (covered === 0 ? 0 : Math.round(value / (index === 3 ? samples ** 2 : covered))));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const header = Buffer.alloc(13);
header.writeUInt32BE(size, 0);
header.writeUInt32BE(size, 4);
header.set([8, 6, 0, 0, 0], 8);
const rows = Array.from({ length: size }, (_, row) => [
  0,
  ...Array.from({ length: size }, (_, column) => pixel(column, row)).flat(),
]);
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(Buffer.from(rows.flat()), { level: 9 })),
  chunk('IEND', Buffer.alloc(0)),
]);
await writeFile(join(import.meta.dirname, 'icon.png'), png);
