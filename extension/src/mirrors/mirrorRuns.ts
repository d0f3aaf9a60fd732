import { basename, sep } from 'node:path';
import * as vscode from 'vscode';
import { isDossierError, type MirrorSummary } from '../../../shared/index.ts';
import type { Mirror } from '../model/mirrors/mirrorStore.ts';
import type { Mirrors } from '../model/mirrors/mirrors.ts';
import type { Services } from '../services.ts';
import { ignored } from './mirrorSteps.ts';

/** After the last of several saves, before a mirror runs. */
const settleMs = 2_000;
/** Another window is at it, or somebody has removed the mirror. */
const passing = ['cancelled', 'locked', 'lease-lost'] as const;

/** Runs of mirrors: by a person's wish, and after something was saved in their folders. */
export interface MirrorRuns extends vscode.Disposable {
  /** Asks before it deletes much. Undefined when the person does not want that. */
  now(mirror: Mirror, signal: AbortSignal): Promise<MirrorSummary | undefined>;
}

export function createMirrorRuns({ clock, attempt, vault }: Services, mirrors: Mirrors): MirrorRuns {
  const life = new AbortController();
  const waiting = new Map<string, AbortController>();
  /** One run after the other; what changes meanwhile has a run of its own. */
  const turns = new Map<string, Promise<unknown>>();

  const run = (mirror: Mirror, signal: AbortSignal, mostRemovals = 0): Promise<MirrorSummary> => {
    const wanted = { ...mirror, rules: { ...mirror.rules, ignore: ignored() } };
    const before = turns.get(mirror.id) ?? Promise.resolve();
    const turn = before
      .catch(() => undefined)
      .then(() => mirrors.run(wanted, { signal: AbortSignal.any([signal, life.signal]), mostRemovals }));
    turns.set(mirror.id, turn);
    return turn;
  };

  const later = async (mirror: Mirror): Promise<void> => {
    waiting.get(mirror.id)?.abort();
    const wait = new AbortController();
    waiting.set(mirror.id, wait);
    const signal = AbortSignal.any([wait.signal, life.signal]);
    try {
      await clock.sleep(settleMs, signal);
      await turns.get(mirror.id)?.catch(() => undefined);
      // A later save waits in its place.
      if (signal.aborted) return;
      const current = (await mirrors.list()).find(({ id }) => id === mirror.id);
      // What stops it stands in the tree; another window may be at it already.
      if (current && !current.paused) await run(current, life.signal);
    } catch (error) {
      if (!passing.some((code) => isDossierError(error, code))) throw error;
    }
  };

  const saved = (uris: readonly vscode.Uri[]) =>
    void attempt(async () => {
      if (!vault.exists || (await vault.isLocked())) return;
      for (const mirror of await mirrors.list())
        if (!mirror.paused && uris.some(({ fsPath }) => fsPath.startsWith(mirror.source.replace(/[\\/]$/, '') + sep)))
          void attempt(() => later(mirror));
    });

  const listeners = [
    vscode.workspace.onDidSaveTextDocument(({ uri }) => saved([uri])),
    vscode.workspace.onDidCreateFiles(({ files }) => saved(files)),
    vscode.workspace.onDidDeleteFiles(({ files }) => saved(files)),
    vscode.workspace.onDidRenameFiles(({ files }) => saved(files.flatMap(({ oldUri, newUri }) => [oldUri, newUri]))),
  ];
  return {
    async now(mirror, signal) {
      let summary = await run(mirror, signal);
      // More may have been removed while the person was asked.
      while (summary.ending === 'confirmation') {
        if (!(await confirmRemovals(mirror, summary.removals))) return undefined;
        summary = await run(mirror, signal, summary.removals);
      }
      return summary;
    },
    dispose() {
      life.abort();
      for (const listener of listeners) listener.dispose();
    },
  };
}

async function confirmRemovals({ source, rules }: Mirror, count: number): Promise<boolean> {
  const archived = rules.deletions === 'archive';
  const confirm = archived ? vscode.l10n.t('Archive Copies') : vscode.l10n.t('Delete Copies');
  const detail = vscode.l10n.t(
    'They were removed from "{0}". If that folder was emptied by mistake, or its disk is not connected, cancel.',
    source,
  );
  const question = archived
    ? vscode.l10n.t('Archive copies of "{1}"? Number: {0}', count, basename(source))
    : vscode.l10n.t('Delete copies of "{1}"? Number: {0}', count, basename(source));
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, confirm)) === confirm;
}
