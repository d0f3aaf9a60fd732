import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('a share of the hostile servers: no escape, no leak, no hang, nothing wrong, little memory', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'hostile.ts'), '--json', '--every', '4'],
    { encoding: 'utf8', timeout: 110_000 },
  );
  const { cases, peak_rss_mb, ...problems } = JSON.parse(stdout) as Record<string, number>;
  expect(problems, stderr).toEqual({ escapes: 0, leaks: 0, hangs: 0, wrong: 0 });
  expect(cases).toBeGreaterThan(100);
  expect(peak_rss_mb).toBeLessThan(256);
}, 120_000);
