import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKey, encodeTrustedRoot, parseKey, recordReport, sha256Hex } from '../../shared/index.ts';
import { createMemoryState, digestsOf, openLedger, predicateType } from '../../shared/testing.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { ensureDebian } from '../hosts/debian.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const photo = seededBytes(300_000, 'ledger photo');
const altered = Uint8Array.from(photo, (byte, at) => (at === 1234 ? byte ^ 1 : byte));

describe('the ledger in the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  let fingerprint: string;

  const clipboard = async () => String(await workbench.page.evaluate('navigator.clipboard.readText()'));
  const button = (toast: Locator, name: string) => toast.getByRole('button', { name, exact: true });
  const page = () => workbench.webview('vscode.markdown-language-features');
  const verify = async (path: string) => {
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(path, 'Verify');
  };
  const fromExplorer = async (file: string, item: string) => {
    await workbench.command('View: Show Explorer');
    await workbench.treeRow(file).click({ button: 'right' });
    await workbench.page.getByRole('menuitem', { name: 'Dossier', exact: true }).hover();
    const entry = workbench.page.getByRole('menuitem', { name: item });
    await entry.waitFor();
    // A menu that has just opened takes no click yet, so that nobody chooses by the click that opened it.
    await vi.waitFor(
      async () => {
        if (await entry.isVisible()) await entry.click({ timeout: 500 }).catch(() => undefined);
        expect(await entry.isVisible()).toBe(false);
      },
      { timeout: 10_000, interval: 300 },
    );
  };
  /** Takes a toast away, and the page that its button opened. */
  const put = async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  };

  beforeAll(async () => {
    await ensureDebian(['unzip']);
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    await mkdir(join(workspace, 'delivered'));
    await mkdir(join(workspace, 'public'));
    await writeFile(join(workspace, 'gate.jpg'), photo);
    await writeFile(join(workspace, 'stranger.jpg'), altered);
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
    await workbench.context.grantPermissions(['clipboard-read', 'clipboard-write'], {
      origin: new URL(editor.server.url).origin,
    });
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('makes a key, shows its fingerprint, and writes its public part', async () => {
    await workbench.command('Dossier: Create Key');
    const toast = workbench.notification('This computer has its Dossier key');
    await dossier.picture('key created');
    await button(toast, 'Show Fingerprint').click();
    await workbench.page.locator('.monaco-dialog-box').waitFor();
    await dossier.picture('fingerprint');
    await workbench.dialog('Copy Fingerprint');
    await expect.poll(clipboard).toMatch(/^[0-9a-f]{64}$/);
    fingerprint = await clipboard();

    await workbench.command('Dossier: Export Public Part of the Key…');
    await dossier.choosePath(`${join(workspace, 'public')}/`, 'Export Here');
    await workbench.notification('statement-key.pem and trusted_root.json are in').waitFor();
    const pem = await readFile(join(workspace, 'public', 'statement-key.pem'), 'utf8');
    expect(sha256Hex(Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64'))).toBe(fingerprint);
    await put();
  }, 90_000);

  it('knows what was submitted, by its content, and shows what was checked', async () => {
    await dossier.addFolder(join(workspace, 'delivered'));
    await dossier.newReport('Gate', 'North gate, as found.');
    await dossier.attach(join(workspace, 'gate.jpg'));
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await put();
    await rename(join(workspace, 'gate.jpg'), join(workspace, 'renamed.jpg'));

    await verify(join(workspace, 'renamed.jpg'));
    const toast = workbench.notification('Known: "renamed.jpg" is exactly what was recorded');
    await toast.waitFor();
    await dossier.picture('verify known');
    await button(toast, 'What Was Checked').click();
    await page().getByRole('heading', { level: 1, name: 'Known' }).waitFor();
    await dossier.picture('verify known page');
    expect(await page().getByText(/^✓/).count()).toBe(7);
    expect(await page().getByText('✗').count()).toBe(0);
    await page().getByText(sha256Hex(photo)).waitFor();
    await page().getByText('submitted, version 1, entry 0').waitFor();
    await page().getByText('Local receipt').waitFor();
    await put();
  }, 120_000);

  it('says changed of a delivered file that is no longer what the receipt beside it is about', async () => {
    await writeFile(join(workspace, 'delivered', 'Gate', 'gate.jpg'), altered);
    await verify(join(workspace, 'delivered', 'Gate', 'gate.jpg'));
    const toast = workbench.notification('Changed: "gate.jpg" is not what was recorded under this name');
    await toast.waitFor();
    await dossier.picture('verify changed');
    await button(toast, 'What Was Checked').click();
    await page().getByRole('heading', { level: 1, name: 'Changed' }).waitFor();
    await dossier.picture('verify changed page');
    await put();
    await writeFile(join(workspace, 'delivered', 'Gate', 'gate.jpg'), photo);
  }, 60_000);

  it('says unknown of a file in the explorer that was never recorded, and why that proves nothing', async () => {
    await fromExplorer('stranger.jpg', 'Verify File…');
    const toast = workbench.notification('Unknown: nothing was recorded about "stranger.jpg"');
    await toast.waitFor();
    await dossier.picture('verify unknown');
    await button(toast, 'What Was Checked').click();
    await page().getByText('That is no proof of anything').waitFor();
    await dossier.picture('verify unknown page');
    await put();
  }, 60_000);

  it('exports a receipt that cosign accepts with the public part that was exported', { timeout: 180_000 }, async () => {
    await fromExplorer('renamed.jpg', 'Export Receipt…');
    const receipt = join(workspace, 'public', 'renamed.sigstore.json');
    await dossier.choosePath(receipt, 'OK');
    await workbench.notification('The receipt is in').waitFor();
    const cosign = await ensureCosign();
    const accepts = (bundle: string, file: string) =>
      promisify(execFile)(
        cosign,
        [
          'verify-blob-attestation',
          '--key',
          'public/statement-key.pem',
          '--bundle',
          bundle,
          '--trusted-root',
          'public/trusted_root.json',
          '--type',
          predicateType,
          file,
        ],
        { cwd: workspace, env: { HOME: workspace, HTTPS_PROXY: 'http://127.0.0.1:9' }, timeout: 60_000 },
      ).then(
        () => true,
        () => false,
      );
    expect(await accepts(receipt, 'renamed.jpg')).toBe(true);
    expect(await accepts('delivered/Gate/dossier.sigstore.json', 'renamed.jpg')).toBe(true);
    expect(await accepts(receipt, 'stranger.jpg')).toBe(false);
    await put();
  });

  it('exports the history of a file as one archive, with the title that was chosen to be shown and no more', async () => {
    await fromExplorer('renamed.jpg', 'Export History…');
    const quick = workbench.page.locator('.quick-input-widget');
    await quick
      .getByText('What may whoever gets this history see')
      .or(quick.locator('input[placeholder^="What may whoever"]'))
      .first()
      .waitFor();
    await quick.locator('.monaco-list-row', { hasText: 'Title of the report' }).click();
    await dossier.picture('history claims');
    await quick.getByRole('button', { name: 'OK', exact: true }).click();
    await dossier.pick('One ZIP file');
    const archive = join(workspace, 'public', 'history.zip');
    await dossier.choosePath(archive, 'OK');
    await workbench.notification('The history is in').waitFor();
    const { stdout } = await promisify(execFile)('unzip', ['-p', archive, 'index.html']);
    expect(stdout).toContain('Gate');
    expect(stdout).not.toContain('gate.jpg');
    await promisify(execFile)('unzip', ['-q', archive, '-d', join(workspace, 'history')]);
    const bundle = (await readdir(join(workspace, 'history', 'statements')))[0]!;
    const cosign = await ensureCosign();
    const args = [
      'verify-blob-attestation',
      '--key',
      'history/statement-key.pem',
      '--bundle',
      `history/statements/${bundle}`,
      '--trusted-root',
      'history/trusted_root.json',
      '--type',
      predicateType,
      'renamed.jpg',
    ];
    await promisify(execFile)(cosign, args, {
      cwd: workspace,
      env: { HOME: workspace, HTTPS_PROXY: 'http://127.0.0.1:9' },
      timeout: 60_000,
    });
    await put();
  }, 120_000);

  it('believes receipts of somebody else once their key was compared, and no longer than that', async () => {
    const anna = await somebodyElse();
    const folder = join(workspace, 'from Anna');
    await mkdir(folder);
    await Promise.all([
      writeFile(join(folder, 'evidence.jpg'), photo.subarray(1000)),
      writeFile(join(folder, 'evidence.sigstore.json'), await anna.receipt(photo.subarray(1000))),
      writeFile(join(folder, 'statement-key.pem'), anna.statementKeyPem),
      writeFile(join(folder, 'trusted_root.json'), anna.trustedRoot),
    ]);
    await verify(join(folder, 'evidence.jpg'));
    const unknown = workbench.notification('Unknown: nothing was recorded about "evidence.jpg"');
    await button(unknown, 'What Was Checked').click();
    await page().getByText(anna.fingerprint).waitFor();
    await dossier.picture('receipt of a stranger');
    await put();

    await workbench.command('Dossier: Trust Somebody’s Key…');
    await dossier.choosePath(`${folder}/`, 'Choose');
    await dossier.answer(/Fingerprint of the key/, fingerprint);
    await workbench.page
      .locator('.quick-input-widget')
      .getByText(/does not have that fingerprint/)
      .waitFor();
    await dossier.picture('another fingerprint');
    await dossier.answer(/does not have that fingerprint/, anna.fingerprint.toUpperCase().replace(/.{8}/g, '$& '));
    await dossier.answer(/Whose key is it/, 'Anna');
    await workbench.notification('Receipts of Anna are believed from now on.').waitFor();
    await put();

    await verify(join(folder, 'evidence.jpg'));
    const known = workbench.notification('Known: "evidence.jpg" is exactly what Anna recorded on');
    await button(known, 'What Was Checked').click();
    await page().getByText('✓ It was signed with the key of Anna').waitFor();
    await dossier.picture('receipt of somebody known');
    await put();

    await workbench.command('Dossier: Stop Trusting Somebody’s Key…');
    await dossier.pick('Anna');
    await verify(join(folder, 'evidence.jpg'));
    await unknown.waitFor();
  }, 120_000);
});

/** Somebody with a key and a ledger of their own, somewhere else. */
async function somebodyElse() {
  const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined };
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const ledger = await openLedger({ store: createMemoryState(), key: parseKey(createKey()), clock, random });
  return {
    fingerprint: ledger.log.statementFingerprint,
    statementKeyPem: ledger.statementKeyPem,
    trustedRoot: encodeTrustedRoot(ledger.trust, ledger.since),
    receipt: async (file: Uint8Array) =>
      (
        await recordReport(ledger, {
          report: 'r',
          manifest: { title: 'Evidence' },
          files: [{ digests: digestsOf(file) }],
        })
      ).receipt,
  };
}
