import * as vscode from 'vscode';
import { interruptionError, placeOf, type Report, type ReportList } from '../../../../shared/index.ts';
import type { Services } from '../../services.ts';
import { mendWords } from '../../ui/words.ts';
import type { ReportEditor } from '../editor/reportEditor.ts';
import { offerFlags } from '../presentation/offers.ts';
import type { ReportNode, ReportTree } from '../presentation/reportTree.ts';
import type { ReportCommands } from './reportCommands.ts';
import { createReportDrop } from './reportDrop.ts';

/** The Reports view with its badge, the keys that menus ask, and the word to the user when a sending ends. */
export function registerReportsView(
  services: Services,
  tree: ReportTree,
  editor: ReportEditor,
  commands: ReportCommands,
): { readonly view: vscode.TreeView<ReportNode>; readonly registered: vscode.Disposable[] } {
  const { connections, reports, sending, problems, vault } = services;
  const view = vscode.window.createTreeView('dossier.reports', {
    treeDataProvider: tree,
    dragAndDropController: createReportDrop(commands),
    showCollapseAll: true,
  });

  const showCounts = ({ reports: stored, damaged }: ReportList) => {
    const all = stored.map(({ report }) => report);
    for (const error of damaged) problems.report(error);
    const outbox = all.filter(({ state }) => placeOf(state) === 'outbox').length;
    view.badge = outbox === 0 ? undefined : { value: outbox, tooltip: vscode.l10n.t('{0} in the Outbox', outbox) };
  };
  const setKeys = async () => {
    const { active } = editor;
    const locked = await vault.isLocked();
    const stored = active && !locked ? await reports.get(active.id) : undefined;
    await setContext('activeReport', active ? offerFlags(stored?.report.state ?? 'draft') : '');
    await setContext('hasConnections', !locked && (await connections.list()).length > 0);
    await setContext('locked', locked);
    await setContext('ready', true);
  };
  const update = () => void services.attempt(setKeys);

  const registered = [
    view,
    tree.onDidLoad(showCounts),
    view.onDidChangeVisibility(({ visible }) => void (visible && update())),
    editor.onDidChangeActive(update),
    reports.onDidChange(update),
    connections.onDidChange(update),
    sending.onDidEnd((report) => {
      // The open page says it already.
      if (editor.active?.id === report.id) return;
      if (report.interruption) {
        const { mend } = report.interruption;
        problems.report(interruptionError(report.interruption), {
          label: mendWords[mend],
          run: () => services.attempt(() => commands.mend(report)),
        });
      } else void announce(report);
    }),
  ];
  return { view, registered };
}

async function announce({ id, title, attachments }: Report): Promise<void> {
  const open = vscode.l10n.t('Open Folder');
  // The description and the list of files are files as well.
  const files = attachments.length + 2;
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('"{0}" was submitted: all {1} files arrived and were proved.', title, files),
    open,
  );
  if (chosen === open) await vscode.commands.executeCommand('dossier.openDestination', id);
}

function setContext(key: string, value: unknown): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', `dossier.${key}`, value);
}
