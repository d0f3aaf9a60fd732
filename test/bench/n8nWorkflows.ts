import type { N8nWorkflow } from '../hosts/n8n/n8n.ts';

export type Mover = 'ours' | 'builtin';
export type Way = 'up' | 'down';

/** The name of the node that is measured. */
export const measured = 'Move';

export const workflowId = (mover: Mover, way: Way): string => `bench${mover}${way}`.padEnd(16, '0');

const name = '{{ $("Webhook").first().json.body.name }}';

const movers: Readonly<Record<Mover, { type: string; credentials: object } & Record<Way, object>>> = {
  ours: {
    type: 'n8n-nodes-dossier.dossier',
    credentials: { dossierDropboxApi: { id: 'benchOurs0000001', name: 'ours' } },
    up: {
      resource: 'file',
      operation: 'upload',
      connection: 'dropboxToken',
      what: 'binary',
      fields: 'data',
      folder: { __rl: true, mode: 'path', value: '/ours' },
      options: { parents: true },
    },
    down: {
      resource: 'file',
      operation: 'download',
      connection: 'dropboxToken',
      path: { __rl: true, mode: 'path', value: `=/ours/${name}` },
      field: 'data',
    },
  },
  builtin: {
    type: 'n8n-nodes-base.dropbox',
    credentials: { dropboxApi: { id: 'benchBuiltin0001', name: 'built-in' } },
    up: {
      authentication: 'accessToken',
      resource: 'file',
      operation: 'upload',
      path: `=/builtin/${name}`,
      binaryData: true,
      binaryPropertyName: 'data',
    },
    down: {
      authentication: 'accessToken',
      resource: 'file',
      operation: 'download',
      path: `=/builtin/${name}`,
      binaryPropertyName: 'data',
    },
  },
};

/** A call that names a file, the file from n8n's disk where it goes up, and the node that moves it. */
export function movingWorkflow(mover: Mover, way: Way): N8nWorkflow {
  const id = workflowId(mover, way);
  const { type, credentials, [way]: parameters } = movers[mover];
  const node = (called: string, of: string, typeVersion: number, given: object, more: object = {}) => ({
    id: crypto.randomUUID(),
    name: called,
    type: of,
    typeVersion,
    position: [0, 0],
    parameters: given,
    ...more,
  });
  const webhook = node(
    'Webhook',
    'n8n-nodes-base.webhook',
    2,
    { httpMethod: 'POST', path: id, responseMode: 'onReceived', options: {} },
    { webhookId: crypto.randomUUID() },
  );
  const file = node('File', 'n8n-nodes-base.readWriteFile', 1, {
    operation: 'read',
    fileSelector: '={{ $json.body.folder }}/{{ $json.body.name }}',
    options: { dataPropertyName: 'data' },
  });
  const chain = [webhook, ...(way === 'up' ? [file] : []), node(measured, type, 1, parameters, { credentials })];
  const to = (next: string) => ({ main: [[{ node: next, type: 'main', index: 0 }]] });
  return {
    id,
    name: `${mover} ${way}`,
    nodes: chain,
    connections: Object.fromEntries(chain.slice(1).map(({ name: next }, index) => [chain[index]!.name, to(next)])),
  };
}
