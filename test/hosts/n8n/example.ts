import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DropboxEmulator } from '../../emulators/dropbox/index.ts';
import type { N8nCredential, N8nWorkflow } from './n8n.ts';

const examples = join(import.meta.dirname, '../../../nodes/Dossier/examples');

/** The example that takes a report by webhook and submits it to Dropbox. */
export const submitExample = { id: 'dossierExample01', path: 'report' };

/** All example workflows of the node package. Where they use Dropbox, they name the credential below. */
export async function readExampleWorkflows(): Promise<N8nWorkflow[]> {
  const files = (await readdir(examples)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(examples, file), 'utf8')) as N8nWorkflow));
}

/** A signed-in Dropbox credential whose Dropbox is the emulator. */
export function emulatorCredential(dropbox: DropboxEmulator): N8nCredential {
  return {
    id: 'dossierDropbox01',
    name: 'Dropbox',
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

/** n8n takes the addresses of hidden OAuth fields from the node package alone; only this leads them elsewhere. */
export function emulatorEnvironment(dropbox: DropboxEmulator): NodeJS.ProcessEnv {
  const addresses = { authUrl: `${dropbox.url}/oauth2/authorize`, accessTokenUrl: `${dropbox.url}/oauth2/token` };
  return { CREDENTIALS_OVERWRITE_DATA: JSON.stringify({ dossierDropboxOAuth2Api: addresses }) };
}
