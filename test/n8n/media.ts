import { join } from 'node:path';
import { cached } from '../hosts/cache.ts';
import { runCommand } from '../hosts/command.ts';
import { ensureDebian } from '../hosts/debian.ts';

export interface Media {
  /** 30 MB, by a real encoder. */
  readonly video: string;
  readonly photos: readonly [string, string];
}

const videoBytes = 30 * 1024 * 1024;

/** A video and two photos as a camera makes them; encoded once per machine. */
export async function ensureMedia(): Promise<Media> {
  const folder = await cached('media-1', async (fresh) => {
    await ensureDebian(['ffmpeg']);
    const encode = (name: string, ...how: string[]) =>
      runCommand('ffmpeg', ['-loglevel', 'error', '-y', '-f', 'lavfi', ...how, join(fresh, name)]);
    const noisy = (seed: number, size: string) => `testsrc2=size=${size}:rate=30,noise=alls=40:allf=t:all_seed=${seed}`;
    await encode(
      'video.mp4',
      '-i',
      noisy(1, '1280x720'),
      '-t',
      '60',
      '-c:v',
      'mpeg4',
      '-q:v',
      '2',
      '-fs',
      String(videoBytes),
    );
    await encode('photo one.jpg', '-i', noisy(2, '2048x1536'), '-frames:v', '1', '-q:v', '2');
    await encode('photo two.jpg', '-i', noisy(3, '2048x1536'), '-frames:v', '1', '-q:v', '2');
  });
  return { video: join(folder, 'video.mp4'), photos: [join(folder, 'photo one.jpg'), join(folder, 'photo two.jpg')] };
}
