import type { IHookFunctions } from 'n8n-workflow';
import { DossierError } from '../../shared/index.ts';
import { toNodeError } from '../host/errors.ts';
import { credentialType } from './credentialType.ts';

/** What has to be there before the trigger can work. The address itself only a person can enter, in the App Console. */
export async function demandSecret(context: IHookFunctions): Promise<boolean> {
  const { clientSecret } = await context.getCredentials(credentialType);
  if (typeof clientSecret === 'string' && clientSecret !== '') return true;
  const problem =
    'Dropbox signs its notices with the secret of the app, and this credential holds none: choose "App Key and App Secret" in it, or use the Dossier Folder Trigger, which needs no webhook';
  throw toNodeError(context.getNode(), new DossierError('invalid-input', problem), 0);
}
