import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesSource, readBytes, readMetadata } from '../../shared/index.ts';
import { proveRemoval, removeMetadata } from '../../shared/metadata/index.ts';
import { ensureDebian } from '../hosts/debian.ts';

const canary = 'CANARY';
let work: string;

beforeAll(async () => {
  await ensureDebian(['ffmpeg', 'libimage-exiftool-perl']);
  work = await mkdtemp(join(tmpdir(), 'dossier-metadata-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const scene = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25'];
const picture = ['-frames:v', '1'];
const film = ['-f', 'lavfi', '-i', 'sine', '-t', '2', '-metadata', 'creation_time=2026-05-01T10:00:00Z'];
const place = ['-GPSLatitude=51.4779', '-GPSLatitudeRef=N', '-GPSLongitude=0.0015', '-GPSLongitudeRef=W'];
const exif = [
  ...place,
  `-Make=${canary}make`,
  `-Software=${canary}soft`,
  '-Orientation=6',
  '-DateTimeOriginal=2026:05:01 12:33:10',
];
const xmp = [`-XMP:City=${canary}town`, '-XMP:GPSLatitude=51.4779', '-XMP:GPSLongitude=-0.0015'];
const quicktime = [
  '-Keys:GPSCoordinates=51.4779 -0.0015 10',
  `-Keys:Model=${canary}`,
  '-UserData:GPSCoordinates=51.4779 -0.0015 10',
  ...xmp,
];

/** By the ending of the name: how real encoders make it, and what a real program plants in it. */
const files: Readonly<Record<string, { made: readonly string[]; planted: readonly string[]; turned?: true }>> = {
  'jpg': { made: picture, planted: [...exif, ...xmp, `-IPTC:City=${canary}`, `-Comment=${canary}`], turned: true },
  'png': { made: picture, planted: [...exif, ...xmp, `-PNG:Comment=${canary}`], turned: true },
  'webp': { made: picture, planted: [...exif, ...xmp], turned: true },
  'avif': { made: [...picture, '-still-picture', '1'], planted: [...exif, ...xmp] },
  'mp4': { made: [...film, '-movflags', '+faststart'], planted: quicktime },
  'mov': { made: film, planted: quicktime },
};

it.each(Object.entries(files))(
  'of a real %s all that exiftool planted is gone, and every picture is the same',
  async (ending, given) => {
    const [before, after] = [join(work, `before.${ending}`), join(work, `after.${ending}`)];
    run('ffmpeg', ...scene, ...given.made, '-y', before);
    run('exiftool', '-q', '-n', '-overwrite_original', ...given.planted, before);
    const source = bytesSource(new Uint8Array(await readFile(before)));
    const told = (await readMetadata(source))?.place;
    expect(told?.latitude).toBeCloseTo(51.4779, 4);
    expect(told?.longitude).toBeCloseTo(-0.0015, 4);

    const removal = await removeMetadata(source);
    if (!removal.ok) throw new Error(removal.why);
    expect(await proveRemoval(removal.source)).toBe(true);
    const copy = Buffer.from(await readBytes(removal.source.open(), 2 ** 26));
    await writeFile(after, copy);
    expect(copy.includes(canary)).toBe(false);
    // What another reader makes of it, which knows far more kinds of metadata.
    const others = run(
      'exiftool',
      '-G1',
      '-s',
      '-GPS*',
      '-City',
      '-Make',
      '-Model',
      '-Software',
      '-Comment',
      '-XMP:all',
      '-Orientation',
      after,
    );
    expect(others.trim().split(/\s+/).slice(0, 2)).toEqual(given.turned ? ['[IFD0]', 'Orientation'] : ['']);
    expect(others.trim().split('\n')).toHaveLength(1);
    const pictures = (file: string) => run('ffmpeg', '-v', 'error', '-i', file, '-f', 'framemd5', '-');
    expect(pictures(after)).toBe(pictures(before));
  },
);
