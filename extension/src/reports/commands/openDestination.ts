import * as vscode from 'vscode';
import {
  type Connection,
  type DrivePath,
  namesOf,
  parsePath,
  parseStoredPath,
  type Report,
} from '../../../../shared/index.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';
import { askChoice, askText } from '../../ui/steps.ts';

interface Place {
  readonly path: DrivePath;
  readonly id?: string;
}

/**
 * Shows where a submitted report lies: in the file manager, on the web page of the service, or among the remote folders
 * where the service has no page for it.
 */
export async function openDestination(services: Services, report: Report): Promise<void> {
  if (!report.destination) throw editorError('not-found', 'This report was not submitted yet');
  const { path, id } = report.destination;
  const connection = await services.connections.get(report.connection);
  const place = { path: parseStoredPath(path), ...(id === undefined ? {} : { id }) };
  await showers[connection.kind](services, connection, place);
}

type Shower = (services: Services, connection: Connection, place: Place) => Promise<unknown>;

const showers: Readonly<Record<Connection['kind'], Shower>> = {
  async localFolder({ files }, connection, { path }) {
    if (connection.kind !== 'localFolder') return;
    const folder = vscode.Uri.file(files.join(connection.root, ...namesOf(path)));
    // A browser has no file manager: there the folder opens as a window of its own.
    if (vscode.env.uiKind === vscode.UIKind.Web)
      await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true });
    else await vscode.commands.executeCommand('revealFileInOS', folder);
  },
  async dropbox(services, connection, { path }) {
    if (connection.kind !== 'dropbox') return;
    const webRoot = connection.webRoot ?? (await askWebRoot(connection.name));
    if (webRoot === undefined) return;
    if (connection.webRoot === undefined) await services.connections.save({ ...connection, webRoot });
    const steps = [...namesOf(parsePath(webRoot)), ...namesOf(path)].map(encodeURIComponent);
    await openPage(['https://www.dropbox.com/home', ...steps].join('/'));
  },
  /** The page of the files app, which takes the folder by its id. */
  async nextcloud({ connections }, connection, place) {
    const drive = await connections.open(connection.id);
    await openPage(await drive.link(place));
  },
  /** Hardly any server shows a folder in a browser: it is opened here. */
  async webdav(_services, connection, { path }) {
    await vscode.commands.executeCommand('dossier.revealRemoteFolder', { connection: connection.id, path });
  },
};

async function openPage(address: string): Promise<void> {
  // As text: the editor would decode what is encoded in the path, and a "#" in a name would end it.
  await vscode.env.openExternal(address as unknown as vscode.Uri);
}

/**
 * Dropbox tells an app nothing of where its folder lies in the account of the user. Asked once for each connection;
 * undefined when the person left.
 */
async function askWebRoot(name: string): Promise<string | undefined> {
  const title = vscode.l10n.t('Open Folder');
  const access = await askChoice(
    { title, step: 1, totalSteps: 2 },
    vscode.l10n.t('What may the Dropbox app of "{0}" reach? Asked only once.', name),
    [
      { value: 'appFolder', label: vscode.l10n.t('App folder'), description: vscode.l10n.t('its own folder in Apps') },
      { value: 'full', label: vscode.l10n.t('Full Dropbox'), description: vscode.l10n.t('all your folders') },
    ],
  );
  if (typeof access !== 'string') return undefined;
  if (access === 'full') return '/';
  const app = await askText(
    { title, step: 2, totalSteps: 2 },
    {
      prompt: vscode.l10n.t('Name of the app, which is the name of its folder in Apps'),
      refuse: (text) =>
        /^[^/]+$/.test(text.trim()) ? undefined : vscode.l10n.t('The name stands in the App Console of Dropbox'),
    },
  );
  return typeof app === 'string' ? `/Apps/${app.trim()}` : undefined;
}
