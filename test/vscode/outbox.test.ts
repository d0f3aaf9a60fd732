import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { freePort } from '../hosts/freePort.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

/** Slow enough that a report is on its way for several seconds. */
const bytesPerSecond = 4_000_000;
const videoBytes = 32_000_000;

describe('the outbox', () => {
  let workspace: string;
  let video: string;
  let dropbox: DropboxEmulator;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  const startDropbox = async (port: number, data: string) =>
    startDropboxEmulator({ port, data, lineBandwidth: bytesPerSecond });
  const percent = async () => {
    const bar = dossier.page.getByRole('progressbar', { name: 'footage.mp4' });
    return Number.parseInt((await bar.getAttribute('aria-valuetext')) ?? '0', 10);
  };
  const arrived = async (path: string) => sha256(await dropbox.files.read(path)) === sha256(await readFile(video));
  const submitted = () => dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 150_000 });
  const startSending = async (title: string) => {
    await dossier.newReport(title, 'Long footage.');
    await dossier.attach(video);
    await dossier.press('Submit');
    await dossier.page.getByRole('progressbar', { name: 'footage.mp4' }).waitFor();
  };

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    video = join(workspace, 'footage.mp4');
    await writeFile(video, randomBytes(videoBytes));
    dropbox = await startDropbox(await freePort(), join(workspace, 'dropbox'));
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
    await dossier.addDropbox(dropbox.token, '/Dossier');
  }, 240_000);

  afterEach(async (context) => {
    await explainFailure(context, editor);
    await workbench.command('View: Close All Editors');
  });

  afterAll(async () => {
    await editor?.close();
    await dropbox?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('keeps a report for later, and lets nobody edit it there', async () => {
    await dossier.newReport('Later', 'Not yet.');
    await dossier.press('Submit later');
    await dossier.page.getByText('Waiting in the Outbox').first().waitFor();
    expect(await dossier.page.getByLabel('Title').isEditable()).toBe(false);
    expect(dropbox.requests.count('files/create_folder_v2')).toBe(0);
    await dossier.press('Back to drafts');
    await dossier.page.getByRole('button', { name: 'Save draft' }).waitFor();
    expect(await dossier.page.getByLabel('Title').isEditable()).toBe(true);
    await dossier.press('Submit later');
    await dossier.press('Submit');
    await submitted();
  }, 60_000);

  it('pauses and resumes, and shows how far it is', async () => {
    const before = dropbox.requests.bytesIn;
    await startSending('Paused');
    await workbench.page.locator('.statusbar-item').filter({ hasText: '%' }).waitFor();
    await dossier.picture('sending');
    await dossier.press('Pause');
    await dossier.page.getByText('Sending is paused').waitFor();
    // How far it came stays to be seen.
    const paused = await percent();
    expect(dropbox.files.entry('/Dossier/Paused/footage.mp4')).toBeUndefined();
    await dossier.press('Resume');
    await dossier.page.getByRole('button', { name: 'Pause' }).waitFor();
    await expect.poll(percent, { timeout: 20_000 }).toBeGreaterThanOrEqual(paused);
    await submitted();
    expect(await arrived('/Dossier/Paused/footage.mp4')).toBe(true);
    // What was on its way when it was paused came to its end.
    expect(dropbox.requests.bytesIn - before).toBeLessThan(1.15 * videoBytes);
  }, 120_000);

  it('goes on while its editor is closed', async () => {
    await startSending('Closed');
    await workbench.command('View: Close All Editors');
    await workbench.notification(/"Closed" was submitted: all 3 files arrived/).waitFor({ timeout: 60_000 });
    await workbench.command('Notifications: Clear All Notifications');
    expect(await arrived('/Dossier/Closed/footage.mp4')).toBe(true);
  }, 120_000);

  it('survives the loss of the server, and goes on by hand', async () => {
    await startSending('Lost server');
    const { port } = new URL(dropbox.url);
    await dropbox.close();
    await dossier.page
      .getByText(/\(offline\)/)
      .first()
      .waitFor({ timeout: 120_000 });
    await dossier.picture('offline');
    dropbox = await startDropbox(Number(port), join(workspace, 'dropbox'));
    await dossier.press('Resume');
    await submitted();
    expect(await arrived('/Dossier/Lost server/footage.mp4')).toBe(true);
  }, 240_000);

  it('survives a killed extension host: a new window goes on and makes no second report', async ({ task }) => {
    const title = `Killed ${task.result?.retryCount ?? 0}`;
    await startSending(title);
    process.kill(await extensionHostOf(editor.server.pid), 'SIGKILL');
    await workbench.page.reload();
    // The editor remembers its tabs now and then: this one it may have forgotten.
    await dossier.tree(title).click({ timeout: 60_000 });
    await submitted();
    expect(await arrived(`/Dossier/${title}/footage.mp4`)).toBe(true);
    expect(
      dropbox.files
        .list()
        .filter(({ display }) => display.startsWith(`/Dossier/${title}`) && !display.slice(9).includes('/')),
    ).toHaveLength(1);
  }, 240_000);

  it('stops what is not sent yet when a report is deleted', async () => {
    await startSending('Deleted');
    await dossier.press('Delete');
    await workbench.dialog('Delete Report');
    await dossier.tree('Deleted').waitFor({ state: 'detached' });
    expect(dropbox.files.entry('/Dossier/Deleted/dossier.json')).toBeUndefined();
    expect((await readdir(workspace)).includes('footage.mp4')).toBe(true);
  }, 60_000);
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The process, below this one, that runs the extensions of a window. */
async function extensionHostOf(ancestor: number): Promise<number> {
  const processes = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readProcess));
  const known = processes.filter((each) => each !== undefined);
  const isBelow = (pid: number): boolean =>
    pid === ancestor || known.some((each) => each.pid === pid && each.parent > 1 && isBelow(each.parent));
  const [host] = known.filter(({ pid, command }) => command.includes('--type=extensionHost') && isBelow(pid));
  if (!host) throw new Error('There is no extension host.');
  return host.pid;
}

async function readProcess(name: string): Promise<{ pid: number; parent: number; command: string } | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${name}/stat`, 'utf8'),
      readFile(`/proc/${name}/cmdline`, 'utf8'),
    ]);
    return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), command };
  } catch {
    return undefined;
  }
}
