import type { IDataObject } from 'n8n-workflow';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import type { DropboxEmulator } from '../emulators/dropbox/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import type { Step } from './everyOperation.ts';
import { dropboxCredential, dropboxOverwrites } from './workflows.ts';

/** One whole n8n with the node, which `folder` is for, an emulated Dropbox and a key, and these workflows live. */
export async function startWithSteps(
  folder: string,
  dropbox: DropboxEmulator,
  workflows: readonly ReturnType<typeof workflowOf>[],
): Promise<N8n> {
  const n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: createKey() } },
    ],
    workflows,
    env: dropboxOverwrites(dropbox),
  });
  for (const { id } of workflows) await n8n.activate(id);
  return n8n;
}

/** A form that came by webhook, one item for each of its entries, our node with an expression in every field. */
export function workflowOf(step: Step, id: string, settings: object = {}) {
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

/** Calls such a workflow with items, and gives what it answers for each. */
export async function callWith(n8n: N8n, id: string, items: readonly IDataObject[]): Promise<IDataObject[]> {
  const answer = await n8n.webhook(id, {
    body: JSON.stringify({ items }),
    headers: { 'content-type': 'application/json' },
  });
  const found = (await answer.json()) as IDataObject[];
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found));
  return found;
}
