import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { HostProcess } from './hostProcess.ts';
import { startHostProcess } from './hostProcess.ts';

const isRunning = (pid: number) => existsSync(`/proc/${pid}`);

function start(script: string, startMilliseconds = 30_000): Promise<HostProcess> {
  return startHostProcess({
    name: 'The host',
    args: ['-e', script],
    env: process.env,
    cwd: import.meta.dirname,
    ready: /listening on (\d+)\n/,
    startMilliseconds,
    secrets: ['hunter2'],
  });
}

it('is ready when the host announces it, and ends when it is stopped', async () => {
  const host = await start('console.log("pass hunter2, listening on 4711"); setInterval(() => {}, 1000)');
  expect(host.announcement[1]).toBe('4711');
  expect(host.log()).toContain('pass ***');
  expect(isRunning(host.pid)).toBe(true);
  await host.stop();
  expect(isRunning(host.pid)).toBe(false);
});

it('tells what a host said that ended before it was ready, without secrets', async () => {
  await expect(start('console.error("no disk for hunter2"); process.exit(3)')).rejects.toThrow(
    /^The host ended with code 3 before it was ready\. It said:\nno disk for \*\*\*\n$/,
  );
});

it('stops a host that is not ready in time', async () => {
  await expect(start('console.log(process.pid); setInterval(() => {}, 1000)', 1_000)).rejects.toThrow(
    expect.toSatisfy(
      (error: Error) =>
        /not ready after 1 s/.test(error.message) && !isRunning(Number(/\n(\d+)/.exec(error.message)?.[1])),
    ),
  );
});

it('ends together with the process that started it, however that ends', async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'fixture', 'host.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const host = Number(said.toString());
  expect(isRunning(host)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitUntil(() => !isRunning(host), { timeout: 5_000 });
});
