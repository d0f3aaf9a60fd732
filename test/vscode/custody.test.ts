import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { chooseInMenu } from './menu.ts';

const photo = seededBytes(30_000, 'custody photo');

describe('custody in the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  const page = () => workbench.webview('vscode.markdown-language-features');
  const press = (toast: string, button: string) =>
    workbench.notification(toast).getByRole('button', { name: button, exact: true }).click();
  const put = async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  };
  /** Answers what is asked of an event. */
  const tell = async (event: string, who: RegExp, holder: string, reason = '', when = '') => {
    await dossier.pick(event);
    await dossier.answer(who, holder);
    await dossier.answer(/The reason/, reason);
    await dossier.answer(/When did it happen/, when);
  };
  const verify = async (file: string) => {
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(join(workspace, file), 'Verify');
  };

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-custody-'));
    await mkdir(join(workspace, 'delivered'));
    await writeFile(join(workspace, 'gate.jpg'), photo);
    await writeFile(join(workspace, 'smaller.jpg'), photo.subarray(0, 999));
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
    await dossier.addFolder(join(workspace, 'delivered'));
    await dossier.newReport('Gate', 'North gate, as found.');
    await dossier.attach(join(workspace, 'gate.jpg'));
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await put();
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));
  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('is recorded of a submitted report, and shown as a table with names that only this ledger has', async () => {
    // The tree is drawn anew while it is used: a row is told until it has understood.
    const open = async () => {
      if (await dossier.tree(/^Gate/).isVisible()) return;
      await dossier
        .tree(/^Submitted/)
        .locator('.monaco-tl-twistie')
        .click({ timeout: 2000 });
      throw new Error('The submitted reports are not shown yet.');
    };
    await vi.waitFor(open, { timeout: 20_000, interval: 1000 });
    await chooseInMenu(workbench.page, dossier.tree(/^Gate/), 'Record Custody Event…');
    await tell('Received from…', /Who gave it to you/, 'A. Witness', 'Found at the gate', '2026-05-01 14:30');
    await press('Recorded of "Gate": received from A. Witness.', 'Show Custody');
    await page().getByRole('heading', { level: 1, name: 'Chain of custody' }).waitFor();
    await page().getByText('Found at the gate').waitFor();
    await dossier.picture('custody table');
    await put();
    const receipt = await readFile(join(workspace, 'delivered', 'Gate', 'dossier.sigstore.json'), 'utf8');
    expect(receipt).not.toContain('Witness');
  }, 90_000);

  it('is recorded of a file from the palette; withdrawn consent is told with the verdict', async () => {
    await workbench.command('Dossier: Record Custody Event…');
    await dossier.choosePath(join(workspace, 'gate.jpg'), 'Choose');
    await tell('Consent withdrawn by…', /Who withdraws consent/, 'A. Witness');
    await workbench.notification('Recorded of "gate.jpg": consent withdrawn by A. Witness.').waitFor();
    await put();
    await verify('gate.jpg');
    await workbench.notification('Consent to its use was withdrawn on').waitFor();
    await dossier.picture('consent withdrawn');
    await press('Consent to its use was withdrawn on', 'What Was Checked');
    await page().getByText('received from A. Witness, version 1, entry 1; Found at the gate; 2026-05-01').waitFor();
    await dossier.picture('consent withdrawn page');
    expect(await page().getByText('✗').count()).toBe(0);
    await put();
  }, 90_000);

  it('registers a working copy, whose original is chosen, and is known from then on', async () => {
    await workbench.command('Dossier: Record Custody Event…');
    await dossier.choosePath(join(workspace, 'smaller.jpg'), 'Choose');
    await tell('Working copy of…', /Who holds the working copy/, 'Editorial desk');
    await dossier.choosePath(join(workspace, 'gate.jpg'), 'Choose');
    await press('Recorded of "smaller.jpg"', 'Show Custody');
    await page().getByText('Editorial desk').waitFor();
    await put();
    await verify('smaller.jpg');
    await workbench.notification('Known: "smaller.jpg" is exactly what was recorded').waitFor();
    await put();
  }, 90_000);

  it('is exported as a table with the names that were chosen', async () => {
    // By the menu: a second click on the button of a file dialog would fall on what comes behind it.
    await workbench.command('View: Show Explorer');
    await workbench.treeRow('gate.jpg').click({ button: 'right' });
    await workbench.page.getByRole('menuitem', { name: 'Dossier', exact: true }).hover();
    const entry = workbench.page.getByRole('menuitem', { name: 'Export History…' });
    await entry.waitFor();
    await vi.waitFor(
      async () => {
        if (await entry.isVisible()) await entry.click({ timeout: 500 }).catch(() => undefined);
        expect(await entry.isVisible()).toBe(false);
      },
      { timeout: 10_000, interval: 300 },
    );
    const quick = workbench.page.locator('.quick-input-widget');
    await quick.locator('.monaco-list-row', { hasText: 'Who had it, reviewed it or consented' }).click();
    await quick.getByRole('button', { name: 'OK', exact: true }).click();
    await dossier.pick('Only the custody table, for a spreadsheet (CSV)');
    const file = join(workspace, 'custody.csv');
    await dossier.choosePath(file, 'OK');
    await workbench.notification('The history is in').waitFor();
    const csv = await readFile(file, 'utf8');
    expect(csv.split('\r\n').map((line) => line.split(',').slice(2, 5).join(','))).toEqual([
      '"Event","Who","Reason"',
      '"Report delivered","",""',
      '"Received from","A. Witness",""',
      '"Consent withdrawn by","A. Witness",""',
      '',
    ]);
    await put();
  }, 90_000);
});
