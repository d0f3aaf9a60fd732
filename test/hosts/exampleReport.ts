import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';

/** A report as somebody in the field might write it, with files from real encoders. */
export interface ExampleReport {
  readonly title: string;
  readonly description: string;
  readonly files: readonly { readonly path: string; readonly mediaType: string }[];
}

const photo = [
  '-f',
  'lavfi',
  '-i',
  'gradients=size=1600x1200:seed=7:n=8,noise=alls=12:all_seed=3',
  '-frames:v',
  '1',
  '-q:v',
  '3',
];
const video = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=640x360:rate=25',
  '-f',
  'lavfi',
  '-i',
  'sine=frequency=440',
  '-t',
  '4',
  '-pix_fmt',
  'yuv420p',
  '-shortest',
];

/** Encodes a photo and a short video with sound into `folder`. */
export async function makeExampleReport(folder: string): Promise<ExampleReport> {
  await ensureDebian(['ffmpeg']);
  await mkdir(folder, { recursive: true });
  const encode = async (name: string, args: readonly string[], mediaType: string) => {
    const path = join(folder, name);
    await runCommand('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', ...args, path]);
    return { path, mediaType };
  };
  return {
    title: 'Flooding at the north bridge',
    description: 'The water has reached the second step. The road behind the bridge is closed.\n',
    files: [await encode('photo.jpg', photo, 'image/jpeg'), await encode('video.mp4', video, 'video/mp4')],
  };
}
