import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DropboxEmulator } from '../emulators/dropbox/index.ts';
import type { NextcloudEmulator } from '../emulators/nextcloud/index.ts';
import type { N8n, N8nCredential } from '../hosts/n8n/n8n.ts';

interface WorkflowNode {
  readonly name: string;
  readonly type: string;
  readonly parameters: Record<string, unknown>;
  readonly webhookId?: string;
  readonly credentials?: Record<string, { id: string; name: string }>;
  readonly [setting: string]: unknown;
}

/** A workflow as n8n exports it. */
export interface Workflow {
  readonly id: string;
  readonly name: string;
  readonly nodes: readonly WorkflowNode[];
  readonly connections: object;
}

const examples = join(import.meta.dirname, '../../nodes/Dossier/examples');

/** An example workflow of the package, exactly as users import it. */
export function example(file: string): Workflow {
  return JSON.parse(readFileSync(join(examples, file), 'utf8')) as Workflow;
}

export interface Variation {
  readonly id: string;
  readonly path: string;
  readonly parameters?: Record<string, unknown>;
  readonly credential?: string;
  /** Settings of the node beside its parameters. */
  readonly node?: Record<string, unknown>;
}

/** The same workflow under another webhook, with other settings of our node. */
export function withWebhook(
  workflow: Workflow,
  { id, path, parameters = {}, credential, node = {} }: Variation,
): Workflow {
  const nodes = workflow.nodes.map((each): WorkflowNode => {
    if (each.webhookId !== undefined)
      return { ...each, webhookId: crypto.randomUUID(), parameters: { ...each.parameters, path } };
    if (!each.type.startsWith('n8n-nodes-dossier.')) return each;
    const [type = ''] = Object.keys(each.credentials ?? {});
    const credentials = credential === undefined ? each.credentials : { [type]: { id: credential, name: credential } };
    return {
      ...each,
      ...node,
      parameters: { ...each.parameters, ...parameters },
      ...(credentials === undefined ? {} : { credentials }),
    };
  });
  return { ...workflow, id, name: path, nodes };
}

/** The Dropbox credential as it is after somebody signed in. */
export function dropboxCredential(
  id: string,
  { url, appKey, appSecret, token, refreshToken }: DropboxEmulator,
  tokens: object = {},
): N8nCredential {
  return {
    id,
    name: id,
    type: 'dossierDropboxOAuth2Api',
    data: {
      grantType: 'authorizationCode',
      clientId: appKey,
      clientSecret: appSecret,
      apiBaseUrl: url,
      oauthTokenData: { access_token: token, refresh_token: refreshToken, token_type: 'bearer', ...tokens },
    },
  };
}

/** Nextcloud as a person enters it, with a folder for submissions. */
export function nextcloudCredential(id: string, { url, user, password }: NextcloudEmulator): N8nCredential {
  return {
    id,
    name: id,
    type: 'dossierNextcloudApi',
    data: { url: `${url}/index.php/apps/files/`, user, password, folder: '/Einsendungen' },
  };
}

/** The same server as plain WebDAV. */
export function webdavCredential(id: string, { filesUrl, user, password }: NextcloudEmulator): N8nCredential {
  return { id, name: id, type: 'dossierWebdavApi', data: { url: filesUrl, user, password } };
}

/** n8n takes the address of a token endpoint from the credential type alone; this is how an instance changes it. */
export function dropboxOverwrites({ url }: DropboxEmulator): NodeJS.ProcessEnv {
  return {
    CREDENTIALS_OVERWRITE_DATA: JSON.stringify({ dossierDropboxOAuth2Api: { accessTokenUrl: `${url}/oauth2/token` } }),
  };
}

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly description: string;
  readonly itemIndex: number;
}

/** What the last run of a workflow failed with. */
export async function failureOf(n8n: N8n, workflowId: string): Promise<Failure> {
  const [run] = await n8n.executions(workflowId);
  if (run === undefined) throw new Error(`The workflow ${workflowId} has not run`);
  const { data } = (await n8n.execution(run.id)) as { data?: { resultData?: { error?: Record<string, unknown> } } };
  const error = data?.resultData?.error;
  if (error === undefined) throw new Error(`The last run of ${workflowId} did not fail`);
  const { itemIndex } = (error['context'] ?? {}) as { itemIndex: number };
  return {
    name: String(error['name']),
    message: String(error['message']),
    description: String(error['description']),
    itemIndex,
  };
}
