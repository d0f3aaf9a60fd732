import * as vscode from 'vscode';
import type { AuditResult } from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import type { Services } from '../services.ts';
import { createPages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';

/** Looks whether the ledgers of this window are whole. */
export function registerAuditCommands(
  { attempt }: Services,
  ledgers: Ledgers,
  publishing: Publishing,
): vscode.Disposable[] {
  const pages = createPages('dossier-audit');

  const audit = async (): Promise<void> => {
    const results = await withProgress(vscode.l10n.t('Auditing the ledger'), (signal, tell) =>
      ledgers.audit(
        {
          open: publishing.open,
          onProgress: (step) =>
            tell(
              step.step === 'ledger'
                ? vscode.l10n.t('deriving it again')
                : vscode.l10n.t('comparing what is published in {0}', step.folder),
            ),
        },
        signal,
      ),
    );
    const findings = results.flatMap(({ result }) => result.findings);
    const entries = results.reduce((sum, { result }) => sum + result.entries, 0);
    if (findings.length === 0) {
      const published = results.reduce((sum, { result }) => sum + result.published, 0);
      const text = vscode.l10n.t(
        '{0} entries are whole, and so is what is published in {1} folders.',
        entries,
        published,
      );
      void vscode.window.showInformationMessage(text);
      return;
    }
    const details = vscode.l10n.t('What Does Not Fit');
    const text = vscode.l10n.t(
      '{0} things in the ledger do not fit. The first: {1}',
      findings.length,
      findings[0]!.sentence,
    );
    if ((await vscode.window.showErrorMessage(text, details)) === details)
      await pages.show(vscode.l10n.t('Audit'), reportOf(results));
  };

  return [pages, vscode.commands.registerCommand('dossier.auditLedger', () => attempt(audit))];
}

/** Plain text: the core names what is wrong in English. */
function reportOf(results: readonly { readonly place: string | undefined; readonly result: AuditResult }[]): string {
  return results
    .flatMap(({ place, result: { origin = '', entries, findings } }) => [
      `${place ?? vscode.l10n.t('This computer')}: ${origin} (${entries})`,
      ...findings.map(({ sentence }) => `- ${sentence}`),
      '',
    ])
    .join('\n');
}
