import * as vscode from 'vscode';
import type { Mirrors } from '../model/mirrors/mirrors.ts';
import type { Services } from '../services.ts';
import { createPages } from '../ui/pages.ts';
import { registerMirrorCommands } from './mirrorCommands.ts';
import { createMirrorRuns } from './mirrorRuns.ts';
import { createMirrorTree, runningWords } from './mirrorTree.ts';

/** The Mirrors view, its commands, the runs after a save, and the figures in the status bar. */
export function registerMirrors(services: Services, mirrors: Mirrors): vscode.Disposable[] {
  const pages = createPages('dossier-mirror');
  const runs = createMirrorRuns(services, mirrors);
  const view = vscode.window.createTreeView('dossier.mirrors', {
    treeDataProvider: createMirrorTree(services, mirrors),
  });
  return [
    view,
    pages,
    runs,
    createIndicator(services, mirrors),
    services.vault.onDidChangeLock(() => mirrors.changed()),
    ...registerMirrorCommands({ services, mirrors, runs, pages }),
  ];
}

/** Shown while a mirror runs, and while changes at a destination wait to be looked at. */
function createIndicator({ attempt, vault }: Services, mirrors: Mirrors): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('dossier.mirror', vscode.StatusBarAlignment.Left);
  item.name = vscode.l10n.t('Dossier Mirror');
  item.command = 'dossier.mirrors.focus';
  const show = async (): Promise<void> => {
    if (!vault.exists || (await vault.isLocked())) return item.hide();
    const all = await mirrors.list();
    const running = all.flatMap(({ id }) => mirrors.running(id) ?? [])[0];
    const waiting = running
      ? 0
      : (await Promise.all(all.map(({ id }) => mirrors.status(id)))).flatMap(({ conflicts }) => conflicts).length;
    if (!running && waiting === 0) return item.hide();
    const words = running
      ? vscode.l10n.t('Mirror: {0}', runningWords(running))
      : vscode.l10n.t('Mirror: conflicts: {0}', waiting);
    item.text = `$(${running ? 'sync~spin' : 'warning'}) ${words}`;
    item.accessibilityInformation = { label: words };
    item.show();
  };
  const listener = mirrors.onDidChange(() => void attempt(show));
  return vscode.Disposable.from(item, listener);
}
