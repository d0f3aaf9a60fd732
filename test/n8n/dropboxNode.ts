import type { IDataObject, INodeExecutionData, INodeParameters, IRunExecutionData } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { DossierDropboxOAuth2Api } from '../../credentials/DossierDropboxOAuth2Api.credentials.ts';
import { DossierKeyApi } from '../../credentials/DossierKeyApi.credentials.ts';
import { Dossier } from '../../nodes/Dossier/Dossier.node.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { noteCovered } from './covered.ts';
import { createNodeHost, type NodeHost, type NodeRun } from './nodeHost.ts';
import { mismatches, outputSchema } from './outputSchema.ts';

/** The real execution context of n8n, for the file; and an emulated Dropbox, new for every test. */
export let host: NodeHost;
export let dropbox: DropboxEmulator;
const node = new Dossier();

beforeAll(async () => {
  host = await createNodeHost();
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(async () => {
  dropbox = await startDropboxEmulator();
});
afterEach(() => dropbox.close());

/** What n8n keeps after the sign-in. */
export function credentials(token = dropbox.token, refreshToken = dropbox.refreshToken) {
  const data: IDataObject = {
    grantType: 'authorizationCode',
    clientId: dropbox.appKey,
    clientSecret: dropbox.appSecret,
    accessTokenUrl: `${dropbox.url}/oauth2/token`,
    authentication: 'body',
    apiBaseUrl: dropbox.url,
    oauthTokenData: { access_token: token, refresh_token: refreshToken, token_type: 'bearer' },
  };
  return { dossierDropboxOAuth2Api: { type: new DossierDropboxOAuth2Api(), data }, ...keyCredential };
}

const keyCredential = { dossierKeyApi: { type: new DossierKeyApi(), data: { secretKey: createKey() } as IDataObject } };

interface RunOptions {
  readonly items?: INodeExecutionData[];
  readonly continueOnFail?: boolean;
  readonly connectedOutputs?: readonly number[];
  readonly credentials?: Partial<ReturnType<typeof credentials>>;
  readonly signal?: AbortSignal;
  readonly staticData?: IDataObject;
  readonly executionId?: string;
  readonly retryOf?: string;
  readonly runData?: IRunExecutionData;
}

/** What a person chooses who has these fields and items: what is submitted, and that it is recorded where there is a key. */
function choices(
  operation: string,
  parameters: INodeParameters,
  { items, credentials: own }: RunOptions,
): INodeParameters {
  if ('hash' in parameters) return { subject: parameters['hash'] === '' ? 'binary' : 'hash', simplify: false };
  if (operation !== 'submit' && operation !== 'submitLater') return {};
  const stored = (parameters['report'] as { value?: string } | undefined)?.value;
  const what = items?.[0]?.json['outbox'] !== undefined ? 'outbox' : stored ? 'stored' : 'new';
  const record = own === undefined || own.dossierKeyApi !== undefined;
  return { what, record, recordStored: record };
}

/** Runs one operation of the node on Dropbox. What it puts out has to fit the schema of the operation. */
export async function run(
  resource: string,
  operation: string,
  parameters: INodeParameters,
  { items, ...options }: RunOptions = {},
) {
  const given = {
    resource,
    operation,
    connection: 'dropboxOAuth2',
    options: {},
    ...choices(operation, parameters, { ...options, ...(items === undefined ? {} : { items }) }),
    ...parameters,
  };
  noteCovered('context', `${resource}.${operation}`);
  const result = await host.run({
    node,
    parameters: given,
    credentials: credentials(),
    ...(items === undefined ? {} : { items }),
    ...options,
  } as NodeRun);
  const schema = outputSchema(resource, operation);
  const whole = result.outputs.flat().filter(({ json }) => json['error'] === undefined);
  expect(whole.flatMap(({ json }) => mismatches(schema, json))).toEqual([]);
  return result;
}

export const path = (value: string) => ({ __rl: true, mode: 'path', value });
export const json = ({ outputs }: { outputs: INodeExecutionData[][] }, output = 0) =>
  outputs[output]!.map((item) => item.json);

/** What a locator of the node offers. */
export async function search(method: string, filter?: string): Promise<string[]> {
  return (await searchPage(method, filter)).results.map(({ name }) => name);
}

/** One page of it. */
export function searchPage(method: string, filter?: string, page?: string) {
  const parameters = { resource: 'report', operation: 'submit', connection: 'dropboxOAuth2', options: {} };
  return host.search(method, filter, { node, parameters, credentials: credentials() }, page);
}
