import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { predicateType } from '../../shared/testing.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { dropboxCredentialId } from '../hosts/n8n/examples.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { dropboxCredential, dropboxOverwrites, example, failureOf, type Workflow } from '../n8n/workflows.ts';
import { bringBack, copyOfStore, type StoreCopy } from '../support/dropboxStore.ts';
import { seededBytes } from '../support/seeded.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../support/timestampAuthority.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const verifying = called('verify', {
  resource: 'provenance',
  operation: 'verify',
  subject: 'binary',
  binaryField: 'file',
  simplify: false,
});

/** A real n8n and a real editor with one key and one Dropbox: what the one recorded, the other one knows. */
describe('one ledger of n8n and the editor', () => {
  const key = createKey();
  const photos = { n8n: seededBytes(250_000, 'sent by n8n'), editor: seededBytes(150_000, 'sent by the editor') };
  let workspace: string;
  let dropbox: DropboxEmulator;
  let authority: TimestampAuthority;
  let n8n: N8n;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    await mkdir(join(workspace, 'public'));
    dropbox = await startDropboxEmulator();
    authority = await startTimestampAuthority();
    const certificates = (
      await Promise.all([authority.leafFile, authority.rootFile].map((file) => readFile(file, 'utf8')))
    ).join('');
    await writeFile(join(workspace, 'authority.pem'), certificates);
    const workflows = [called('submit', { resource: 'report', operation: 'submit', record: true }), verifying];
    n8n = await startN8n({
      nodePackage: { tarball: await packN8n(workspace) },
      credentials: [
        dropboxCredential(dropboxCredentialId, dropbox),
        {
          id: 'dossierKey000001',
          name: 'Dossier Key',
          type: 'dossierKeyApi',
          data: { secretKey: key, timestampAuthority: authority.url, timestampChain: certificates },
        },
      ],
      workflows,
      env: dropboxOverwrites(dropbox),
    });
    for (const { id } of workflows) await n8n.activate(id);
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: {
        'dossier.dropbox.endpoint': dropbox.url,
        'dossier.timestamp.authority': authority.url,
        'dossier.timestamp.certificates': join(workspace, 'authority.pem'),
      },
    }));
  }, 600_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await n8n?.stop();
    await Promise.all([dropbox?.close(), authority?.close()]);
    await rm(workspace, { recursive: true, force: true });
  });

  /** Calls a workflow with a file, as a form would. */
  const send = (path: string, fields: Record<string, string>, photo: Uint8Array) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    body.set('file', new Blob([photo as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }), 'gate.jpg');
    return n8n.webhook(path, { body });
  };
  const call = async (...given: Parameters<typeof send>) => {
    const [item] = (await (await send(...given)).json()) as Record<string, unknown>[];
    return item!;
  };

  it('knows in the editor what n8n submitted', async () => {
    expect(await call('submit', { title: 'By n8n', description: 'x' }, photos.n8n)).toMatchObject({
      state: 'submitted',
      path: '/Reports/By n8n',
    });
    await writeFile(join(workspace, 'downloaded.jpg'), await dropbox.files.read('/Reports/By n8n/gate.jpg'));

    await workbench.command('Dossier: Enter Dossier Key…');
    await dossier.answer(/Enter Dossier Key/, key);
    await dossier.addDropbox(dropbox.token, '/');
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(join(workspace, 'downloaded.jpg'), 'Verify');
    const toast = workbench.notification('Known: "downloaded.jpg" is exactly what was recorded');
    await toast.waitFor();
    await toast.getByRole('button', { name: 'What Was Checked' }).click();
    await workbench.webview('vscode.markdown-language-features').getByText('submitted, version 1, entry 0').waitFor();
    await workbench.webview('vscode.markdown-language-features').getByText('Time-stamped receipt').waitFor();
    await dossier.picture('verify what n8n submitted');
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  }, 120_000);

  let older: StoreCopy;

  it('knows in n8n what the editor submitted, as the next entry of the same ledger', async () => {
    older = await copyOfStore(dropbox);
    await writeFile(join(workspace, 'gate.jpg'), photos.editor);
    await dossier.newReport('By the editor', 'y');
    await dossier.attach(join(workspace, 'gate.jpg'));
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    const known = (index: number) => ({
      answer: 'known',
      versions: [{ index, holds: true, level: { code: 'L1' }, history: [{ index, event: 'Submit' }] }],
    });
    expect(await call('verify', {}, photos.editor)).toMatchObject(known(1));
    expect(await call('verify', {}, photos.n8n)).toMatchObject(known(0));
    expect(await call('verify', {}, photos.n8n.subarray(1))).toMatchObject({ answer: 'unknown' });
  }, 120_000);

  it('has both receipts accepted by cosign, where they lie in the folders, with one public part', {
    timeout: 180_000,
  }, async () => {
    await workbench.command('Dossier: Export Public Part of the Key…');
    await dossier.choosePath(`${join(workspace, 'public')}/`, 'Export Here');
    await workbench.notification('statement-key.pem and trusted_root.json are in').waitFor();
    const cosign = await ensureCosign();
    const accepts = async (report: string, photo: Uint8Array) => {
      await writeFile(join(workspace, 'photo'), photo);
      await writeFile(join(workspace, 'receipt.json'), await dropbox.files.read(`${report}/dossier.sigstore.json`));
      const args = [
        'verify-blob-attestation',
        '--key',
        'public/statement-key.pem',
        '--bundle',
        'receipt.json',
        '--trusted-root',
        'public/trusted_root.json',
        '--type',
        predicateType,
        '--use-signed-timestamps',
        'photo',
      ];
      const env = { HOME: workspace, HTTPS_PROXY: 'http://127.0.0.1:9' };
      return promisify(execFile)(cosign, args, { cwd: workspace, env, timeout: 60_000 }).then(
        () => true,
        () => false,
      );
    };
    expect(await accepts('/Reports/By n8n', photos.n8n)).toBe(true);
    expect(await accepts('/By the editor', photos.editor)).toBe(true);
    expect(await accepts('/By the editor', photos.n8n)).toBe(false);
  });

  it('is refused by n8n where an older copy of the store was brought back: the workflow remembers more', async () => {
    await bringBack(dropbox, older);
    await send('verify', {}, photos.n8n);
    // n8n answers before it has stored the run.
    await vi.waitFor(
      async () =>
        expect((await failureOf(n8n, verifying.id)).message).toMatch(
          /seen with 2 entries and now has 1: it looks like a restored backup/,
        ),
      { timeout: 20_000, interval: 200 },
    );
  }, 120_000);

  it('is refused by the editor as well, which remembers for itself', async () => {
    const saysOfIt = async (sentence: RegExp) => {
      await workbench.command('Dossier: Verify File…');
      await dossier.choosePath(join(workspace, 'downloaded.jpg'), 'Verify');
      await workbench.notification(sentence).waitFor();
    };
    await saysOfIt(/gone back to an earlier time.*\(state-corrupt\)/);
    // A window that has not seen the newer records yet.
    await workbench.page.reload();
    await workbench.treeRow('By the editor').waitFor({ timeout: 60_000 });
    await saysOfIt(/seen with 2 entries and now has 1: it looks like a restored backup.*\(ledger-broken\)/);
    await dossier.picture('restored backup');
  }, 120_000);
});

/** The example workflow that a form calls, with the key, for one operation. */
function called(path: string, parameters: Record<string, unknown>): Workflow {
  const workflow = example('submitFromWebhook.json');
  const nodes = workflow.nodes.map((node) => {
    if (node.webhookId !== undefined)
      return { ...node, webhookId: crypto.randomUUID(), parameters: { ...node.parameters, path } };
    return {
      ...node,
      parameters: { ...node.parameters, ...parameters },
      credentials: { ...node.credentials, dossierKeyApi: { id: 'dossierKey000001', name: 'Dossier Key' } },
    };
  });
  return { ...workflow, id: `dossier${path.padEnd(9, '0')}`, name: path, nodes };
}
