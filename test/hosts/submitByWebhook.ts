import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { ExampleReport } from './exampleReport.ts';
import type { N8n } from './n8n/n8n.ts';

/** Sends a report to a workflow as a web form would, and returns the workflow's answer. */
export async function submitByWebhook(n8n: N8n, path: string, report: ExampleReport): Promise<string> {
  const form = new FormData();
  form.set('title', report.title);
  form.set('description', report.description);
  for (const file of report.files)
    form.append('files', await openAsBlob(file.path, { type: file.mediaType }), basename(file.path));
  const response = await n8n.webhook(path, { body: form });
  const answer = await response.text();
  if (!response.ok)
    throw new Error(`n8n did not submit the report, it answered ${response.status}: ${answer.slice(0, 1000)}`);
  return answer;
}
