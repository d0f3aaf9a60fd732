import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type {
  IBinaryData,
  ICredentialType,
  IDataObject,
  IExecuteData,
  IExecuteFunctions,
  IHookFunctions,
  ILoadOptionsFunctions,
  INode,
  INodeExecutionData,
  INodeListSearchResult,
  INodeParameters,
  INodeType,
  IPollFunctions,
  IRunExecutionData,
  IWebhookFunctions,
  IWorkflowExecuteAdditionalData,
  NodeExecutionHint,
} from 'n8n-workflow';

export interface NodeRun {
  readonly node: INodeType;
  readonly parameters: INodeParameters;
  readonly items?: INodeExecutionData[];
  readonly credentials?: Readonly<Record<string, { type: ICredentialType; data: IDataObject }>>;
  readonly continueOnFail?: boolean;
  /** Outputs that lead to another node. */
  readonly connectedOutputs?: readonly number[];
  readonly signal?: AbortSignal;
  /** What n8n keeps with the workflow from one run to the next. */
  readonly staticData?: IDataObject;
  /** Of the execution; another one each time unless it is given. */
  readonly executionId?: string;
  /** The execution that this one repeats, by a person's wish. */
  readonly retryOf?: string;
  /** What n8n keeps of an execution and hands to those that repeat it. */
  readonly runData?: IRunExecutionData;
}

/** n8n's own execution context, HTTP client and binary store, without the rest of n8n. */
export interface NodeHost extends AsyncDisposable {
  /** A binary as the node before ours leaves it: in the store, by reference. */
  store(bytes: Uint8Array | Readable, fileName: string, mimeType?: string): Promise<IBinaryData>;
  read(binary: IBinaryData): Promise<Buffer>;
  run(run: NodeRun): Promise<{ outputs: INodeExecutionData[][]; hints: NodeExecutionHint[] }>;
  /** What a resource locator offers. */
  search(method: string, filter: string | undefined, run: NodeRun, page?: string): Promise<INodeListSearchResult>;
  /** A trigger in an active workflow: what n8n keeps for it lasts as long as this. */
  trigger(run: NodeRun): NodeTrigger;
}

/** A request as n8n hands it to a webhook node. */
export interface WebhookRequest {
  readonly name: 'setup' | 'default';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface NodeTrigger {
  poll(mode?: 'trigger' | 'manual'): Promise<INodeExecutionData[]>;
  /** What the node answered at once, and the items with which the workflow starts. */
  webhook(
    request: WebhookRequest,
  ): Promise<{ status: number; headers: Record<string, string>; body: string; items: INodeExecutionData[] }>;
  create(): Promise<boolean>;
  /** An execution that n8n started with these items: the trigger is the first node that it runs. */
  execute(items: INodeExecutionData[], how?: Execution): Promise<INodeExecutionData[]>;
}

export interface Execution {
  readonly id?: string;
  readonly mode?: 'trigger' | 'webhook' | 'manual' | 'retry';
}

export async function createNodeHost(): Promise<NodeHost> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-node-host-'));
  // n8n-core reads these once, when it is loaded.
  process.env['N8N_USER_FOLDER'] = folder;
  process.env['N8N_ENCRYPTION_KEY'] = 'node-host';
  const { Container } = await import('@n8n/di');
  const { BinaryDataService, ExecuteContext, HookContext, LoadOptionsContext, PollContext, WebhookContext } =
    await import('n8n-core');
  const { createEmptyRunExecutionData, Workflow } = await import('n8n-workflow');
  const binaries = Container.get(BinaryDataService);
  await binaries.init();

  /** A workflow of our node and one after it. */
  const place = ({
    node: type,
    parameters,
    credentials = {},
    continueOnFail = false,
    connectedOutputs = [],
    staticData = {},
  }: NodeRun) => {
    const named = Object.keys(credentials).map((name) => [name, { id: name, name: `My ${name}` }]);
    const own: INode = {
      id: 'n',
      name: 'Dossier',
      type: 'n8n-nodes-dossier.dossier',
      typeVersion: 1,
      position: [0, 0],
      parameters,
      credentials: Object.fromEntries(named),
      continueOnFail,
    };
    const next: INode = { id: 'x', name: 'Next', type: own.type, typeVersion: 1, position: [0, 0], parameters: {} };
    const outputs = Array.from({ length: Math.max(0, ...connectedOutputs.map((output) => output + 1)) }, (_, output) =>
      connectedOutputs.includes(output) ? [{ node: 'Next', type: 'main' as const, index: 0 }] : null,
    );
    const nodeTypes = { getByName: () => type, getByNameAndVersion: () => type, getKnownTypes: () => ({}) };
    const workflow = new Workflow({
      id: 'w',
      nodes: [own, next],
      connections: { Dossier: { main: outputs } },
      active: false,
      nodeTypes,
      staticData,
    });
    return { workflow, node: workflow.getNode('Dossier') as INode };
  };

  return {
    store: (bytes, fileName, mimeType = 'application/octet-stream') =>
      binaries.store(
        { type: 'execution', workflowId: 'w', executionId: 'e' },
        bytes instanceof Uint8Array ? Buffer.from(bytes) : bytes,
        { fileName, mimeType, data: '' },
      ),
    read: (binary) => binaries.getAsBuffer(binary),
    async run(run) {
      const { node: type, items = [{ json: {} }], signal } = run;
      const { workflow, node } = place(run);
      const executeData: IExecuteData = { node, data: { main: [items] }, source: null };
      const context = new ExecuteContext(
        workflow,
        node,
        additionalData(run),
        'manual',
        run.runData ?? createEmptyRunExecutionData(),
        0,
        items,
        { main: [items] },
        executeData,
        [],
        signal,
      );
      const outputs = await (type.execute as NonNullable<INodeType['execute']>).call(
        context as unknown as IExecuteFunctions,
      );
      return { outputs: outputs as INodeExecutionData[][], hints: context.hints };
    },
    async search(method, filter, run, page) {
      const { workflow, node } = place(run);
      const context = new LoadOptionsContext(workflow, node, additionalData(run), '');
      return run.node.methods!.listSearch![method]!.call(context as unknown as ILoadOptionsFunctions, filter, page);
    },
    trigger(run) {
      const { workflow, node } = place(run);
      return {
        async poll(mode = 'trigger') {
          const context = new PollContext(workflow, node, additionalData(run), mode, 'activate');
          const items = await (run.node.poll as NonNullable<INodeType['poll']>).call(
            context as unknown as IPollFunctions,
          );
          return (items ?? []).flat();
        },
        async webhook({ name, query = {}, headers = {}, body = new Uint8Array() }) {
          const answer = { status: 0, headers: {} as Record<string, string>, body: '' };
          const response = {
            status: (status: number) => (Object.assign(answer, { status }), response),
            set: (headers: Record<string, string>) => (Object.assign(answer, { headers }), response),
            send: (body: string) => (Object.assign(answer, { body }), response),
          };
          const exchange = {
            httpRequest: { query, headers, rawBody: Buffer.from(body), body: {}, params: {} },
            httpResponse: response,
          };
          const context = new WebhookContext(
            workflow,
            node,
            { ...additionalData(run), ...exchange } as never,
            'webhook',
            { webhookDescription: { name } } as never,
            [],
            null,
          );
          const { workflowData = [] } = await (run.node.webhook as NonNullable<INodeType['webhook']>).call(
            context as unknown as IWebhookFunctions,
          );
          return { ...answer, items: workflowData.flat() };
        },
        async execute(items, { id, mode = 'trigger' } = {}) {
          const executeData: IExecuteData = { node, data: { main: [items] }, source: null };
          const context = new ExecuteContext(
            workflow,
            node,
            additionalData({ ...run, ...(id === undefined ? {} : { executionId: id }) }),
            mode,
            createEmptyRunExecutionData(),
            0,
            items,
            { main: [items] },
            executeData,
            [],
          );
          const outputs = await (run.node.execute as NonNullable<INodeType['execute']>).call(
            context as unknown as IExecuteFunctions,
          );
          return (outputs as INodeExecutionData[][]).flat();
        },
        create: () =>
          run.node.webhookMethods!['default']!.create.call(
            new HookContext(workflow, node, additionalData(run), 'trigger', 'activate') as unknown as IHookFunctions,
          ),
      };
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The part of n8n that keeps credentials: it holds them in memory, and takes refreshed tokens back. */
let executions = 0;

function additionalData({
  credentials = {},
  parameters,
  executionId,
  retryOf,
}: NodeRun): IWorkflowExecuteAdditionalData {
  const typeOf = (name: string) => credentials[name]?.type;
  const credentialsHelper = {
    getParentTypes: (name: string) => typeOf(name)?.extends ?? [],
    getDecrypted: async (_additional: unknown, { id }: { id: string }) => structuredClone(credentials[id]?.data),
    getCredentialsProperties: (name: string) => typeOf(name)?.properties ?? [],
    isCredentialUsableByNode: () => true,
    preAuthentication: async () => undefined,
    runPreAuthentication: async () => undefined,
    updateCredentialsOauthTokenData: async ({ id }: { id: string }, _type: string, data: IDataObject) =>
      Object.assign(credentials[id]?.data ?? {}, data),
    async authenticate(data: IDataObject, name: string, options: { headers?: IDataObject }) {
      const { authenticate } = typeOf(name) ?? {};
      if (typeof authenticate === 'function') return authenticate(data as never, options as never);
      options.headers = { ...options.headers, Authorization: `Bearer ${String(data['accessToken'])}` };
      return options;
    },
  };
  return {
    credentialsHelper,
    executionId: executionId ?? `${++executions}`,
    hooks: { retryOf },
    restApiUrl: '',
    currentNodeParameters: parameters,
  } as unknown as IWorkflowExecuteAdditionalData;
}
