import * as vscode from 'vscode';
import type { ReportNode } from '../presentation/reportTree.ts';
import type { ReportCommands } from './reportCommands.ts';

/** Files from the explorer or from the desktop, dropped on a report, are attached to it. */
export function createReportDrop(commands: ReportCommands): vscode.TreeDragAndDropController<ReportNode> {
  return {
    dragMimeTypes: [],
    dropMimeTypes: ['text/uri-list', 'files'],
    async handleDrop(target, transfer) {
      const list = (await transfer.get('text/uri-list')?.asString()) ?? '';
      const named = list
        .split(/\r?\n/)
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => vscode.Uri.parse(line, true));
      const files = [...transfer].flatMap(([, item]) => item.asFile()?.uri ?? []);
      const uris = named.length > 0 ? named : files;
      if (uris.length > 0) await commands.drop(target && 'report' in target ? target.report.id : undefined, uris);
    },
  };
}
