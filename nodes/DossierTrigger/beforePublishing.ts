import type { IHookFunctions } from 'n8n-workflow';
import { DossierError } from '../../shared/index.ts';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import { existingFolder, findLinkedFolders, staleMs } from '../host/linkedFolders.ts';
import { createReportStores } from '../host/reportStore.ts';
import { credentialType } from './credentialType.ts';
import { nothingLinked } from './recorded.ts';
import { type Fixed, namedFolder, watchedBy } from './watched.ts';

/**
 * What has to be there before the workflow can be published: the secret of the app, and something to watch. The address
 * itself only a person can enter, in the App Console.
 */
export async function beforePublishing(context: IHookFunctions, fixed?: Fixed): Promise<boolean> {
  try {
    await demandSecret(context);
    await demandFolder(context, fixed);
    return true;
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}

async function demandSecret(context: IHookFunctions): Promise<void> {
  const { clientSecret } = await context.getCredentials(credentialType);
  if (typeof clientSecret === 'string' && clientSecret !== '') return;
  throw new DossierError(
    'invalid-input',
    'Dropbox signs its notices with the secret of the app, and this credential holds none: choose "App Key and App Secret" in it, or Polling in this trigger, which needs no secret',
  );
}

async function demandFolder(context: IHookFunctions, fixed: Fixed | undefined): Promise<void> {
  const watched = watchedBy(context, fixed);
  const stores = createReportStores(context);
  try {
    const opened = await createConnections(context)(0);
    if (!watched.allLinked) return void (await existingFolder(opened, namedFolder(context, opened)));
    const folders = await findLinkedFolders(opened, await stores.open(opened, staleMs));
    if (((await folders?.list()) ?? []).length === 0) throw nothingLinked();
  } finally {
    await stores.close();
  }
}
