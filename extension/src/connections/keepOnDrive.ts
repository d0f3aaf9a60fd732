import * as vscode from 'vscode';
import { type Connection, type DrivePath, isDossierError, parseKey, say } from '../../../shared/index.ts';
import { hostKindOf } from '../kinds/index.ts';
import type { Services } from '../services.ts';
import { editorError } from '../ui/editorError.ts';
import { withProgress } from '../ui/progress.ts';
import { askChoice, askText } from '../ui/steps.ts';
import { asksToSignIn } from './grantPermission.ts';

const once = { step: 1, totalSteps: 1 };

/**
 * From now on the reports of a connection are kept on its drive, where n8n and other computers find them. Drafts move
 * there.
 */
export async function keepOnDrive(services: Services, connection: Connection): Promise<void> {
  const { connections, driveStores, vault } = services;
  const { id, name, folder } = connection;
  if (connection.reportsIn !== undefined)
    throw editorError('invalid-input', say`The reports of "${name}" are kept on its drive already`);
  const found = await withProgress(vscode.l10n.t('Looking for reports on {0}', name), (signal) =>
    driveStores.places(connection, signal),
  );
  const place = await choosePlace(folder, found);
  if (place === undefined) return;
  const confirm = vscode.l10n.t('Keep on the Drive');
  const detail = vscode.l10n.t(
    'Drafts, Outbox and Submitted are kept encrypted in {0} of the drive. n8n and your other computers that have the same Dossier key list them and go on with them. Drafts that are on this computer move there; what is in the Outbox here is sent from here. Attached files stay on this computer unless you copy them into the vault.',
    place,
  );
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Keep the reports of "{0}" on its drive?', name),
    { modal: true, detail },
    confirm,
  );
  if (answer !== confirm) return;
  const own = await vault.exportKey();
  const key = await readable(services, { ...connection, reportsIn: place }, () =>
    fittingKey((text) => driveStores.accepts(id, place, text), own),
  );
  if (key === undefined) return;
  // Signing in may have changed it.
  await connections.save(
    { ...(await connections.get(id)), reportsIn: place },
    key === own ? undefined : { ...(await connections.secrets(id)), storeKey: key },
  );
  await moveDrafts(services, id);
}

/**
 * To deliver, a sign-in needs no leave to read; to keep reports on the drive it does. Asks for that sign-in where it is
 * needed.
 */
async function readable<T>(
  { connections }: Services,
  wanted: Connection,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (thrown) {
    if (hostKindOf(wanted).adviceToRead === undefined || !isDossierError(thrown, 'forbidden')) throw thrown;
  }
  if (!(await asksToSignIn(wanted))) return undefined;
  // What a sign-in asks for is told by the connection that it is for.
  await connections.save(wanted);
  try {
    await vscode.commands.executeCommand('dossier.signIn', { id: wanted.id });
    return await act();
  } finally {
    const { reportsIn: _place, ...signedIn } = await connections.get(wanted.id);
    await connections.save(signedIn as Connection);
  }
}

/** From now on the reports of a connection are kept on this computer again. */
export async function keepHere({ connections }: Services, connection: Connection): Promise<void> {
  const { reportsIn, ...rest } = connection;
  if (reportsIn === undefined)
    throw editorError('invalid-input', say`The reports of "${connection.name}" are kept on this computer already`);
  const confirm = vscode.l10n.t('Keep on This Computer');
  const detail = vscode.l10n.t(
    'What is kept on the drive stays there for n8n and your other computers, and is not listed here any more.',
  );
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Keep new reports of "{0}" on this computer?', connection.name),
    { modal: true, detail },
    confirm,
  );
  if (answer === confirm) await connections.save(rest as Connection);
}

/** Where there is a store already, that one is meant most likely: n8n keeps its own at the top of a Dropbox. */
async function choosePlace(folder: DrivePath, found: readonly DrivePath[]): Promise<DrivePath | undefined> {
  const places = [...new Set([...found, folder])];
  if (places.length === 1) return folder;
  const choices = places.map((value) => ({
    value,
    label: value,
    description: found.includes(value) ? vscode.l10n.t('Reports are kept here already') : vscode.l10n.t('Begin anew'),
  }));
  const answer = await askChoice(
    { title: vscode.l10n.t('Keep Reports on the Drive'), ...once },
    vscode.l10n.t('In which folder?'),
    choices,
  );
  return typeof answer === 'string' ? answer : undefined;
}

/** This computer's key where it fits; otherwise the one that the person enters. */
async function fittingKey(accepts: (key: string) => Promise<boolean>, own: string): Promise<string | undefined> {
  if (await accepts(own)) return own;
  const prompt = vscode.l10n.t(
    'The reports there were made with another key, for example that of n8n. Enter it: it begins with dossier-key-1.',
  );
  const wrong = vscode.l10n.t('The reports there were made with another key than this one');
  const answer = await askText(
    { title: vscode.l10n.t('Enter Dossier Key'), ...once },
    {
      prompt,
      secret: true,
      refuse: refuseKey,
      tryOut: async (key) => ((await accepts(key.trim())) ? undefined : wrong),
    },
  );
  return typeof answer === 'string' ? answer.trim() : undefined;
}

function refuseKey(text: string): string | undefined {
  try {
    parseKey(text.trim());
    return undefined;
  } catch (error) {
    if (!isDossierError(error)) throw error;
    return vscode.l10n.t('This is not a Dossier key');
  }
}

/** One that cannot be moved now stays on this computer, and moves when it is saved the next time. */
async function moveDrafts({ reports, attempt }: Services, connection: string): Promise<void> {
  const { reports: drafts } = await reports.list({ connection, place: 'drafts' });
  for (const draft of drafts)
    if (draft.home === '') await attempt(() => reports.save(draft.report, draft, draft.report.modified));
}
