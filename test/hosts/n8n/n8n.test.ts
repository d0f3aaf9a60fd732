import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { N8n } from './n8n.ts';
import { startN8n } from './n8n.ts';

const echoWorkflow = {
  id: 'dossierEcho00001',
  name: 'Echo',
  nodes: [
    {
      id: '11111111-1111-4111-8111-111111111111',
      name: 'Webhook',
      type: 'n8n-nodes-base.webhook',
      typeVersion: 2,
      position: [0, 0],
      webhookId: '22222222-2222-4222-8222-222222222222',
      parameters: { httpMethod: 'POST', path: 'echo', responseMode: 'lastNode' },
    },
    {
      id: '33333333-3333-4333-8333-333333333333',
      name: 'Answer',
      type: 'n8n-nodes-base.set',
      typeVersion: 3.4,
      position: [220, 0],
      parameters: {
        assignments: {
          assignments: [{ id: 'a', name: 'answer', type: 'string', value: '={{ $json.body.word.toUpperCase() }}' }],
        },
      },
    },
  ],
  connections: { Webhook: { main: [[{ node: 'Answer', type: 'main', index: 0 }]] } },
};

describe('a real n8n', () => {
  let n8n: N8n;
  const credential = {
    id: 'dossierSecret001',
    name: 'Secret',
    type: 'httpHeaderAuth',
    data: { name: 'X-Key', value: 'v' },
  };

  beforeAll(async () => {
    n8n = await startN8n({ workflows: [echoWorkflow], credentials: [credential] });
    await n8n.activate(echoWorkflow.id);
  }, 600_000);

  afterAll(() => n8n?.stop());

  it('is ready and listens on loopback only', async () => {
    expect(new URL(n8n.url).hostname).toBe('127.0.0.1');
    expect((await fetch(`${n8n.url}/healthz/readiness`)).status).toBe(200);
  });

  it('runs an imported workflow by its webhook and keeps the run', async () => {
    const body = JSON.stringify({ word: 'quiet' });
    const response = await n8n.webhook('echo', { body, headers: { 'content-type': 'application/json' } });
    expect(await response.json()).toEqual({ answer: 'QUIET' });
    const [run] = await n8n.executions(echoWorkflow.id);
    expect(run?.status).toBe('success');
    expect(JSON.stringify((await n8n.execution(run?.id as string)).data)).toContain('QUIET');
  });

  it('keeps the password of its owner out of the log', () => {
    expect(n8n.log()).toContain('Editor is now accessible');
    expect(n8n.log()).not.toContain(n8n.ownerPassword);
  });
});
