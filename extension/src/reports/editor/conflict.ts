import * as vscode from 'vscode';
import type { Report } from '../../../../shared/index.ts';
import type { KeptReport } from '../../model/reports/reportStore.ts';
import { reportUri, reportViewType } from '../../model/reports/reportUri.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';

/**
 * What was written here and what was made of the report elsewhere meanwhile both stay: ours as a draft of its own,
 * which opens beside. Rejects with
 * `revision-conflict` when the person does not want that now: then ours stays unsaved in its editor.
 */
export async function keepBoth(
  { reports, clock }: Services,
  ours: Report,
  before: KeptReport | undefined,
  theirs: KeptReport | undefined,
): Promise<KeptReport> {
  // Deleted elsewhere: there is nothing that saving it again could take from anybody.
  if (!theirs) return reports.save(ours, undefined, clock.now());
  const both = vscode.l10n.t('Keep Both');
  const detail = vscode.l10n.t(
    'What you wrote can be kept as a draft of its own. This editor then shows what was saved elsewhere.',
  );
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('"{0}" was changed elsewhere after you opened it.', theirs.report.title),
    { modal: true, detail },
    both,
  );
  if (answer !== both)
    throw editorError('revision-conflict', 'It is not saved: it was changed elsewhere after you opened it.');
  const mine = await reports.fork(ours, before, clock.now());
  await vscode.commands.executeCommand(
    'vscode.openWith',
    reportUri(mine.report.id),
    reportViewType,
    vscode.ViewColumn.Beside,
  );
  return mine;
}
