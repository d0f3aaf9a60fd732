import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packN8n } from '../../.config/buildN8n.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import type { Bench } from './bench.ts';
import { type Moved, runMeasured } from './n8nRun.ts';
import { type Mover, movingWorkflow, type Way, workflowId } from './n8nWorkflows.ts';

const mb = 1_000_000;
const asked = 140 * mb;
const huge = 1000 * mb;
/** The built-in node fails somewhere on the way: the largest that it still moves is compared. */
const sizes = [60, 80, 100, 120, 140].map((size) => size * mb);
const warm = 5 * mb;

/** The built-in Dropbox node and ours move the same files in one n8n, over a line of 50 ms each way. */
export const bench: Bench = {
  floors: { memory_ratio: { atLeast: 3 }, speed_ratio: { atLeast: 2 }, one_gb_added_mb: { atMost: 100 } },
  async measure(log) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-n8n-'));
    const server = await startDropboxEmulator({ latencyMs: 50, tls: true, proxyPort: 0 });
    const files = new Map<number, string>();
    const n8n = await start(folder, server);
    const move = async (mover: Mover, way: Way, size: number): Promise<Moved> => {
      const name = `${size / mb}.bin`;
      if (way === 'up' && !files.has(size))
        files.set(size, await makeFile(join(n8n.userFolder, '.n8n-files'), name, size));
      const moved = await runMeasured(n8n, workflowId(mover, way), { name, size });
      log(`${mover}, ${size / mb} MB ${way}: ${told(moved)}`);
      return moved;
    };
    try {
      // Ours first: what the built-in node leaves behind in n8n's memory would hide what ours needs.
      await both(move, 'ours', warm);
      const ours = new Map<number, Both>();
      for (const size of [...sizes, huge]) {
        const moved = await both(move, 'ours', size);
        if (moved === undefined) throw new Error(`Ours failed on ${size / mb} MB`);
        ours.set(size, moved);
      }
      await both(move, 'builtin', warm);
      const builtin = await largestThatWorks(move);
      if (builtin === undefined) throw new Error('The built-in node moved nothing');
      return figures(ours, builtin);
    } finally {
      await n8n.stop();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function start(folder: string, server: DropboxEmulator): Promise<N8n> {
  const n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    nodeExtraCaCerts: server.caFile!,
    proxy: server.proxy!.url,
    credentials: [
      { id: 'benchOurs0000001', name: 'ours', type: 'dossierDropboxApi', data: { accessToken: server.token } },
      {
        id: 'benchBuiltin0001',
        name: 'built-in',
        type: 'dropboxApi',
        data: { accessToken: server.token, accessType: 'folder' },
      },
    ],
    workflows: (['ours', 'builtin'] as const).flatMap((mover) =>
      (['up', 'down'] as const).map((way) => movingWorkflow(mover, way)),
    ),
  });
  for (const mover of ['ours', 'builtin'] as const)
    for (const way of ['up', 'down'] as const) await n8n.activate(workflowId(mover, way));
  return n8n;
}

type Move = (mover: Mover, way: Way, size: number) => Promise<Moved>;
type Both = Readonly<Record<Way, Extract<Moved, { ok: true }>>>;

/** Up and down; undefined where one of them fails. */
async function both(move: Move, mover: Mover, size: number): Promise<Both | undefined> {
  const up = await move(mover, 'up', size);
  if (!up.ok) return undefined;
  const down = await move(mover, 'down', size);
  return down.ok ? { up, down } : undefined;
}

interface Largest {
  readonly size: number;
  readonly moved: Both;
}

async function largestThatWorks(move: Move): Promise<Largest | undefined> {
  let largest: Largest | undefined;
  for (const size of sizes) {
    const moved = await both(move, 'builtin', size);
    if (moved === undefined) break;
    largest = { size, moved };
  }
  return largest;
}

function figures(ours: ReadonlyMap<number, Both>, builtin: Largest): Record<string, number> {
  const beside = ours.get(builtin.size)!;
  const most = ({ up, down }: Both) => Math.max(up.addedMb, down.addedMb);
  const seconds = ({ up, down }: Both) => up.seconds + down.seconds;
  const row = (name: string, { up, down }: Both) => ({
    [`${name}_up_s`]: rounded(up.seconds),
    [`${name}_up_added_mb`]: rounded(up.addedMb),
    [`${name}_down_s`]: rounded(down.seconds),
    [`${name}_down_added_mb`]: rounded(down.addedMb),
  });
  return {
    memory_ratio: rounded(most(builtin.moved) / Math.max(1, most(beside))),
    speed_ratio: rounded(seconds(builtin.moved) / seconds(beside)),
    one_gb_added_mb: rounded(most(ours.get(huge)!)),
    builtin_moves_140_mb: builtin.size === asked ? 1 : 0,
    compared_mb: builtin.size / mb,
    ...row('builtin', builtin.moved),
    ...row('ours', beside),
    ...row('ours_140_mb', ours.get(asked)!),
    ...row('ours_1_gb', ours.get(huge)!),
  };
}

const rounded = (value: number) => Math.round(value * 100) / 100;

const told = (moved: Moved) =>
  moved.ok
    ? `${moved.seconds.toFixed(2)} s, ${moved.addedMb.toFixed(0)} MB of memory added`
    : `failed: ${moved.reason}`;

async function makeFile(folder: string, name: string, size: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const file = await open(path, 'w');
  for (let left = size; left > 0; left -= mb) await file.write(randomBytes(Math.min(mb, left)));
  await file.close();
  return path;
}
