import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { resources } from '../../nodes/Dossier/resources/index.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { inContextOnly, type Step, steps } from './everyOperation.ts';
import { dropboxCredential, dropboxOverwrites } from './workflows.ts';

/** Every operation in one whole n8n, each in a workflow of its own, for up to 20 items at once. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let folder: string;
const known = new Map<string, IDataObject[]>();

const idOf = (step: Step) => `every${String(steps.indexOf(step)).padStart(11, '0')}`;
const failing: Step = {
  what: 'file.getLink',
  items: () => [{ path: '/F7/n7.txt' }, { path: '/F7/nothing.txt' }, { path: '' }, { path: '/F8/n8.txt' }],
  locators: { path: 'path' },
  leadsTo: () => ({}),
};

/** A form that came by webhook, one item for each of its entries, our node with an expression in every field. */
function workflowOf(step: Step, id: string, settings: object = {}) {
  const [resource, operation] = step.what.split('.');
  const probe = step.items(
    new Map([
      ['report.saveDraft', [{ report: 'x' }]],
      ['provenance.getManyAssets', [{ asset: 'x' }]],
    ]),
  );
  const fields = Object.keys(probe[0]!).map((name) => {
    const value = `={{ ${step.content === undefined ? '$json' : "$('Split').item.json"}.${name} }}`;
    const mode = step.locators?.[name];
    return [name, mode === undefined ? value : { __rl: true, mode, value }] as const;
  });
  const node = (name: string, type: string, parameters: object, more: object = {}) => ({
    id: crypto.randomUUID(),
    name,
    type,
    typeVersion: 1,
    position: [0, 0],
    parameters,
    ...more,
  });
  return {
    id,
    name: step.what,
    nodes: [
      node(
        'Webhook',
        'n8n-nodes-base.webhook',
        { httpMethod: 'POST', path: id, responseMode: 'lastNode', responseData: 'allEntries', options: {} },
        { typeVersion: 2, webhookId: crypto.randomUUID() },
      ),
      node('Split', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'body.items', options: {} }),
      ...(step.content === undefined
        ? []
        : [
            node(
              'File',
              'n8n-nodes-base.convertToFile',
              { operation: 'toText', sourceProperty: step.content, binaryPropertyName: 'data', options: {} },
              { typeVersion: 1.1 },
            ),
          ]),
      node(
        'Dossier',
        'n8n-nodes-dossier.dossier',
        {
          resource,
          operation,
          connection: 'dropboxOAuth2',
          options: {},
          ...step.choices,
          ...Object.fromEntries(fields),
        },
        {
          ...settings,
          credentials: {
            dossierDropboxOAuth2Api: { id: 'dossierDropbox01', name: 'Dropbox' },
            dossierKeyApi: { id: 'dossierKey000001', name: 'Dossier Key' },
          },
        },
      ),
    ],
    connections: {
      Webhook: { main: [[{ node: 'Split', type: 'main', index: 0 }]] },
      Split: { main: [[{ node: step.content === undefined ? 'Dossier' : 'File', type: 'main', index: 0 }]] },
      ...(step.content === undefined ? {} : { File: { main: [[{ node: 'Dossier', type: 'main', index: 0 }]] } }),
    },
    settings: { executionOrder: 'v1' },
  };
}

async function call(id: string, items: readonly IDataObject[]): Promise<IDataObject[]> {
  const answer = await n8n.webhook(id, {
    body: JSON.stringify({ items }),
    headers: { 'content-type': 'application/json' },
  });
  const found = (await answer.json()) as IDataObject[];
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found));
  return found;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-every-'));
  dropbox = await startDropboxEmulator();
  const going = { onError: 'continueRegularOutput' };
  const workflows = [
    ...steps.map((step) => workflowOf(step, idOf(step))),
    workflowOf(failing, 'everyFailing0001', going),
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
  for (const { id } of workflows) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await rm(folder, { recursive: true, force: true });
});

it('names operations of the node; test:n8n tells of those that nothing runs', () => {
  const all = resources.flatMap(({ value, operations }) =>
    operations.map((operation) => `${value}.${operation.value}`),
  );
  expect(
    [...steps.map(({ what }) => what), ...Object.keys(inContextOnly)].filter((what) => !all.includes(what)),
  ).toEqual([]);
});

describe('in a whole n8n, with an expression in every field', () => {
  it.each(steps)(
    '$what does for each item what it says, and names the item it came from',
    { timeout: 240_000 },
    async (step) => {
      const items = step.items(known);
      const answers = await call(idOf(step), items);
      known.set(step.what, answers);
      for (const [index, item] of items.entries()) expect(answers[index]).toMatchObject(step.leadsTo(item, index));
      const [run] = await n8n.executions(idOf(step));
      const { data } = (await n8n.execution(run!.id)) as {
        data: { resultData: { runData: Record<string, { data: { main: { pairedItem?: { item: number } }[][] } }[]> } };
      };
      const paired = data.resultData.runData['Dossier']![0]!.data.main[0]!.map(({ pairedItem }) => pairedItem?.item);
      expect(new Set(paired)).toEqual(new Set(items.keys()));
    },
  );

  it('an item that fails spoils no other, where the workflow goes on', { timeout: 120_000 }, async () => {
    const answers = await call('everyFailing0001', failing.items(known));
    expect(answers).toMatchObject([
      { path: '/F7/n7.txt' },
      { error: expect.stringContaining('/F7/nothing.txt') },
      { error: expect.any(String) },
      { path: '/F8/n8.txt' },
    ]);
  });

  it('nothing secret is in the log', () => {
    for (const secret of [dropbox.token, dropbox.appSecret]) expect(n8n.log()).not.toContain(secret);
  });
});
