import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { freePort } from '../hosts/freePort.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { dropboxCredential, dropboxOverwrites, example, type Workflow } from '../n8n/workflows.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { type Media, makeMedia } from './media.ts';

interface StoredJson {
  readonly report: string;
  readonly title: string;
  readonly description: string;
  readonly state: string;
  readonly place: string;
  readonly attachments: readonly { readonly name: string }[];
}

const key = createKey();
const report = { __rl: true, mode: 'id', value: '={{ $json.body.report }}' };
const text = { title: '={{ $json.body.title }}', description: '={{ $json.body.description }}' };

/** One operation of the node behind a webhook of the same name. */
function operation(id: string, name: string, parameters: object): Workflow {
  const [webhook, node] = example('draftsInWebdav.json').nodes;
  const credentials = {
    dossierDropboxOAuth2Api: { id: 'dossierDropbox01', name: 'Dropbox' },
    dossierKeyApi: { id: 'dossierKey000001', name: 'Dossier Key' },
  };
  return {
    id,
    name,
    nodes: [
      { ...webhook!, webhookId: crypto.randomUUID(), parameters: { ...webhook!.parameters, path: name } },
      {
        ...node!,
        name: 'Dossier',
        credentials,
        parameters: { resource: 'report', operation: name, connection: 'dropboxOAuth2', options: {}, ...parameters },
      },
    ],
    connections: { Webhook: { main: [[{ node: 'Dossier', type: 'main', index: 0 }]] } },
  };
}

const workflows = [
  operation('dossierShared001', 'getMany', { place: '', returnAll: true }),
  operation('dossierShared002', 'saveDraft', { ...text, attachments: '' }),
  operation('dossierShared004', 'updateDraft', { report, changes: text }),
  operation('dossierShared003', 'submit', {
    what: 'stored',
    report,
    recordStored: false,
    folder: { __rl: true, mode: 'path', value: '/Reports' },
  }),
];

/** One Dropbox, and both products on it: n8n with a key of its own, and an editor that joins. */
describe('reports that n8n and the editor share', () => {
  let folder: string;
  let media: Media;
  let dropbox: DropboxEmulator;
  let isAway = false;
  let n8n: N8n;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  const startDropbox = (port: number) => startDropboxEmulator({ port, data: join(folder, 'dropbox') });
  const arrived = async (title: string, file: string) =>
    (await dropbox.files.read(`/Reports/${title}/${basename(file)}`)).equals(await readFile(file));
  const call = async (
    name: string,
    fields: Record<string, string> = {},
    ...files: readonly string[]
  ): Promise<StoredJson[]> => {
    const body = new FormData();
    for (const [field, value] of Object.entries(fields)) body.set(field, value);
    for (const [index, file] of files.entries()) body.set(`file${index}`, await openAsBlob(file), basename(file));
    const response = await n8n.webhook(name, { body });
    const text = await response.text();
    if (!response.ok) throw new Error(`n8n answered ${response.status} to ${name}: ${text}`);
    return JSON.parse(text) as StoredJson[];
  };
  const inN8n = async (title: string) => (await call('getMany')).filter((each) => each.title === title);
  const toldToN8n = (title: string, what: Partial<StoredJson>) =>
    expect.poll(() => inN8n(title), { timeout: 60_000, interval: 1_000 }).toMatchObject([what]);
  const save = () => dossier.page.getByLabel('Title').press('Control+s');
  const refresh = () => workbench.command('Dossier: Refresh Reports');
  const open = async (title: string) => {
    await dossier.tree(title).first().click();
    await expect.poll(() => dossier.page.getByLabel('Title').inputValue(), { timeout: 30_000 }).toBe(title);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-shared-'));
    media = await makeMedia();
    dropbox = await startDropbox(await freePort());
    n8n = await startN8n({
      nodePackage: { tarball: await packN8n(folder) },
      credentials: [
        dropboxCredential('dossierDropbox01', dropbox),
        { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: key } },
      ],
      workflows,
      env: dropboxOverwrites(dropbox),
    });
    for (const { id } of workflows) await n8n.activate(id);
    await call('saveDraft', { title: 'River gauge', description: 'Begun by n8n.' }, media.photo);
    await mkdir(join(folder, 'workspace'));
    ({ workbench, dossier } = editor = await openEditor({
      folder: join(folder, 'workspace'),
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
    await dossier.addDropbox(dropbox.token, '/Reports');
  }, 900_000);

  afterEach(async (context) => {
    try {
      await explainFailure(context, editor);
      await workbench.command('View: Close All Editors');
    } finally {
      if (isAway) dropbox = await startDropbox(Number(new URL(dropbox.url).port));
      isAway = false;
    }
  });

  afterAll(async () => {
    await editor?.close();
    await n8n?.stop();
    await dropbox?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are found where n8n keeps them, and open with its key alone', async () => {
    await workbench.command('Dossier: Keep Reports on the Drive…');
    await dossier.pick('Dropbox');
    await dossier.pick('/');
    await workbench.dialog('Keep on the Drive');
    await dossier.answer(/made with another key/, createKey());
    await workbench.page.locator('.quick-input-message').getByText('than this one').waitFor();
    await workbench.quickInput(key);
    await dossier.tree('River gauge').waitFor();
    await dossier.picture('shared');
  }, 90_000);

  it('are begun by n8n, continued here and submitted here, byte for byte', async () => {
    await open('River gauge');
    expect(await dossier.page.getByLabel('Description').inputValue()).toBe('Begun by n8n.');
    await dossier.page.getByLabel('Description').fill('Begun by n8n, finished in the editor.');
    await save();
    await toldToN8n('River gauge', { place: 'drafts', description: 'Begun by n8n, finished in the editor.' });
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    expect(await arrived('River gauge', media.photo)).toBe(true);
    expect((await dropbox.files.read('/Reports/River gauge/description.txt')).toString()).toBe(
      'Begun by n8n, finished in the editor.',
    );
    expect(await inN8n('River gauge')).toMatchObject([{ state: 'submitted' }]);
  }, 120_000);

  it('are begun here, continued by n8n and submitted by n8n, byte for byte', async () => {
    await dossier.newReport('Footbridge', 'Begun in the editor.');
    await dossier.attach(media.photo, media.video);
    for (const file of [media.photo, media.video]) {
      await dossier.page.getByRole('button', { name: `Copy into the vault: ${basename(file)}` }).click();
      await dossier.page
        .getByRole('button', { name: `Use the original: ${basename(file)}` })
        .waitFor({ timeout: 30_000 });
    }
    await dossier.picture('copied');
    const [draft] = await inN8n('Footbridge');
    expect(draft).toMatchObject({
      place: 'drafts',
      description: 'Begun in the editor.',
      attachments: [{ name: basename(media.photo) }, { name: basename(media.video) }],
    });

    await call('updateDraft', { report: draft!.report, title: 'Footbridge', description: 'Continued by n8n.' });
    await refresh();
    await expect
      .poll(() => dossier.page.getByLabel('Description').inputValue(), { timeout: 30_000 })
      .toBe('Continued by n8n.');

    expect(await call('submit', { report: draft!.report })).toMatchObject([
      { state: 'submitted', path: '/Reports/Footbridge' },
    ]);
    for (const file of [media.photo, media.video]) expect(await arrived('Footbridge', file), file).toBe(true);
    expect((await dropbox.files.read('/Reports/Footbridge/description.txt')).toString()).toBe('Continued by n8n.');
    await refresh();
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 30_000 });
  }, 180_000);

  it('that n8n cannot read the files of wait for the computer that has them', async () => {
    await dossier.newReport('Only here', 'The photo was not copied.');
    await dossier.attach(media.photo);
    await dossier.save();
    const [draft] = await inN8n('Only here');
    // Nothing follows by Outbox in this workflow, so the run fails.
    await expect(call('submit', { report: draft!.report })).rejects.toThrow('n8n answered 500');
    expect(await inN8n('Only here')).toMatchObject([
      { state: 'interrupted', code: 'source-missing', mend: 'reattach' },
    ]);
    await refresh();
    await dossier.page
      .getByText(/\(source-missing\)/)
      .first()
      .waitFor({ timeout: 30_000 });
    await dossier.press('Resume');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    expect(await arrived('Only here', media.photo)).toBe(true);
  }, 120_000);

  it('that both edit stay in both versions', async () => {
    await dossier.newReport('Culvert', 'First version.');
    await dossier.save();
    const [draft] = await inN8n('Culvert');
    await dossier.page.getByLabel('Description').fill('Written in the editor.');
    await call('updateDraft', { report: draft!.report, title: 'Culvert', description: 'Written by n8n.' });
    await save();
    await workbench.page.locator('.monaco-dialog-box').getByText('was changed elsewhere').waitFor();
    await dossier.picture('conflict');
    await workbench.dialog('Keep Both');
    // The other version opens beside; keys go nowhere until its page is there.
    await expect.poll(() => workbench.page.locator('iframe.webview.ready').count(), { timeout: 30_000 }).toBe(2);
    await expect
      .poll(async () => (await inN8n('Culvert')).map(({ description }) => description).sort(), { timeout: 30_000 })
      .toEqual(['Written by n8n.', 'Written in the editor.']);
  }, 120_000);

  it('lose nothing while the network is away, and say so', async ({ task }) => {
    const title = `Storm ${task.result?.retryCount ?? 0}`;
    await dossier.newReport(title, 'Before the storm.');
    await dossier.save();
    await dossier.reloadWouldBring('nothing');
    const { port } = new URL(dropbox.url);
    await dropbox.close();
    isAway = true;
    await dossier.page.getByLabel('Description').fill('During the storm.');
    await save();
    await workbench
      .notification(/\(offline\)/)
      .first()
      .waitFor({ timeout: 60_000 });
    await refresh();
    await dossier.tree('Not reachable').first().waitFor({ timeout: 60_000 });
    await dossier.tree(title).waitFor();
    await dossier.picture('shared offline');

    // What was typed outlives the window, without the network.
    await dossier.reloadWouldBring('something');
    await workbench.page.reload();
    await expect
      .poll(() => dossier.page.getByLabel('Description').inputValue(), { timeout: 60_000 })
      .toBe('During the storm.');

    dropbox = await startDropbox(Number(port));
    isAway = false;
    await save();
    await toldToN8n(title, { description: 'During the storm.' });
    await refresh();
    await dossier.tree('Not reachable').waitFor({ state: 'detached', timeout: 60_000 });
  }, 240_000);
});
