import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DropboxEmulator } from '../../emulators/dropbox/index.ts';
import type { N8nCredential, N8nWorkflow } from './n8n.ts';

const examples = join(import.meta.dirname, '../../../nodes/Dossier/examples');
const ours = 'n8n-nodes-dossier.';

interface WorkflowNode {
  type: string;
  parameters: Record<string, unknown>;
  credentials?: Record<string, { id: string; name: string }>;
}

export interface ExampleWorkflow {
  workflow: N8nWorkflow;
  /** The path of its webhook. */
  path: string;
}

/** The first example workflow that takes reports by webhook, with this credential in each of its Dossier nodes. */
export async function readExampleWorkflow({ id, name, type }: N8nCredential): Promise<ExampleWorkflow> {
  for (const file of (await readdir(examples)).sort().filter((entry) => entry.endsWith('.json'))) {
    const workflow = JSON.parse(await readFile(join(examples, file), 'utf8')) as Omit<N8nWorkflow, 'nodes'> & { nodes: WorkflowNode[] };
    const webhook = workflow.nodes.find((node) => node.type === 'n8n-nodes-base.webhook');
    if (webhook === undefined) continue;
    for (const node of workflow.nodes) if (node.type.startsWith(ours)) node.credentials = { [type]: { id, name } };
    return { workflow: { ...workflow, id: 'dossierExample01' }, path: String(webhook.parameters['path']) };
  }
  throw new Error(`None of the example workflows in ${examples} starts with a webhook.`);
}

/** A signed-in Dropbox credential whose Dropbox is the emulator. */
export function emulatorCredential(dropbox: DropboxEmulator): N8nCredential {
  return {
    id: 'dossierDropbox01',
    name: 'Dropbox (emulated)',
    type: 'dossierDropboxOAuth2Api',
    data: {
      grantType: 'authorizationCode',
      clientId: dropbox.appKey,
      clientSecret: dropbox.appSecret,
      permissions: 'everything',
      apiBaseUrl: dropbox.url,
      oauthTokenData: { token_type: 'bearer', access_token: dropbox.token, refresh_token: dropbox.refreshToken },
    },
  };
}

/** n8n takes the addresses of a hidden field from the node package alone; only this leads them elsewhere. */
export function emulatorEnvironment(dropbox: DropboxEmulator): NodeJS.ProcessEnv {
  const addresses = { authUrl: `${dropbox.url}/oauth2/authorize`, accessTokenUrl: `${dropbox.url}/oauth2/token` };
  return { CREDENTIALS_OVERWRITE_DATA: JSON.stringify({ dossierDropboxOAuth2Api: addresses }) };
}
