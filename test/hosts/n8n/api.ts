import { setTimeout as delay } from 'node:timers/promises';

const publishMilliseconds = 120_000;

/** n8n's public API, opened with a key that has every right. */
export interface N8nApi {
  readonly key: string;
  get<T>(path: string): Promise<T>;
  /** Makes a workflow live and waits until n8n has registered its triggers. */
  activate(workflowId: string): Promise<void>;
  /** What the editor's button does: runs a workflow from one of its triggers. n8n says that it waits for a call, or names the execution. */
  runByHand(workflowId: string, trigger: string): Promise<{ executionId?: string; waitingForWebhook?: boolean }>;
}

interface PublicationStatus {
  status: 'in_progress' | 'not_published' | 'published' | 'partial' | 'failed';
  triggers: { errorMessage: string | null }[];
}

export interface Owner {
  email: string;
  password: string;
}

/** Sets up the owner of a new n8n, as its first page in the browser would, and makes an API key. */
export async function openApi(url: string, owner: Owner): Promise<N8nApi> {
  const setUp = await fetch(`${url}/rest/owner/setup`, withBody({ ...owner, firstName: 'Dossier', lastName: 'Owner' }));
  await readJson(setUp);
  const cookie = setUp.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const { data: scopes } = await readJson<{ data: string[] }>(
    await fetch(`${url}/rest/api-keys/scopes`, { headers: { cookie } }),
  );
  const keyRequest = withBody({ label: 'Dossier', scopes, expiresAt: null }, { cookie });
  const { data } = await readJson<{ data: { rawApiKey: string } }>(await fetch(`${url}/rest/api-keys`, keyRequest));
  const headers = { 'X-N8N-API-KEY': data.rawApiKey };
  return {
    key: data.rawApiKey,
    get: async (path) => readJson(await fetch(`${url}/api/v1${path}`, { headers })),
    runByHand: async (id, name) => {
      const body = withBody({ triggerToStartFrom: { name } }, { cookie });
      return (await readJson<{ data: object }>(await fetch(`${url}/rest/workflows/${id}/run`, body))).data;
    },
    activate: async (id) => {
      await readJson(await fetch(`${url}/api/v1/workflows/${id}/activate`, withBody({}, headers)));
      const { status, triggers } = await publication(`${url}/rest/workflows/${id}/publication-status`, cookie);
      const reasons = triggers.flatMap(({ errorMessage }) => errorMessage ?? []).join('; ');
      if (status !== 'published') throw new Error(`n8n did not activate the workflow ${id} (${status}): ${reasons}`);
    },
  };
}

/** n8n registers triggers some moments after it has accepted an activation, and offers nothing to wait on. */
async function publication(url: string, cookie: string): Promise<PublicationStatus> {
  const until = Date.now() + publishMilliseconds;
  for (;;) {
    const { data } = await readJson<{ data: PublicationStatus }>(await fetch(url, { headers: { cookie } }));
    // On a busy machine it says for a moment that nothing is published yet.
    const isUnderWay = data.status === 'in_progress' || data.status === 'not_published';
    if (!isUnderWay || Date.now() > until) return data;
    await delay(50);
  }
}

const withBody = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok)
    throw new Error(`n8n answered ${response.status} to ${new URL(response.url).pathname}: ${text.slice(0, 1000)}`);
  return JSON.parse(text) as T;
}
