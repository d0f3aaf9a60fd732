import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startN8n } from '../hosts/n8n/n8n.ts';
import { seededBytes } from '../support/seeded.ts';
import { dropboxCredential, dropboxOverwrites } from './workflows.ts';

const size = 12_000_000;

/** A file of n8n's disk goes up, comes down, and goes up again under another name. */
function roundTrip() {
  const credentials = { dossierDropboxOAuth2Api: { id: 'dossierDropbox01', name: 'Dropbox' } };
  const node = (name: string, type: string, typeVersion: number, parameters: object, more: object = {}) => ({
    id: crypto.randomUUID(),
    name,
    type,
    typeVersion,
    position: [0, 0],
    parameters,
    ...more,
  });
  const ours = (name: string, parameters: object) =>
    node(
      name,
      'n8n-nodes-dossier.dossier',
      1,
      { resource: 'file', connection: 'dropboxOAuth2', ...parameters },
      { credentials },
    );
  const root = { __rl: true, mode: 'path', value: '/' };
  const chain = [
    node(
      'Webhook',
      'n8n-nodes-base.webhook',
      2,
      { httpMethod: 'POST', path: 'modes', responseMode: 'lastNode', options: {} },
      { webhookId: crypto.randomUUID() },
    ),
    node('File', 'n8n-nodes-base.readWriteFile', 1, {
      operation: 'read',
      fileSelector: '={{ $json.body.file }}',
      options: {},
    }),
    ours('Up', { operation: 'upload', what: 'binary', fields: '', folder: root, options: {} }),
    ours('Down', {
      operation: 'download',
      path: { __rl: true, mode: 'path', value: '={{ $json.path }}' },
      field: 'data',
      options: {},
    }),
    ours('Up Again', {
      operation: 'upload',
      what: 'binary',
      fields: 'data',
      folder: root,
      options: { fileName: 'again.bin' },
    }),
  ];
  const to = (next: string) => ({ main: [[{ node: next, type: 'main', index: 0 }]] });
  return {
    id: 'binaryModes00001',
    name: 'modes',
    nodes: chain,
    connections: Object.fromEntries(chain.slice(1).map(({ name }, index) => [chain[index]!.name, to(name)])),
    settings: { executionOrder: 'v1' },
  };
}

// S3 and Azure need a licence of n8n, without which it does not start; for the node they are a store by reference too.
it.each(['filesystem', 'database', 'default'])(
  'files go up and down whole where n8n keeps binaries by %s',
  { timeout: 300_000 },
  async (mode) => {
    await using running = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'dossier-modes-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const dropbox = running.adopt(await startDropboxEmulator(), (it) => it.close());
    const workflow = roundTrip();
    const n8n = running.adopt(
      await startN8n({
        nodePackage: { tarball: await packN8n(folder) },
        credentials: [dropboxCredential('dossierDropbox01', dropbox)],
        workflows: [workflow],
        env: { ...dropboxOverwrites(dropbox), N8N_DEFAULT_BINARY_DATA_MODE: mode },
      }),
      (it) => it.stop(),
    );
    await n8n.activate(workflow.id);
    const bytes = seededBytes(size, mode);
    const file = join(n8n.userFolder, '.n8n-files', 'video.bin');
    await mkdir(join(n8n.userFolder, '.n8n-files'), { recursive: true });
    await writeFile(file, bytes);
    const answer = await n8n.webhook('modes', {
      body: JSON.stringify({ file }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.json()).toMatchObject({ state: 'uploaded', path: '/again.bin', size });
    expect(Buffer.compare(await dropbox.files.read('/again.bin'), bytes)).toBe(0);
    const [run] = await n8n.executions(workflow.id);
    const { data } = (await n8n.execution(run!.id)) as {
      data: {
        resultData: { runData: Record<string, { data: { main: { binary?: { data: { id?: string } } }[][] } }[]> };
      };
    };
    const { id } = data.resultData.runData['Down']![0]!.data.main[0]![0]!.binary!.data;
    // Where n8n really kept it.
    expect(id?.split(':')[0]).toBe({ filesystem: 'filesystem-v2', database: 'database', default: undefined }[mode]);
  },
);
