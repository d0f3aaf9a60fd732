import { openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { connectMcp } from './mcpClient.ts';
import { ensureMedia, type Media } from './media.ts';
import {
  dropboxCredential,
  dropboxOverwrites,
  example,
  failureOf,
  nextcloudCredential,
  type Workflow,
  webdavCredential,
} from './workflows.ts';

/** The other examples of the package, each imported as it is into one real n8n and run there. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let nextcloud: NextcloudEmulator;
let media: Media;
let folder: string;

const bearer = 'a-token-for-agents';
const key = createKey();
const files = [
  'submitToNextcloud.json',
  'uploadAndLink.json',
  'draftsInWebdav.json',
  'submitOutboxNightly.json',
  'toolsForAgents.json',
];
const workflows = files.map(example);
// Nobody waits for the night here: the same workflow, begun by a call.
const begunByCall = (workflow: Workflow, path: string): Workflow => ({
  ...workflow,
  nodes: workflow.nodes.map((node) =>
    node.name === 'Every Night'
      ? {
          ...workflows[2]!.nodes[0]!,
          name: node.name,
          webhookId: crypto.randomUUID(),
          parameters: { ...workflows[2]!.nodes[0]!.parameters, path },
        }
      : node,
  ),
});
const nightly = begunByCall(workflows[3]!, 'tonight');
const mirrored = begunByCall(example('mirrorNightly.json'), 'mirror-tonight');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-places-'));
  media = await ensureMedia();
  [dropbox, nextcloud] = await Promise.all([startDropboxEmulator(), startNextcloudEmulator()]);
  const imported = [...workflows.map((workflow) => (workflow.id === nightly.id ? nightly : workflow)), mirrored];
  n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      nextcloudCredential('dossierNextcld01', nextcloud),
      webdavCredential('dossierWebdav001', nextcloud),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: key } },
      { id: 'dossierBearer001', name: 'MCP Token', type: 'httpBearerAuth', data: { token: bearer } },
    ],
    workflows: imported,
    env: dropboxOverwrites(dropbox),
  });
  for (const { id } of imported) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await nextcloud?.close();
  await rm(folder, { recursive: true, force: true });
});

async function form(fields: Record<string, string>, ...paths: readonly string[]): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [index, path] of paths.entries()) form.set(`file${index}`, await openAsBlob(path), path.split('/').at(-1));
  return form;
}

/** What lies on the server, asked for without any of our code. */
async function onNextcloud(path: string): Promise<Buffer> {
  const authorization = `Basic ${Buffer.from(`${nextcloud.user}:${nextcloud.password}`).toString('base64')}`;
  const response = await fetch(`${nextcloud.filesUrl}${path.split('/').map(encodeURIComponent).join('/')}`, {
    headers: { authorization },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function toNextcloud(path: string, content: string | Uint8Array): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${nextcloud.user}:${nextcloud.password}`).toString('base64')}`;
  const names = path.split('/').slice(1).map(encodeURIComponent);
  for (let depth = 1; depth < names.length; depth++)
    await fetch(`${nextcloud.filesUrl}/${names.slice(0, depth).join('/')}`, {
      method: 'MKCOL',
      headers: { authorization },
    });
  const url = `${nextcloud.filesUrl}/${names.join('/')}`;
  const response = await fetch(url, { method: 'PUT', headers: { authorization }, body: Buffer.from(content) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
}

describe('the examples in a real n8n', () => {
  it('submit a form with a 30 MB video to the folder for submissions in Nextcloud', { timeout: 180_000 }, async () => {
    const response = await n8n.webhook('report-to-nextcloud', {
      body: await form({ title: 'Überlauf', description: 'Wehr öffnet nicht' }, media.video, media.photos[0]),
    });
    expect(await response.json()).toMatchObject([{ state: 'submitted', path: '/Einsendungen/Überlauf' }]);
    expect((await onNextcloud('/Einsendungen/Überlauf/video.mp4')).equals(await readFile(media.video))).toBe(true);
    expect((await onNextcloud('/Einsendungen/Überlauf/photo one.jpg')).equals(await readFile(media.photos[0]))).toBe(
      true,
    );
    expect((await onNextcloud('/Einsendungen/Überlauf/description.txt')).toString('latin1')).toBe('Wehr öffnet nicht');
  });

  it('upload files and answer with a link to each', { timeout: 120_000 }, async () => {
    const response = await n8n.webhook('upload', { body: await form({}, ...media.photos) });
    expect(await response.json()).toMatchObject([
      { path: '/photo one.jpg', url: expect.stringMatching(/^https?:/) },
      { path: '/photo two.jpg', url: expect.stringMatching(/^https?:/) },
    ]);
  });

  it('keep drafts that nobody can read, and submit them at night from another execution', {
    timeout: 180_000,
  }, async () => {
    const response = await n8n.webhook('draft', {
      body: await form({ title: 'Canary 7f3a', description: 'seen at dawn' }, media.photos[0]),
    });
    expect(await response.json()).toMatchObject([{ state: 'queued', place: 'outbox', title: 'Canary 7f3a' }]);
    const submitted = (await (await n8n.webhook('tonight')).json()) as object[];
    if (!Array.isArray(submitted)) throw new Error((await failureOf(n8n, nightly.id)).message);
    expect(submitted).toMatchObject([{ state: 'submitted', title: 'Canary 7f3a', path: '/Reports/Canary 7f3a' }]);
    expect((await onNextcloud('/Reports/Canary 7f3a/photo one.jpg')).equals(await readFile(media.photos[0]))).toBe(
      true,
    );
    const again = await n8n.webhook('tonight');
    expect(await again.text()).not.toContain('Canary');
  });

  it('mirror a Nextcloud folder to Dropbox, only what changed, and keep what was changed there', {
    timeout: 120_000,
  }, async () => {
    await toNextcloud('/Projects/plan.txt', 'first');
    await toNextcloud('/Projects/deep/photo.jpg', await readFile(media.photos[0]));
    await toNextcloud('/Projects/junk.tmp', 'junk');
    const tonight = async () => {
      const response = await n8n.webhook('mirror-tonight');
      if (!response.ok) throw new Error((await failureOf(n8n, mirrored.id)).message);
      await response.text();
    };
    await tonight();
    const text = async (path: string) => (await dropbox.files.read(`/Mirror of Projects${path}`)).toString();
    expect(await text('/plan.txt')).toBe('first');
    expect(await dropbox.files.read('/Mirror of Projects/deep/photo.jpg')).toEqual(await readFile(media.photos[0]));
    const photo = '/Mirror of Projects/deep/photo.jpg';
    const revision = dropbox.files.entry(photo)!.rev;
    await tonight();
    expect(dropbox.files.entry(photo)!.rev).toBe(revision);
    dropbox.files.seed([{ path: '/Mirror of Projects/plan.txt', size: 321 }]);
    await toNextcloud('/Projects/plan.txt', 'second');
    await tonight();
    expect(await text('/plan.txt')).toBe('second');
    const names = dropbox.files.list().map(({ display }) => display);
    const kept = names.find((name) => name.includes('plan (destination '));
    expect(await dropbox.files.read(kept!)).toHaveLength(321);
    expect(names.some((name) => name.endsWith('junk.tmp'))).toBe(false);
    expect((await onNextcloud('/Projects/plan.txt')).toString()).toBe('second');
  });

  it('let an agent list the folder, submit a report and verify a file, and turn strangers away', {
    timeout: 120_000,
  }, async () => {
    await expect(connectMcp(`${n8n.url}/mcp/dossier`, 'guessed')).rejects.toThrow(/40[13]/);
    const agent = await connectMcp(`${n8n.url}/mcp/dossier`, bearer);
    const tools = await agent.tools();
    expect(tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema.properties)]).sort()).toEqual([
      ['List_Folder', ['folder']],
      ['Submit_Report', ['title', 'description']],
      ['Verify_File', ['file']],
    ]);
    expect(JSON.stringify(await agent.call('Submit_Report', { title: 'By an agent', description: 'hello' }))).toContain(
      '/Reports/By an agent',
    );
    expect(JSON.stringify(await agent.call('List_Folder', { folder: '/Reports' }))).toContain('By an agent');
    expect((await dropbox.files.read('/Reports/By an agent/description.txt')).toString()).toBe('hello');
    expect(JSON.stringify(await agent.call('Verify_File', { file: '/Reports/By an agent/description.txt' }))).toContain(
      'unknown',
    );
  });

  it('keep passwords and keys out of the log', () => {
    for (const secret of [nextcloud.password, dropbox.token, key, bearer]) expect(n8n.log()).not.toContain(secret);
  });
});
