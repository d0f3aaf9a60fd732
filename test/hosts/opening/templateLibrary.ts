import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { N8nWorkflow } from '../n8n/n8n.ts';

/** The examples, as n8n's **Templates** page asks for them. */
export interface TemplateLibrary {
  /** Settings of an n8n that shall use it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

interface NodeOf {
  readonly name: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly parameters: { readonly content?: string };
}

const icon = readFileSync(join(import.meta.dirname, '../../../nodes/Dossier/dossier.svg'), 'base64');
const ownIcon = { type: 'file', fileBuffer: `data:image/svg+xml;base64,${icon}` };
const otherIcon = { type: 'icon', icon: 'puzzle' };
const noteType = 'n8n-nodes-base.stickyNote';

/**
 * Serves workflows in the shape of n8n's template service, on loopback.
 *
 * Source: https://docs.n8n.io/hosting/configuration/configuration-examples/custom-templates-library/
 */
export async function startTemplateLibrary(workflows: readonly N8nWorkflow[]): Promise<TemplateLibrary> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://library');
    const answer = answerTo(workflows, pathname, searchParams.get('search') ?? '');
    const isPreflight = request.method === 'OPTIONS';
    response.writeHead(isPreflight ? 204 : answer === undefined ? 404 : 200, {
      'content-type': 'application/json',
      // The editor asks from its own address, with its own headers and cookies; nothing here is secret.
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    });
    response.end(isPreflight ? undefined : JSON.stringify(answer ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    env: {
      N8N_TEMPLATES_ENABLED: 'true',
      N8N_TEMPLATES_HOST: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerTo(workflows: readonly N8nWorkflow[], path: string, search: string): unknown {
  const [, id] = /^\/(?:templates\/workflows|workflows\/templates)\/(\d+)$/.exec(path) ?? [];
  const chosen = id === undefined ? undefined : workflows[Number(id) - 1];
  if (chosen)
    return path.startsWith('/templates') ? { workflow: whole(chosen, Number(id)) } : toImport(chosen, Number(id));
  const found = workflows.flatMap((workflow, at) => (matches(workflow, search) ? [summary(workflow, at + 1)] : []));
  const answers: Readonly<Record<string, unknown>> = {
    '/health': { status: 'OK' },
    '/templates/categories': { categories: [] },
    '/templates/collections': { collections: [] },
    '/templates/search': { totalWorkflows: found.length, workflows: found, filters: [] },
  };
  return answers[path];
}

const nodesOf = (workflow: N8nWorkflow) => workflow.nodes as readonly NodeOf[];

function noteOf(workflow: N8nWorkflow): string {
  return nodesOf(workflow).find(({ type }) => type === noteType)?.parameters.content ?? '';
}

function matches(workflow: N8nWorkflow, search: string): boolean {
  return `${workflow.name} ${noteOf(workflow)}`.toLowerCase().includes(search.toLowerCase());
}

function summary(workflow: N8nWorkflow, id: number) {
  const types = [...new Set(nodesOf(workflow).map(({ type }) => type))].filter((type) => type !== noteType);
  return {
    id,
    name: workflow.name,
    totalViews: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    user: { username: 'Dossier' },
    nodes: types.map((type, at) => {
      const name = type.slice(type.lastIndexOf('.') + 1);
      const iconData = name.startsWith('dossier') ? ownIcon : otherIcon;
      return {
        id: at,
        name: type,
        displayName: name,
        defaults: { name },
        group: '[]',
        icon: '',
        iconData,
        typeVersion: 1,
      };
    }),
  };
}

function whole(workflow: N8nWorkflow, id: number) {
  return { ...summary(workflow, id), description: noteOf(workflow), image: [], categories: [], full: true, workflow };
}

function toImport(workflow: N8nWorkflow, id: number) {
  const { name, nodes, connections } = workflow;
  return { id, name, workflow: { nodes, connections } };
}
