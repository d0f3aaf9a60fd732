import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createContentHasher } from '../../emulators/dropbox/contentHash.ts';
import { headerJson, start, talk } from './dropboxTalk.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dropbox-runs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a restart on the same folder', () => {
  it('keeps files, tokens, sessions, cursors and ids', async () => {
    const before = await start({ data: folder, tls: false });
    const kept = await before.upload('/Kept/a.txt', 'first');
    const { session_id } = (await before.send('files/upload_session/start', {}, 'begun, ')).json as {
      session_id: string;
    };
    const { cursor } = (await before.rpc('files/list_folder', { path: '', recursive: true })).json as {
      cursor: string;
    };
    await before.upload('/Kept/b.txt', 'second');
    await before.emulator.close();

    const after = await start({ data: folder });
    expect(after.emulator.token).toBe(before.emulator.token);
    expect(after.emulator.accountId).toBe(before.emulator.accountId);
    expect((await after.download('/kept/a.txt')).text).toBe('first');
    expect((await after.rpc('files/get_metadata', { path: kept.json.id as string })).json.rev).toBe(kept.json.rev);
    const changed = await after.rpc('files/list_folder/continue', { cursor });
    expect(changed.json.entries).toEqual([expect.objectContaining({ path_lower: '/kept/b.txt' })]);
    const argument = { cursor: { session_id, offset: 7 }, commit: { path: '/finished' } };
    const done = await after.send('files/upload_session/finish', argument, 'and ended');
    expect(done.status).toBe(200);
    const hasher = createContentHasher();
    hasher.update(Buffer.from('begun, and ended'));
    expect(done.json.content_hash).toBe(hasher.end().hash);
    expect((await after.upload('/new', 'x')).json.rev > kept.json.rev).toBe(true);
  });
});

interface Announced {
  readonly url: string;
  readonly token: string;
  readonly requests: string;
}

async function runCli(...options: string[]) {
  const cli = join(import.meta.dirname, '../../emulators/cli.ts');
  const child = spawn(process.execPath, [cli, 'dropbox', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  };
  return { announced: JSON.parse(line) as Announced, pid: child.pid!, stop };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

describe('the command', () => {
  it('announces itself in one line, follows a plan, counts requests, and stops when told', async () => {
    const plan = join(folder, 'plan.json');
    await writeFile(plan, '[{"kind":"status","status":503,"route":"users/get_current_account"}]');
    const { announced, stop } = await runCli('--data', join(folder, 'data'), '--faults', plan, '--latency', '5');
    const call = () =>
      talk(`${announced.url}/2/users/get_current_account`, {
        headers: { Authorization: `Bearer ${announced.token}`, 'Content-Type': 'application/json' },
        body: 'null',
      });
    expect([(await call()).status, (await call()).status]).toEqual([503, 200]);
    const counted = await talk(announced.requests, { method: 'GET' });
    expect(counted.json).toMatchObject({ total: 2, routes: { 'users/get_current_account': { count: 2, bytesIn: 4 } } });
    expect((await talk(announced.requests, { method: 'DELETE' })).json.total).toBe(0);
    expect(await stop()).toBe(0);
  });

  it('takes 2 GiB and gives them back without holding them', { timeout: 300_000 }, async () => {
    const { announced, pid, stop } = await runCli('--data', join(folder, 'data'));
    const piece = Buffer.alloc(16 * 2 ** 20, 'Dossier!');
    const headers = { Authorization: `Bearer ${announced.token}`, 'Content-Type': 'application/octet-stream' };
    const post = (route: string, argument: object, body: Buffer) =>
      talk(`${announced.url}/2/${route}`, { headers: { ...headers, 'Dropbox-API-Arg': headerJson(argument) }, body });
    const { session_id } = (await post('files/upload_session/start', {}, Buffer.alloc(0))).json as {
      session_id: string;
    };
    const size = 2 * 2 ** 30;
    for (let offset = 0; offset < size; offset += piece.length) {
      const reply = await post('files/upload_session/append_v2', { cursor: { session_id, offset } }, piece);
      expect(reply.status).toBe(200);
    }
    const commit = { cursor: { session_id, offset: size }, commit: { path: '/large.bin' } };
    expect((await post('files/upload_session/finish', commit, Buffer.alloc(0))).json.size).toBe(size);
    const argument = { 'Dropbox-API-Arg': headerJson({ path: '/large.bin' }), Authorization: headers.Authorization };
    const read = await new Promise<number>((resolve, reject) => {
      request(`${announced.url}/2/files/download`, { method: 'POST', headers: argument }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.once('end', () => resolve(bytes));
      })
        .once('error', reject)
        .end();
    });
    expect(read).toBe(size);
    expect(await residentBytes(pid)).toBeLessThan(200 * 2 ** 20);
    await stop();
  });
});
