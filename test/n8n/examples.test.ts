import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { emptyBoard } from '../hosts/opening/board.ts';
import { makeProofs } from '../hosts/opening/proofs.ts';
import { type Opening, startOpening } from '../hosts/opening/server.ts';
import { otherClient } from './otherClient.ts';
import { dropboxCredential, dropboxOverwrites, example, type Workflow } from './workflows.ts';

/** The examples for people, from a form or a change to what they are told, in one real n8n. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let opening: Opening;
let folder: string;
let chat: ReturnType<typeof createServer>;
const messages: string[] = [];
const linking = example('linkFolder.json');
const telling = example('changeToMessage.json');
const auditing = example('auditNightly.json');

/** The workflow with other parameters of one node: addresses that only this test knows. */
function withParameters(workflow: Workflow, name: string, parameters: Record<string, unknown>): Workflow {
  const nodes = workflow.nodes.map((node) =>
    node.name === name ? { ...node, parameters: { ...node.parameters, ...parameters } } : node,
  );
  return { ...workflow, nodes };
}

/** Nobody waits for the night here: the same workflow, begun by a call. */
function onCall(workflow: Workflow, name: string, path: string): Workflow {
  const webhook = linking.nodes[0]!;
  const nodes = workflow.nodes.map((node) =>
    node.name === name
      ? {
          ...webhook,
          id: node['id'],
          name,
          webhookId: crypto.randomUUID(),
          parameters: { ...webhook.parameters, path },
        }
      : node,
  );
  return { ...workflow, nodes };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-examples-'));
  dropbox = await startDropboxEmulator({ webhookTimes: { coalesceMs: 100 } });
  const photo = join(folder, 'photo.jpg');
  await writeFile(photo, 'a photo, of sorts');
  await writeFile(join(folder, 'other.jpg'), 'another photo');
  const board = emptyBoard();
  const files = [{ path: photo, mediaType: 'image/jpeg' }];
  board.proofs = await makeProofs({ title: 'Flood', description: 'Water', files }, join(folder, 'proofs'));
  opening = await startOpening(board, 0);
  chat = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece) => (text += piece));
    request.on('end', () => {
      messages.push((JSON.parse(text) as { text: string }).text);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  const workflows = [
    example('reportFromForm.json'),
    linking,
    withParameters(telling, 'Send', { url: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/` }),
    onCall(auditing, 'Every Night', 'tonight'),
    withParameters(example('verifyByForm.json'), 'Ask the Published Ledger', {
      address: `${opening.url}published/verify.html#key=${board.proofs.fingerprint}`,
    }),
  ];
  n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: createKey() } },
    ],
    workflows,
    env: dropboxOverwrites(dropbox),
  });
  for (const { id } of workflows) if (id !== telling.id) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await opening?.close();
  await dropbox?.close();
  chat?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Fills in a form as a browser does, and gives the page that it ends on. */
async function fillIn(path: string, fields: FormData): Promise<string> {
  const sent = await fetch(`${n8n.url}/form/${path}`, { method: 'POST', body: fields });
  const { formWaitingUrl } = (await sent.json()) as { formWaitingUrl: string };
  const asked = new URL(formWaitingUrl);
  asked.pathname += '/n8n-execution-status';
  // Asked for the page itself, n8n answers nothing at all until there is one.
  const status = async () => (await fetch(asked)).text();
  await expect.poll(status, { timeout: 90_000, interval: 200 }).not.toBe('running');
  return (await fetch(formWaitingUrl, { signal: AbortSignal.timeout(10_000) })).text();
}

async function recorded(path: string): Promise<Record<string, unknown>> {
  const response = await n8n.webhook(path);
  const answer = (await response.json()) as Record<string, unknown>[] | Record<string, unknown>;
  return Array.isArray(answer) ? answer[0]! : answer;
}

describe('the examples', () => {
  it('submit what is entered in a form, and say what is true', { timeout: 120_000 }, async () => {
    expect(await (await fetch(`${n8n.url}/form/report-form`)).text()).toContain('What happened');
    const form = new FormData();
    form.set('field-0', 'Water at the mill');
    form.set('field-1', 'It has reached the second step.');
    for (const name of ['photo.jpg', 'other.jpg']) form.append('field-2', await openAsBlob(join(folder, name)), name);
    const page = await fillIn('report-form', form);
    expect(page).toContain('Your report has arrived');
    expect(page).toContain('/Reports/Water at the mill');
    expect((await dropbox.files.read('/Reports/Water at the mill/photo.jpg')).toString()).toBe('a photo, of sorts');
    expect((await dropbox.files.read('/Reports/Water at the mill/description.txt')).toString()).toBe(
      'It has reached the second step.',
    );
  });

  it('say that a report has not been delivered, and why', { timeout: 120_000 }, async () => {
    const form = new FormData();
    form.set('field-0', 'Refused');
    form.set('field-1', '');
    dropbox.faults.inject({ kind: 'status', status: 503, route: 'files/create_folder_v2', times: 100 });
    try {
      expect(await fillIn('report-form', form)).toContain('Your report has not been delivered');
    } finally {
      dropbox.faults.clear();
    }
  });

  it('audit and verify at night: all well, and an alert when a recorded file is another', {
    timeout: 180_000,
  }, async () => {
    await otherClient(dropbox).write('/Evidence/gate.txt', 'as it was');
    await n8n.webhook('link-folder', {
      body: JSON.stringify({ folder: '/Evidence' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await recorded('tonight')).toMatchObject({ path: '/Evidence/gate.txt', current: true });
    // Nobody records it: the trigger is not published yet.
    dropbox.files.seed([{ path: '/Evidence/gate.txt', size: 77 }]);
    const response = await n8n.webhook('tonight');
    expect(response.ok).toBe(false);
    const [run] = await n8n.executions(auditing.id);
    expect(run?.status).toBe('error');
    const { data } = (await n8n.execution(run!.id)) as { data: { resultData: { error: { message: string } } } };
    expect(data.resultData.error.message).toContain('gate.txt');
    expect(data.resultData.error.message).toContain('was changed');
  });

  it('tell others what changed, with the entry that proves it', { timeout: 180_000 }, async () => {
    await n8n.activate(telling.id);
    await dropbox.webhooks.register(`${n8n.url}/webhook/${telling.nodes[0]!.webhookId}/webhook`);
    await otherClient(dropbox).write('/Evidence/gate.txt', 'broken');
    await expect
      .poll(() => messages, { timeout: 60_000, interval: 200 })
      .toContainEqual(
        expect.stringMatching(/^gate\.txt in \/Evidence: changed, now version \d+, with \d+ entries in the ledger$/),
      );
  });

  it('let anybody verify a file, and never say of an unknown one that it is false', { timeout: 120_000 }, async () => {
    const asked = async (name: string) => {
      const form = new FormData();
      form.set('field-0', await openAsBlob(join(folder, name)), name);
      return fillIn('verify-form', form);
    };
    const known = await asked('photo.jpg');
    expect(known).toContain('This file is known');
    expect(known).toContain('Version 1, recorded 20');
    const unknown = await asked('other.jpg');
    expect(unknown).toContain('This file is not known');
    expect(unknown).toContain('That does not show that it is false.');
  });
});
