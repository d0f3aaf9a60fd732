import type { INodeCredentialDescription } from 'n8n-workflow';
import { signInWays } from '../host/kinds.ts';

/**
 * One for each way to sign in. The editor offers those of all ways in one field, and what is chosen there decides the
 * field `connection`; its own name for two such fields would be "Credential" twice.
 */
export const connectionCredentials: readonly INodeCredentialDescription[] = signInWays.map(({ value, credential }) => ({
  name: credential,
  displayName: 'Connection',
  required: true,
  displayOptions: { show: { connection: [value] } },
}));

/** The key that opens the records of the connected folder. */
export const keyCredential: INodeCredentialDescription = {
  name: 'dossierKeyApi',
  displayName: 'Dossier Key',
  required: true,
  testedBy: 'testKey',
};
