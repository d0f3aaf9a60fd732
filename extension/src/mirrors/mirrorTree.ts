import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { MirrorProgress, MirrorStatus, StoredConflict } from '../../../shared/index.ts';
import type { Mirror } from '../model/mirrors/mirrorStore.ts';
import type { Mirrors } from '../model/mirrors/mirrors.ts';
import type { Services } from '../services.ts';
import { lastWords, reasonWords } from './mirrorWords.ts';

export type MirrorNode =
  | { readonly type: 'mirror'; readonly mirror: Mirror; readonly status: MirrorStatus; readonly connection: string }
  | { readonly type: 'conflict'; readonly mirror: Mirror; readonly conflict: StoredConflict };

/** Mirrors, and below each the changes at its destination that a person has not put away. */
export function createMirrorTree(
  { attempt, vault, connections }: Services,
  mirrors: Mirrors,
): vscode.TreeDataProvider<MirrorNode> {
  const nodes = async (): Promise<MirrorNode[]> => {
    if (await vault.isLocked()) return [];
    const names = new Map((await connections.list()).map(({ id, name }) => [id, name]));
    return Promise.all(
      (await mirrors.list()).map(
        async (mirror): Promise<MirrorNode> => ({
          type: 'mirror',
          mirror,
          status: await mirrors.status(mirror.id),
          connection: names.get(mirror.connection) ?? '',
        }),
      ),
    );
  };
  return {
    onDidChangeTreeData: mirrors.onDidChange,
    async getChildren(node) {
      if (node?.type === 'conflict') return [];
      if (node)
        return node.status.conflicts.map((conflict) => ({ type: 'conflict', mirror: node.mirror, conflict }) as const);
      return (await attempt(nodes)) ?? [];
    },
    getTreeItem: (node) =>
      node.type === 'mirror' ? mirrorItem(node, mirrors.running(node.mirror.id)) : conflictItem(node.conflict),
  };
}

function mirrorItem(
  { mirror, status, connection }: MirrorNode & { readonly type: 'mirror' },
  running: MirrorProgress | undefined,
): vscode.TreeItem {
  const { conflicts } = status;
  const item = new vscode.TreeItem(
    basename(mirror.source),
    conflicts.length > 0 ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
  );
  item.id = mirror.id;
  const words = mirror.paused ? vscode.l10n.t('paused') : running ? runningWords(running) : lastWords(status.last);
  item.description = conflicts.length > 0 ? vscode.l10n.t('{0}; conflicts: {1}', words, conflicts.length) : words;
  const icon = mirror.paused ? 'debug-pause' : running ? 'sync~spin' : conflicts.length > 0 ? 'warning' : 'mirror';
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = `mirror;${mirror.paused ? 'paused' : 'active'};${conflicts.length > 0 ? 'conflicts;' : ''}`;
  item.tooltip = [mirror.source, `→ ${connection} ${mirror.folder}`, item.description].join('\n');
  item.accessibilityInformation = { label: `${basename(mirror.source)}, ${item.description}` };
  return item;
}

function conflictItem({ key, place, reason, keptAt }: StoredConflict): vscode.TreeItem {
  const item = new vscode.TreeItem(place.slice(1));
  item.id = key;
  item.description = reasonWords[reason];
  item.iconPath = new vscode.ThemeIcon('diff');
  item.contextValue = `conflict;${keptAt === undefined ? '' : 'kept;'}`;
  if (keptAt !== undefined) item.tooltip = vscode.l10n.t('The other version is kept as {0}', keptAt);
  return item;
}

export function runningWords({ phase, files, ofFiles }: MirrorProgress): string {
  return phase === 'sending' ? vscode.l10n.t('sending {0} of {1}', files, ofFiles) : vscode.l10n.t('comparing');
}
