import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Connection,
  type ConnectionSecrets,
  canRevoke,
  type Link,
  type ProxySettings,
  parseConnection,
  toDossierError,
} from '../../../shared/index.ts';
import { type ConnectionEntry, type EntryStep, refuseEmpty, textStep, withField } from '../kinds/connectionEntry.ts';
import { hostKindOf, kindNames } from '../kinds/index.ts';
import { endSignIn } from '../model/connections/disconnect.ts';
import { openConnection } from '../model/connections/openConnection.ts';
import type { Services } from '../services.ts';
import { createPages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';
import { type Aside, ask, askChoice, askText } from '../ui/steps.ts';
import type { ConnectionNode } from './connectionTree.ts';
import { editConnection } from './editConnection.ts';
import { keepHere, keepOnDrive } from './keepOnDrive.ts';
import { askProxy } from './proxySteps.ts';
import { showConnectionTest, showDriveTrial } from './testCommands.ts';

const once = { step: 1, totalSteps: 1 };

/** Commands of the Connections view; each also works from the palette, where it asks which connection is meant. */
export function registerConnectionCommands(services: Services): vscode.Disposable[] {
  const { connections, problems } = services;
  const pages = createPages('dossier-test');

  /** Leads through one of the guide's ways. */
  const enter = async (
    title: string,
    initial: ConnectionEntry,
    last: readonly EntryStep[],
  ): Promise<ConnectionEntry | undefined> => {
    const { ways } = hostKindOf(initial);
    const choices = ways.map((value) => ({ value, label: value.label, description: value.description }));
    const way =
      ways.length === 1
        ? ways[0]
        : await askChoice({ title, ...once }, vscode.l10n.t('How do you want to sign in?'), choices);
    return typeof way === 'object' ? ask(title, initial, [...way.steps, ...last], proxyAside(title)) : undefined;
  };

  const add = async (): Promise<void> => {
    const title = vscode.l10n.t('Add Connection');
    const kinds = kindNames.map((value) => {
      const { label, description, icon } = hostKindOf({ kind: value });
      return { value, label, description, iconPath: new vscode.ThemeIcon(icon) };
    });
    const kind = await askChoice({ title, ...once }, vscode.l10n.t('Where should your reports go?'), kinds);
    if (typeof kind !== 'string') return;
    const { defaults, name } = hostKindOf({ kind });
    const entry = await enter(title, { kind, fields: defaults?.() ?? {}, secrets: {} }, [nameStep(name)]);
    if (!entry) return;
    const connection = parseConnection({ ...entry.fields, kind, id: randomUUID() });
    if (!(await isUsable(connection, entry.secrets))) return;
    await connections.save(connection, entry.secrets);
    if (services.isFirst('keyAdvised')) void adviseKey();
  };

  /** Nobody else has the key, and whoever loses it loses their drafts. */
  const adviseKey = async (): Promise<void> => {
    const copy = vscode.l10n.t('Copy Key…');
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Your drafts and sign-ins are encrypted with a key that only this computer has. Keep a copy of it in your password manager.',
      ),
      copy,
    );
    if (chosen === copy) await vscode.commands.executeCommand('dossier.copyKey');
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

  const rename = async (connection: Connection): Promise<void> => {
    const name = await askText({ title: vscode.l10n.t('Rename Connection'), ...once }, nameQuestion(connection.name));
    if (typeof name === 'string') await connections.save({ ...connection, name: name.trim() });
  };

  const signIn = async (connection: Connection): Promise<void> => {
    const secrets = await connections.secrets(connection.id);
    const entry = await enter(
      vscode.l10n.t('Sign In Again'),
      { kind: connection.kind, fields: { ...connection }, secrets },
      [],
    );
    if (!entry) return;
    const renewed = parseConnection({ ...entry.fields, kind: connection.kind, id: connection.id });
    if (await isUsable(renewed, entry.secrets)) await connections.save(renewed, entry.secrets);
  };

  /**
   * A connection whose account is out of reach can be deleted as well: linked again, its folders go on where they
   * stood.
   */
  const linkedThrough = async ({ id, name }: Connection): Promise<readonly Link[]> => {
    try {
      return await services.linkedFolders.listOwn(id);
    } catch (thrown) {
      services.log.write('warn', 'The linked folders of a connection could not be asked for', {
        connection: name,
        reason: toDossierError(thrown).code,
      });
      return [];
    }
  };

  const remove = async (connection: Connection): Promise<void> => {
    const { reports: all } = await services.reports.list({ connection: connection.id });
    // What is kept on the drive stays there, and is not in the list without its connection.
    const reports = all.filter(({ home }) => home === '');
    const linked = await linkedThrough(connection);
    const detail = [
      vscode.l10n.t(
        'What was delivered stays where it is. {0} reports of this connection stay in the list.',
        reports.length,
      ),
      ...(linked.length === 0
        ? []
        : [
            vscode.l10n.t(
              '{0} linked folders are unlinked: what was recorded stays, and changes are not recorded any more.',
              linked.length,
            ),
          ]),
    ].join('\n\n');
    const only = vscode.l10n.t('Delete Connection');
    const both = vscode.l10n.t('Delete and Revoke Access');
    const choices = canRevoke(connection) ? [both, only] : [only];
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Delete the connection "{0}"?', connection.name),
      { modal: true, detail },
      ...choices,
    );
    if (answer === undefined) return;
    if (linked.length > 0) await services.linkedFolders.unlink(connection.id, linked);
    if (answer === both) await endSignIn(connection, await connections.secrets(connection.id));
    await connections.remove(connection.id);
  };

  const chosen = async (node: ConnectionNode | { id: string } | undefined): Promise<Connection | undefined> => {
    if (node && 'connection' in node) return connections.get(node.connection.id);
    if (node && 'id' in node) return connections.get(node.id);
    const choices = (await connections.list()).map((value) => ({
      value,
      label: value.name,
      description: hostKindOf(value).label,
    }));
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
    pages,
    vscode.commands.registerCommand('dossier.addConnection', () => services.attempt(add)),
    command('dossier.checkConnection', (connection) => showConnectionTest(services, pages, connection)),
    command('dossier.testDrive', (connection) => showDriveTrial(services, pages, connection)),
    command('dossier.renameConnection', rename),
    command('dossier.editConnection', (connection) => editConnection(services, connection)),
    command('dossier.signIn', signIn),
    command('dossier.keepOnDrive', (connection) => keepOnDrive(services, connection)),
    command('dossier.keepHere', (connection) => keepHere(services, connection)),
    command('dossier.deleteConnection', remove),
  ];
}

/** Where the network is reached only through a proxy of the connection's own, the first sign-in needs it too. */
function proxyAside(title: string): Aside<ConnectionEntry> {
  return {
    button: { iconPath: new vscode.ThemeIcon('globe'), tooltip: vscode.l10n.t('Proxy of This Connection…') },
    async settle(entry) {
      const { proxyPassword, ...secrets } = entry.secrets;
      const proxy = (entry.fields['proxy'] ?? { type: 'system' }) as ProxySettings;
      const entered = await askProxy(title, {
        proxy,
        ...(proxyPassword === undefined ? {} : { password: proxyPassword }),
      });
      if (!entered) return undefined;
      const password = entered.password === undefined ? {} : { proxyPassword: entered.password };
      return { ...withField(entry, 'proxy', entered.proxy), secrets: { ...secrets, ...password } };
    },
  };
}

function nameQuestion(value: string) {
  return {
    prompt: vscode.l10n.t('Name of the connection'),
    value,
    refuse: refuseEmpty(vscode.l10n.t('A name is needed')),
  };
}

function nameStep(suggest: (entry: ConnectionEntry) => string) {
  return textStep(
    (entry) => nameQuestion(suggest(entry)),
    (entry, name) => withField(entry, 'name', name),
  );
}
