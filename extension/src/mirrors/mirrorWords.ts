import * as vscode from 'vscode';
import type {
  ConflictRule,
  DeletionRule,
  LastRun,
  MirrorAction,
  MirrorPlan,
  MirrorReason,
} from '../../../shared/index.ts';
import { formatSize, formatTime } from '../ui/format.ts';

export const deletionWords: Readonly<Record<DeletionRule, string>> = {
  keep: vscode.l10n.t('Keep the copy'),
  archive: vscode.l10n.t('Move the copy to an archive folder'),
  delete: vscode.l10n.t('Delete the copy'),
};

export const conflictWords: Readonly<Record<ConflictRule, string>> = {
  keepBoth: vscode.l10n.t('Keep both'),
  stop: vscode.l10n.t('Stop until I have looked'),
  overwrite: vscode.l10n.t('Overwrite the copy'),
};

const actionWords: Readonly<Record<MirrorAction, string>> = {
  send: vscode.l10n.t('Send'),
  replace: vscode.l10n.t('Replace'),
  keepBoth: vscode.l10n.t('Send, and keep both'),
  move: vscode.l10n.t('Move'),
  adopt: vscode.l10n.t('Take over'),
  remove: vscode.l10n.t('Delete'),
  archive: vscode.l10n.t('Archive'),
  keep: vscode.l10n.t('Keep'),
  forget: vscode.l10n.t('Forget'),
  makeFolder: vscode.l10n.t('Make folder'),
  removeFolder: vscode.l10n.t('Remove empty folder'),
  leave: vscode.l10n.t('Leave alone'),
};

export const reasonWords: Readonly<Record<MirrorReason, string>> = {
  'new': vscode.l10n.t('new'),
  'changed': vscode.l10n.t('changed'),
  'renamed': vscode.l10n.t('renamed'),
  'same content': vscode.l10n.t('has the same content already'),
  'removed at the source': vscode.l10n.t('removed here'),
  'gone at the destination': vscode.l10n.t('gone at the destination'),
  'changed at the destination': vscode.l10n.t('changed at the destination'),
  'not made by the mirror': vscode.l10n.t('not made by the mirror'),
  'removed at the source and changed at the destination': vscode.l10n.t('removed here, and changed at the destination'),
  'cannot be read': vscode.l10n.t('cannot be read'),
  'the name is taken by another file of the mirror': vscode.l10n.t('another file has this name there'),
};

/** How a mirror stands, in a few words. */
export function lastWords(last: LastRun | undefined): string {
  if (!last) return vscode.l10n.t('not run yet');
  const at = formatTime(last.ended);
  if (last.ending === 'confirmation') return vscode.l10n.t('{0} deletions wait for you', last.removals);
  if (last.ending === 'conflicts') return vscode.l10n.t('stopped: changed at the destination');
  if (last.ending === 'error') return vscode.l10n.t('interrupted, {0}', at);
  if (last.failed > 0) return vscode.l10n.t('files left out: {0}, {1}', last.failed, at);
  return vscode.l10n.t('up to date, {0}', at);
}

const mostLines = 500;

/** A plan as a page. */
export function planPage(plan: MirrorPlan): string {
  const cell = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const rows = plan.steps
    .slice(0, mostLines)
    .map(({ action, reason, place, size }) =>
      ['', actionWords[action], cell(place), formatSize(size), reasonWords[reason], ''].join(' | ').trim(),
    );
  const head = ['', vscode.l10n.t('Step'), vscode.l10n.t('File'), vscode.l10n.t('Size'), vscode.l10n.t('Why'), ''];
  const more = plan.steps.length > mostLines ? [vscode.l10n.t('… and {0} more.', plan.steps.length - mostLines)] : [];
  return [
    `# ${vscode.l10n.t('What the Mirror Would Do')}`,
    '',
    planWords(plan),
    '',
    head.join(' | ').trim(),
    '|---|---|---|---|',
    ...rows,
    '',
    ...more,
  ].join('\n');
}

/** A plan in a sentence. */
export function planWords({ steps, bytes, removals, unchanged, ignored }: MirrorPlan): string {
  const sending = steps.filter(({ action }) => ['send', 'replace', 'keepBoth'].includes(action)).length;
  return vscode.l10n.t(
    'Files to be sent: {0} ({1}). To be deleted or archived: {2}. Unchanged: {3}. Left out by patterns: {4}.',
    sending,
    formatSize(bytes),
    removals,
    unchanged,
    ignored,
  );
}
