import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebian } from '../hosts/debian.ts';
import { freePort } from '../hosts/freePort.ts';

/** What n8n's queue mode needs beside itself, on loopback, in a folder that goes away. */
export interface QueueServers extends AsyncDisposable {
  /** Tells any process of n8n where they are. */
  readonly env: NodeJS.ProcessEnv;
}

const postgresRoot = '/usr/lib/postgresql';
const startMilliseconds = 60_000;

export async function startQueueServers(): Promise<QueueServers> {
  await ensureDebian(['redis-server', 'postgresql']);
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'dossier-queue-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const [redisPort, postgresPort] = [await freePort(), await freePort()];
  const redis = await begin(
    'redis-server',
    ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    /Ready to accept connections/,
    [],
  );
  started.defer(() => end(redis));
  const postgres = await startPostgres(folder, postgresPort);
  started.defer(() => end(postgres));
  const running = started.move();
  return {
    env: {
      EXECUTIONS_MODE: 'queue',
      QUEUE_BULL_REDIS_HOST: '127.0.0.1',
      QUEUE_BULL_REDIS_PORT: String(redisPort),
      DB_TYPE: 'postgresdb',
      DB_POSTGRESDB_HOST: '127.0.0.1',
      DB_POSTGRESDB_PORT: String(postgresPort),
      DB_POSTGRESDB_DATABASE: 'postgres',
      DB_POSTGRESDB_USER: 'postgres',
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** PostgreSQL refuses to be run by root. */
async function startPostgres(folder: string, port: number): Promise<ChildProcess> {
  const [version = ''] = (await readdir(postgresRoot)).sort((a, b) => Number(b) - Number(a));
  const program = (name: string) => join(postgresRoot, version, 'bin', name);
  const isRoot = process.getuid?.() === 0;
  const asUser = isRoot ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres']).stdout.toString());
  if (isRoot) await chown(folder, id('-u'), id('-g'));
  const data = join(folder, 'postgres');
  const made = spawnSync(
    'setpriv',
    [...asUser, program('initdb'), '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'],
    { cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr.toString()}`);
  return begin(
    program('postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
    /ready to accept connections/,
    asUser,
  );
}

/** The kernel ends it together with this process, however that ends. */
async function begin(
  program: string,
  args: readonly string[],
  ready: RegExp,
  asUser: readonly string[],
): Promise<ChildProcess> {
  const child = spawn('setpriv', [...asUser, '--pdeathsig', 'KILL', program, ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const bound = setTimeout(() => reject(new Error(`${program} was not ready: ${said}`)), startMilliseconds);
    const hear = (text: string) => {
      said += text;
      if (ready.test(said)) resolve(clearTimeout(bound));
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('exit', () => reject(new Error(`${program} ended: ${said}`)));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await exited;
}
