import * as vscode from 'vscode';
import type { Sending } from '../../model/reports/sending.ts';
import { fractionOf } from '../../model/reports/sendingProgress.ts';
import { formatPercent } from '../../ui/format.ts';

/**
 * Shows that something is being sent: a line over the Reports view, and the figures in the status bar. Hidden when
 * nothing is.
 */
export function createSendingIndicator(sending: Sending): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('dossier.sending', vscode.StatusBarAlignment.Left);
  item.name = 'Dossier';
  item.command = 'dossier.reports.focus';
  let endLine: (() => void) | undefined;

  const show = () => {
    const running = sending.running();
    if (running.length === 0) {
      item.hide();
      endLine?.();
      endLine = undefined;
      return;
    }
    const files = running.flatMap(({ attachments }) => [...attachments.values()]);
    const sum = {
      sentBytes: running.reduce((total, { sentBytes }) => total + sentBytes, 0),
      size: running.reduce((total, { size }) => total + size, 0),
    };
    const delivered = files.filter(({ proof }) => proof).length;
    item.text = `$(cloud-upload) ${formatPercent(fractionOf(sum))}`;
    item.tooltip = vscode.l10n.t(
      'Dossier is sending: {0} of {1} files arrived. It goes on while the editor is open.',
      delivered,
      files.length,
    );
    item.accessibilityInformation = { label: item.tooltip };
    item.show();
    if (!endLine) {
      const ended = new Promise<void>((resolve) => (endLine = resolve));
      void vscode.window.withProgress({ location: { viewId: 'dossier.reports' } }, () => ended);
    }
  };

  const listener = sending.onDidProgress(show);
  return new vscode.Disposable(() => {
    listener.dispose();
    item.dispose();
    endLine?.();
  });
}
