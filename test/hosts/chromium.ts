import { ensureDebian } from './debian.ts';

/** Debian's Chromium and the fonts that it only recommends; returns the program. */
export async function ensureChromium(): Promise<string> {
  await ensureDebian(['chromium', 'fonts-liberation', 'fonts-dejavu-core']);
  return '/usr/bin/chromium';
}
