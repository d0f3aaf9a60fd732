import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { buildN8n } from '../../../.config/buildN8n.ts';

test('the packed core delivers, records and verifies with nothing beside it', async () => {
  const dist = await mkdtemp(join(tmpdir(), 'dossier-portable-'));
  try {
    await buildN8n(dist);
    const script = join(import.meta.dirname, '../../portable/run.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script, dist], { cwd: dist });
    expect(stdout).toMatch(/^Delivered, recorded and verified on Node \d+/);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
});
