import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { freePort } from '../hosts/freePort.ts';
import { type HostProcess, startHostProcess } from '../hosts/hostProcess.ts';
import { ensureHost } from '../hosts/install.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { installNodePackage } from '../hosts/n8n/nodePackage.ts';
import { hostEnvironment } from '../hosts/node24.ts';
import { ensureMedia, type Media } from './media.ts';
import { type QueueServers, startQueueServers } from './queueServers.ts';
import { dropboxCredential, dropboxOverwrites, example } from './workflows.ts';

/** n8n as larger installations run it: a main process that answers, two workers that work, and no disk between them. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let servers: QueueServers;
let workers: HostProcess[];
let media: Media;
let folder: string;

const encryptionKey = 'queue-mode-encryption-key';
const key = createKey();
const onDropbox = (file: string) =>
  JSON.parse(
    JSON.stringify(example(file))
      .replaceAll('"webdav"', '"dropboxOAuth2"')
      .replaceAll('dossierWebdavApi', 'dossierDropboxOAuth2Api')
      .replaceAll('dossierWebdav001', 'dossierDropbox01'),
  ) as ReturnType<typeof example>;
const submitting = example('submitFromWebhook.json');
const drafting = onDropbox('draftsInWebdav.json');

async function startWorker(tarball: string, env: NodeJS.ProcessEnv): Promise<HostProcess> {
  const userFolder = await mkdtemp(join(folder, 'worker-'));
  await mkdir(join(userFolder, '.n8n'));
  await installNodePackage({ tarball }, userFolder);
  const entry = join(await ensureHost('n8n'), 'node_modules', 'n8n', 'bin', 'n8n');
  const own = {
    N8N_USER_FOLDER: userFolder,
    N8N_RUNNERS_BROKER_PORT: String(await freePort()),
    N8N_RUNNERS_BROKER_LISTEN_ADDRESS: '127.0.0.1',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    QUEUE_HEALTH_CHECK_ACTIVE: 'false',
  };
  return startHostProcess({
    name: 'n8n worker',
    args: [entry, 'worker', '--concurrency=2'],
    env: { ...hostEnvironment(userFolder), ...env, ...own },
    cwd: userFolder,
    ready: /worker is now ready/i,
    startMilliseconds: 120_000,
    secrets: [encryptionKey, key],
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-queue-mode-'));
  media = await ensureMedia();
  [servers, dropbox] = await Promise.all([startQueueServers(), startDropboxEmulator()]);
  const tarball = await packN8n(folder);
  const env = { ...servers.env, ...dropboxOverwrites(dropbox), N8N_ENCRYPTION_KEY: encryptionKey };
  n8n = await startN8n({
    nodePackage: { tarball },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: key } },
    ],
    workflows: [submitting, drafting],
    env,
  });
  workers = [await startWorker(tarball, env), await startWorker(tarball, env)];
  for (const { id } of [submitting, drafting]) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await Promise.all((workers ?? []).map((worker) => worker.stop()));
  await n8n?.stop();
  await servers?.[Symbol.asyncDispose]();
  await dropbox?.close();
  await rm(folder, { recursive: true, force: true });
});

async function form(fields: Record<string, string>, file: string): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', await openAsBlob(file), file.split('/').at(-1));
  return form;
}

describe('queue mode', () => {
  it('sends a 30 MB video that came to the main process from a worker', { timeout: 180_000 }, async () => {
    const response = await n8n.webhook('report', {
      body: await form({ title: 'From a worker', description: 'x' }, media.video),
    });
    expect(await response.json()).toMatchObject([{ state: 'submitted' }]);
    expect((await dropbox.files.read('/Reports/From a worker/video.mp4')).equals(await readFile(media.video))).toBe(
      true,
    );
  });

  it('gives reports of one title that arrive together a folder each', { timeout: 180_000 }, async () => {
    const all = await Promise.all(
      Array.from(
        { length: 6 },
        async () =>
          (
            await n8n.webhook('report', { body: await form({ title: 'Together', description: 'x' }, media.photos[0]) })
          ).json() as Promise<[{ state: string; path: string }]>,
      ),
    );
    expect(all).toEqual(Array.from({ length: 6 }, () => [expect.objectContaining({ state: 'submitted' })]));
    expect(new Set(all.map(([report]) => report.path)).size).toBe(6);
  });

  it('keeps one store of drafts that several workers write to at once', { timeout: 240_000 }, async () => {
    const copies = () =>
      dropbox.files.list().filter(({ display, kind }) => kind === 'file' && display.startsWith('/.dossier/vault/'))
        .length;
    const before = copies();
    const all = await Promise.all(
      [1, 2, 3, 4].map(
        async (number) =>
          (
            await n8n.webhook('draft', {
              body: await form({ title: `Draft ${number}`, description: 'x' }, media.photos[1]),
            })
          ).json() as Promise<[{ state: string; report: string }]>,
      ),
    );
    // n8n answers an error with an object: show what it says.
    expect(all).toEqual(Array.from({ length: 4 }, () => [expect.objectContaining({ state: 'queued' })]));
    expect(new Set(all.map(([report]) => report.report)).size).toBe(4);
    expect(copies() - before).toBe(4);
  });

  it('was done by workers, both of them', () => {
    for (const worker of workers) expect(worker.log()).toMatch(/started execution|finished execution/i);
  });
});
