import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';

let cache: string;
let notes: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'dossier-cache-'));
  notes = join(cache, 'notes');
});

afterEach(() => rm(cache, { recursive: true, force: true }));

function fill(milliseconds: number): ChildProcessByStdio<null, Readable, null> {
  const script = join(import.meta.dirname, 'fixture', 'fill.ts');
  const env = { ...process.env, DOSSIER_CACHE: cache };
  return spawn(process.execPath, [script, notes, String(milliseconds)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

const fillings = async () => (await readFile(notes, 'utf8')).split('\n').filter(Boolean).length;

it('is filled by one of several processes, and the others wait for it', async () => {
  const codes = await Promise.all([fill(300), fill(300), fill(300)].map((child) => once(child, 'exit')));
  expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0]);
  expect(await fillings()).toBe(1);
  expect(await readdir(join(cache, 'place'))).toEqual(['half', 'whole']);
});

it('does not take what a killed process left for a finished installation', async () => {
  const killed = fill(60_000);
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect((await readdir(cache)).some((name) => name.startsWith('place.unfinished-'))).toBe(true);

  expect(await once(fill(0), 'exit')).toEqual([0, null]);
  expect(await readdir(join(cache, 'place'))).toEqual(['half', 'whole']);
  expect((await readdir(cache)).some((name) => name.startsWith('place.unfinished-'))).toBe(false);
});
