import * as vscode from 'vscode';
import {
  type Attachment,
  type Connection,
  type DossierError,
  placeOf,
  type Report,
  type ReportList,
  type ReportPlace,
} from '../../../../shared/index.ts';
import { hostKindOf } from '../../kinds/index.ts';
import type { Services } from '../../services.ts';
import { formatSize } from '../../ui/format.ts';
import { sentenceOf } from '../../ui/problems.ts';
import { attachmentItem, connectionItem, placeItem, reportItem, standingItem } from './reportTreeItems.ts';

export type ReportNode =
  | {
      readonly type: 'connection';
      readonly id: string;
      readonly name: string;
      readonly icon: string;
      readonly reports: readonly Report[];
    }
  | { readonly type: 'standing'; readonly connection: string; readonly problem: DossierError | undefined }
  | {
      readonly type: 'place';
      readonly place: ReportPlace;
      readonly connection: string;
      readonly reports: readonly Report[];
    }
  | { readonly type: 'report'; readonly report: Report }
  | { readonly type: 'attachment'; readonly report: Report; readonly attachment: Attachment };

const places: readonly ReportPlace[] = ['drafts', 'outbox', 'submitted'];

export interface ReportTree extends vscode.TreeDataProvider<ReportNode> {
  readonly onDidLoad: vscode.Event<ReportList>;
  refresh(): void;
}

/**
 * Drafts, Outbox and Submitted of each connection that has reports, where there are any; with a single such connection
 * they stand at the top.
 */
export function createReportTree(services: Services): ReportTree {
  const { connections, reports, sending, vault } = services;
  const changed = new vscode.EventEmitter<ReportNode | undefined>();
  const loaded = new vscode.EventEmitter<ReportList>();
  const shown = new Map<string, ReportNode>();
  reports.onDidChange(() => changed.fire(undefined));
  connections.onDidChange(() => changed.fire(undefined));
  sending.onDidProgress((id) => {
    const node = shown.get(id);
    if (node) changed.fire(node);
  });

  const roots = async (): Promise<ReportNode[]> => {
    if (await vault.isLocked()) return [];
    const [known, stored] = await Promise.all([connections.list(), reports.list()]);
    const all = stored.reports.map(({ report }) => report);
    loaded.fire(stored);
    if (all.length === 0 && known.every(({ id }) => reports.standing(id) === undefined)) return [];
    const groups = connectionNodes(known, all).filter(
      ({ id, reports: own }) => own.length > 0 || reports.standing(id) !== undefined,
    );
    const [only] = groups;
    return groups.length === 1 && only ? childrenOf(only) : groups;
  };
  const childrenOf = ({ id, reports: own }: ConnectionNode): ReportNode[] => {
    const standing = reports.standing(id);
    const note: ReportNode[] =
      standing === undefined
        ? []
        : [{ type: 'standing', connection: id, problem: standing === 'reading' ? undefined : standing }];
    return [...note, ...placeNodes(id, own)];
  };

  return {
    onDidChangeTreeData: changed.event,
    onDidLoad: loaded.event,
    refresh: () => changed.fire(undefined),
    async getChildren(node) {
      switch (node?.type) {
        case undefined:
          return (await services.attempt(roots)) ?? [];
        case 'connection':
          return childrenOf(node);
        case 'place':
          return node.reports.map((report) => {
            const child: ReportNode = { type: 'report', report };
            shown.set(report.id, child);
            return child;
          });
        case 'report':
          return node.report.attachments.map((attachment) => ({ type: 'attachment', report: node.report, attachment }));
        case 'attachment':
        case 'standing':
          return [];
      }
    },
    getTreeItem(node) {
      switch (node.type) {
        case 'connection':
          return connectionItem(node.id, node.name, node.icon);
        case 'standing':
          return standingItem(node.connection, node.problem && `${sentenceOf(node.problem)} (${node.problem.code})`);
        case 'place':
          return placeItem(node.connection, node.place, node.reports.length);
        case 'report':
          return reportItem(node.report, sending.progress(node.report.id));
        case 'attachment':
          return attachmentItem(
            node.report,
            node.attachment,
            sending.progress(node.report.id)?.attachments.get(node.attachment.id),
            formatSize(node.attachment.size),
          );
      }
    },
  };
}

type ConnectionNode = Extract<ReportNode, { type: 'connection' }>;

function connectionNodes(connections: readonly Connection[], reports: readonly Report[]): ConnectionNode[] {
  const nodes = connections.map(
    ({ id, name, kind }): ConnectionNode => ({
      type: 'connection',
      id,
      name,
      icon: hostKindOf({ kind }).icon,
      reports: reports.filter(({ connection }) => connection === id),
    }),
  );
  const orphans = reports.filter(({ connection }) => !connections.some(({ id }) => id === connection));
  return orphans.length === 0
    ? nodes
    : [
        ...nodes,
        { type: 'connection', id: '', name: vscode.l10n.t('Without connection'), icon: 'question', reports: orphans },
      ];
}

function placeNodes(connection: string, reports: readonly Report[]): ReportNode[] {
  return places.flatMap((place) => {
    const own = reports.filter(({ state }) => placeOf(state) === place);
    return own.length === 0 ? [] : [{ type: 'place', place, connection, reports: own }];
  });
}
