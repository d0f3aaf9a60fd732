import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../hosts/command.ts';
import { ensureDebian } from '../hosts/debian.ts';

export interface Media {
  readonly photo: string;
  readonly video: string;
}

/** A photo and a video as real encoders write them. */
export async function makeMedia(): Promise<Media> {
  await ensureDebian(['ffmpeg']);
  const folder = await mkdtemp(join(tmpdir(), 'dossier-media-'));
  const [photo, video] = [join(folder, 'bridge.jpg'), join(folder, 'Übersicht – river.mp4')];
  const scene = 'mandelbrot=size=1280x960:rate=25';
  await runCommand('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', scene, '-frames:v', '1', '-q:v', '2', photo]);
  await runCommand('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    scene,
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440',
    '-t',
    '3',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    video,
  ]);
  return { photo, video };
}
