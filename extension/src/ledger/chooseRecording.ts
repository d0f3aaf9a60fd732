import * as vscode from 'vscode';
import type { KnownVersion, Ledger } from '../../../shared/index.ts';
import { type Recording, recordingsOf } from '../model/ledger/recordings.ts';
import { formatTime } from '../ui/format.ts';
import { eventWords } from '../ui/words.ts';

/** The one recording that there is, or the one that the person chooses; undefined when they leave. */
export async function chooseRecording(
  ledger: Ledger,
  versions: readonly KnownVersion[],
  title: string,
): Promise<Recording | undefined> {
  const recordings = await recordingsOf(ledger, versions);
  if (recordings.length <= 1) return recordings[0];
  const choices = recordings.map((recording) => {
    const { observedAt, event, version } = recording.item.predicate;
    const when = formatTime(Date.parse(observedAt));
    return {
      label: recording.title ?? when,
      description: recording.title === undefined ? '' : when,
      detail: vscode.l10n.t('{0}, version {1}, entry {2}', eventWords[event] ?? event, version, recording.item.index),
      recording,
    };
  });
  const chosen = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('This content was recorded more than once: choose which recording'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return chosen?.recording;
}
