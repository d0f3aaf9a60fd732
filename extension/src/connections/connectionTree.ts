import * as vscode from 'vscode';
import type { Connection } from '../../../shared/index.ts';
import { hostKindOf } from '../kinds/index.ts';
import type { Services } from '../services.ts';

export type ConnectionNode =
  | { readonly type: 'group'; readonly name: string; readonly connections: readonly Connection[] }
  | { readonly type: 'connection'; readonly connection: Connection };

/** Connections under their groups; those without a group stand at the top. */
export function createConnectionTree({
  connections: store,
  vault,
  attempt,
}: Services): vscode.TreeDataProvider<ConnectionNode> {
  return {
    onDidChangeTreeData: store.onDidChange,
    async getChildren(node) {
      if (node?.type === 'connection') return [];
      if (node?.type === 'group') return node.connections.map(leaf);
      const connections = (await attempt(async () => ((await vault.isLocked()) ? [] : store.list()))) ?? [];
      const groups = [...new Set(connections.map(({ group }) => group))];
      return groups.flatMap((name): ConnectionNode[] => {
        const members = connections.filter(({ group }) => group === name);
        return name === '' ? members.map(leaf) : [{ type: 'group', name, connections: members }];
      });
    },
    getTreeItem: (node) => (node.type === 'group' ? groupItem(node.name) : connectionItem(node.connection)),
  };
}

function leaf(connection: Connection): ConnectionNode {
  return { type: 'connection', connection };
}

function groupItem(name: string): vscode.TreeItem {
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group:${name}`;
  item.contextValue = 'group;';
  return item;
}

function connectionItem(connection: Connection): vscode.TreeItem {
  const { label, icon, account } = hostKindOf(connection);
  const item = new vscode.TreeItem(connection.name);
  item.id = connection.id;
  item.description = placeOfConnection(connection);
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = `connection;${connection.kind};${account ? 'account;' : ''}${connection.reportsIn === undefined ? 'here;' : 'drive;'}`;
  const kept =
    connection.reportsIn === undefined
      ? []
      : [vscode.l10n.t('Its reports are kept on the drive, in {0}', connection.reportsIn)];
  item.tooltip = new vscode.MarkdownString().appendText(
    [connection.name, label, placeOfConnection(connection), ...kept].join('\n'),
  );
  item.accessibilityInformation = { label: `${connection.name}, ${label}, ${placeOfConnection(connection)}` };
  return item;
}

/** Where a connection leads, as a person would say it. */
export function placeOfConnection(connection: Connection): string {
  const folder = connection.folder === '/' ? '' : connection.folder;
  return hostKindOf(connection).place(connection) + folder;
}
