import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { type Connection, isDossierError, permissionsOf } from '../../../shared/index.ts';
import { hostKindOf } from '../kinds/index.ts';
import type { Services } from '../services.ts';
import { withProgress } from '../ui/progress.ts';

/**
 * Leads to the sign-in that permits what was refused, and asks there for exactly that: to deliver, a sign-in needs no
 * leave to read; where a ledger lies in the folder it does. What no sign-in gives is a matter of the connection.
 */
export async function grantPermission(services: Services, connection: Connection): Promise<void> {
  const { connections, driveStores } = services;
  const { id, name, folder } = connection;
  const signIn = () => vscode.commands.executeCommand<void>('dossier.signIn', { id });
  const { mayRecord, mayWrite } = await withProgress(
    vscode.l10n.t('Asking {0} what the sign-in permits', name),
    async (signal) => ({
      mayRecord: await isPermitted(async () => (await driveStores.find(id, signal))?.ledger.ready(signal)),
      mayWrite: (await permissionsOf(await connections.open(id), folder, randomBytes, { signal })).write,
    }),
  );
  if (!mayRecord && hostKindOf(connection).adviceToRead !== undefined) {
    if (!(await asksToSignIn(connection))) return;
    // What a sign-in asks for is told by the connection that it is for.
    await connections.save({ ...connection, asksToRead: true });
    return signIn();
  }
  if (!mayWrite) return signIn();
  await vscode.commands.executeCommand('dossier.editConnection', { id });
}

async function isPermitted(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (isDossierError(error, 'forbidden')) return false;
    throw error;
  }
}

/** Says that the sign-in may not read, and how that is mended. */
export async function asksToSignIn(connection: Connection): Promise<boolean> {
  const signIn = vscode.l10n.t('Sign In Again');
  const detail = hostKindOf(connection).adviceToRead;
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('"{0}" may not read what it keeps', connection.name),
    { modal: true, ...(detail === undefined ? {} : { detail }) },
    signIn,
  );
  return answer === signIn;
}
