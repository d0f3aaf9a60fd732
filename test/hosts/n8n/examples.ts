import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { N8nWorkflow } from './n8n.ts';

const folder = join(import.meta.dirname, '../../../nodes/Dossier/examples');

/** The example that takes a report by webhook and submits it to Dropbox; the webhook's path. */
export const submitExample = { id: 'dossierExample01', path: 'report' };

/** The credential that the examples name where they use Dropbox. */
export const dropboxCredentialId = 'dossierDropbox01';

/** All example workflows of the node package. */
export async function readExampleWorkflows(): Promise<N8nWorkflow[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as N8nWorkflow));
}
