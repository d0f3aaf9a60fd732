import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { type Connection, type ConnectionKind, type ConnectionSecrets, parseConnection } from '../../../shared/index.ts';
import { ask, askChoice, askText } from '../host/steps.ts';
import type { Services } from '../services.ts';
import { type ConnectionEntry, refuseEmpty, textStep, withField } from './connectionEntry.ts';
import type { ConnectionNode } from './connectionTree.ts';
import { editConnection } from './editConnection.ts';
import { guides } from './guides.ts';
import { kindWords } from './kinds.ts';
import { openConnection } from './openConnection.ts';

const once = { step: 1, totalSteps: 1 };

/** Commands of the Connections view; each also works from the palette, where it asks which connection is meant. */
export function registerConnectionCommands(services: Services): vscode.Disposable[] {
  const { connections, problems } = services;

  const add = async (): Promise<Connection | undefined> => {
    const title = vscode.l10n.t('Add Connection');
    const kinds = (Object.keys(guides) as ConnectionKind[]).map((value) => ({
      value,
      label: kindWords[value].label,
      description: kindWords[value].description,
      iconPath: new vscode.ThemeIcon(kindWords[value].icon),
    }));
    const kind = await askChoice({ title, ...once }, vscode.l10n.t('Where should your reports go?'), kinds);
    if (typeof kind !== 'string') return undefined;
    const guide = guides[kind];
    if (!guide) return undefined;
    const entry = await ask<ConnectionEntry>(title, { kind, fields: services.connectionDefaults(kind), secrets: {} }, [...guide.steps, nameStep(guide.name)]);
    if (!entry) return undefined;
    const connection = parseConnection({ ...entry.fields, kind, id: randomUUID() });
    if (!(await isUsable(connection, entry.secrets))) return undefined;
    await connections.save(connection, entry.secrets);
    return connection;
  };

  /** Asks the destination; when it fails, the person decides whether to keep what was entered. */
  const isUsable = async (connection: Connection, secrets: ConnectionSecrets): Promise<boolean> => {
    try {
      const drive = openConnection(connection, secrets, async () => undefined);
      await withProgress(vscode.l10n.t('Checking {0}', connection.name), (signal) => drive.account({ signal }));
      return true;
    } catch (thrown) {
      const save = vscode.l10n.t('Save Anyway');
      return (await problems.ask(thrown, save)) === save;
    }
  };

  const check = async (connection: Connection): Promise<void> => {
    const drive = await connections.open(connection.id);
    const account = await withProgress(vscode.l10n.t('Checking {0}', connection.name), (signal) => drive.account({ signal }));
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} works: {1}', connection.name, account.label));
  };

  const rename = async (connection: Connection): Promise<void> => {
    const name = await askText({ title: vscode.l10n.t('Rename Connection'), ...once }, nameQuestion(connection.name));
    if (typeof name === 'string') await connections.save({ ...connection, name: name.trim() });
  };

  const signIn = async (connection: Connection): Promise<void> => {
    const guide = guides[connection.kind];
    if (!guide) return;
    const secrets = await connections.secrets(connection.id);
    const entry = await ask<ConnectionEntry>(vscode.l10n.t('Sign In Again'), { kind: connection.kind, fields: { ...connection }, secrets }, guide.steps);
    if (!entry) return;
    const next = parseConnection({ ...entry.fields, kind: connection.kind, id: connection.id });
    if (await isUsable(next, entry.secrets)) await connections.save(next, entry.secrets);
  };

  const remove = async (connection: Connection): Promise<void> => {
    const { reports } = await services.reports.list({ connection: connection.id });
    const kept = vscode.l10n.t('What was delivered stays where it is. Its {0} reports stay in the list, without a connection.', reports.length);
    const confirm = vscode.l10n.t('Delete Connection');
    const answer = await vscode.window.showWarningMessage(vscode.l10n.t('Delete the connection "{0}"?', connection.name), { modal: true, detail: kept }, confirm);
    if (answer === confirm) await connections.remove(connection.id);
  };

  const chosen = async (node: ConnectionNode | { id: string } | undefined): Promise<Connection | undefined> => {
    if (node && 'connection' in node) return connections.get(node.connection.id);
    if (node && 'id' in node) return connections.get(node.id);
    const choices = (await connections.list()).map((value) => ({ value, label: value.name, description: kindWords[value.kind].label }));
    const answer = await askChoice({ title: 'Dossier', ...once }, vscode.l10n.t('Which connection?'), choices);
    return typeof answer === 'object' ? answer : undefined;
  };

  const command = (id: string, act: (connection: Connection) => Promise<unknown>) =>
    vscode.commands.registerCommand(id, (node?: ConnectionNode) =>
      services.attempt(async () => {
        const connection = await chosen(node);
        if (connection) await act(connection);
      }),
    );

  return [
    vscode.commands.registerCommand('dossier.addConnection', () => services.attempt(add)),
    command('dossier.checkConnection', check),
    command('dossier.renameConnection', rename),
    command('dossier.editConnection', (connection) => editConnection(services, connection)),
    command('dossier.signIn', signIn),
    command('dossier.deleteConnection', remove),
  ];
}

function nameQuestion(value: string) {
  return { prompt: vscode.l10n.t('Name of the connection'), value, refuse: refuseEmpty(vscode.l10n.t('A name is needed')) };
}

function nameStep(suggest: (entry: ConnectionEntry) => string) {
  return textStep(
    (entry) => nameQuestion(suggest(entry)),
    (entry, name) => withField(entry, 'name', name),
  );
}

/** Shown when it takes longer than a moment; Cancel really cancels. */
function withProgress<T>(title: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return Promise.resolve(
    vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (_, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return act(controller.signal);
    }),
  );
}
