import * as vscode from 'vscode';
import type { ConnectionNode } from '../../connections/connectionTree.ts';
import type { ReportNode } from '../presentation/reportTree.ts';

export interface SelectableViews {
  readonly reports: vscode.TreeView<ReportNode>;
  readonly connections: vscode.TreeView<ConnectionNode>;
}

type Wish = 'delete' | 'rename';

/** What the Delete key and F2 do with a row; rows that are not named have nothing to be deleted or renamed. */
const commandsOf: Readonly<Record<string, Readonly<Partial<Record<Wish, string>>>>> = {
  report: { delete: 'dossier.deleteReport', rename: 'dossier.renameReport' },
  attachment: { delete: 'dossier.removeAttachment' },
  connection: { delete: 'dossier.deleteConnection', rename: 'dossier.renameConnection' },
};

/** Keys are pressed without a row: what is selected in the view is meant. */
export function registerSelected(views: SelectableViews): vscode.Disposable[] {
  const act = (wish: Wish) => async (view: unknown) => {
    const [node] = view === 'reports' ? views.reports.selection : views.connections.selection;
    // A group of reports bears the name of its connection, and is not the connection.
    if (!node || (view === 'reports' && node.type === 'connection')) return;
    if (wish === 'delete' && node.type === 'attachment' && node.report.state !== 'draft') return;
    if (wish === 'rename' && node.type === 'report' && node.report.state !== 'draft') return;
    const command = commandsOf[node.type]?.[wish];
    if (command) await vscode.commands.executeCommand(command, node);
  };
  return [
    vscode.commands.registerCommand('dossier.deleteSelected', act('delete')),
    vscode.commands.registerCommand('dossier.renameSelected', act('rename')),
  ];
}
