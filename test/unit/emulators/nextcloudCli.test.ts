import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { attackNames } from '../../emulators/webdav/index.ts';
import { node24 } from '../../hosts/node24.ts';
import { talkTo } from './nextcloudTalk.ts';

const cli = join(import.meta.dirname, '../../emulators/cli.ts');
let running: ChildProcess | undefined;
afterEach(() => running?.kill('SIGKILL'));

/** Starts an emulator on its own and reads the one line that it says. */
async function run(...args: string[]): Promise<Record<string, string>> {
  running = spawn(node24, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: running.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  return JSON.parse(line) as Record<string, string>;
}

async function stop(): Promise<unknown> {
  running?.kill('SIGTERM');
  const [code] = (await once(running as ChildProcess, 'exit')) as [number];
  return code;
}

it('runs a Nextcloud by itself, with a fault plan, counters, and the same data again', async () => {
  const data = await mkdtemp(join(tmpdir(), 'nextcloud-cli-'));
  await writeFile(join(data, 'plan.json'), JSON.stringify([{ kind: 'status', status: 423, route: 'PUT files' }]));
  const said = await run(
    'nextcloud',
    '--port',
    '0',
    '--data',
    data,
    '--mode',
    's3v2',
    '--faults',
    join(data, 'plan.json'),
    '--latency',
    '1',
    '--bandwidth',
    '10000000',
    '--path',
    '/cloud',
  );
  expect(said).toMatchObject({
    user: 'mara@example.org',
    userId: 'mara',
    mode: 's3v2',
    filesUrl: `${said['url']}/remote.php/dav/files/mara`,
  });
  const talk = talkTo(said['filesUrl'] as string, `${said['user']}:${said['password']}`);
  expect([(await talk('PUT', '/a', { body: 'a' })).status, (await talk('PUT', '/a', { body: 'a' })).status]).toEqual([
    423, 201,
  ]);
  const counted = await talkTo(new URL(said['requests'] as string).origin, '')('GET', '/__emulator/requests');
  expect(JSON.parse(counted.text)).toMatchObject({ total: 2, byRoute: { 'PUT files': 2 } });
  expect(await stop()).toBe(0);

  const again = await run('nextcloud', '--data', data);
  expect(again['password']).toBe(said['password']);
  expect((await talkTo(again['filesUrl'] as string, `${again['user']}:${again['password']}`)('GET', '/a')).text).toBe(
    'a',
  );
  expect(await stop()).toBe(0);
  await rm(data, { recursive: true });
});

it('runs the hostile server by itself, with the attack that is named', async () => {
  expect((await run('webdav', '--list'))['attacks']).toEqual(attackNames);
  const said = await run('webdav', '--attack', 'href-parents');
  const listing = await talkTo(said['url'] as string, `${said['user']}:${said['password']}`)(
    'PROPFIND',
    said['target'] as string,
    { headers: { depth: '1' } },
  );
  expect(listing.text).toContain('../../etc/passwd');
  expect(await stop()).toBe(0);
});

it('says what is wrong with its arguments', async () => {
  const failed = spawn(node24, [cli, 'nextcloud', '--mode', 'other'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = (await once(failed.stderr, 'data')) as [Buffer];
  expect(said.toString()).toBe('--mode is local or s3v2\n');
});
