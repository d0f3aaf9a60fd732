import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { CommandError, runCommand } from '../../hosts/command.ts';

it('tells the end of what a program said that failed', async () => {
  const error: unknown = await runCommand('sh', ['-c', 'echo out; echo reason >&2; exit 3']).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).said.split('\n').sort()).toEqual(['out', 'reason']);
  expect(String(error)).toContain('ended with code 3');
});

it.each(['SIGINT', 'SIGTERM'] as const)('an installer and what it has started end with us by %s', async (signal) => {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-command-'));
  const noted = join(folder, 'pid');
  // The installer's own child, which the terminal's Ctrl-C does not reach.
  const installer = `sh -c 'echo $$ > "${noted}"; while :; do sleep 0.05; done' & wait`;
  const program = `import { runCommand } from ${JSON.stringify(join(import.meta.dirname, '../../hosts/command.ts'))};
await runCommand('sh', ['-c', ${JSON.stringify(installer)}], { detached: true });`;
  const us = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const exited = once(us, 'exit');
  const pid = await vi.waitUntil(() => existsSync(noted) && readFileSync(noted, 'utf8').trim(), 30_000);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  us.kill(signal);
  expect((await exited)[0]).toBe(signal === 'SIGINT' ? 130 : 143);
  await vi.waitUntil(() => !existsSync(`/proc/${pid}`), 5_000);
  await rm(folder, { recursive: true });
});
