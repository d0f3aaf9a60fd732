import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { foldedName, joinPath, type MirrorSummary, type StoredConflict, say } from '../../../shared/index.ts';
import { remoteScheme } from '../links/remoteUri.ts';
import type { Mirror } from '../model/mirrors/mirrorStore.ts';
import type { Mirrors } from '../model/mirrors/mirrors.ts';
import type { Services } from '../services.ts';
import { editorError } from '../ui/editorError.ts';
import { formatSize } from '../ui/format.ts';
import type { Pages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';
import { registerRowCommand, registerTargetCommand } from '../ui/rowCommands.ts';
import type { MirrorRuns } from './mirrorRuns.ts';
import { askMirror, askSource } from './mirrorSteps.ts';
import { type MirrorNode, runningWords } from './mirrorTree.ts';
import { planPage, planWords, reasonWords } from './mirrorWords.ts';

type Target = MirrorNode | undefined;

export interface MirrorCommandsOptions {
  readonly services: Services;
  readonly mirrors: Mirrors;
  readonly runs: MirrorRuns;
  readonly pages: Pages;
}

export function registerMirrorCommands(options: MirrorCommandsOptions): vscode.Disposable[] {
  const { mirrors } = options;
  const { attempt } = options.services;

  const pause = async (mirror: Mirror, paused: boolean) => mirrors.save({ ...(await mirrors.get(mirror.id)), paused });

  /** The mirror of a row, the only one, or the one that is chosen. */
  const withMirror = (act: (mirror: Mirror) => Promise<void>) => (target: Target) =>
    attempt(async () => {
      const mirror = target ? await mirrors.get(target.mirror.id) : await chooseMirror(mirrors);
      if (mirror) await act(mirror);
    });

  return [
    vscode.commands.registerCommand('dossier.mirrorFolder', (uri?: vscode.Uri) =>
      attempt(() => begin(options, uri instanceof vscode.Uri ? uri : undefined)),
    ),
    registerTargetCommand(
      'dossier.mirrorNow',
      withMirror((mirror) => run(options, mirror)),
    ),
    registerTargetCommand(
      'dossier.pauseMirror',
      withMirror((mirror) => pause(mirror, true)),
    ),
    registerTargetCommand(
      'dossier.resumeMirror',
      withMirror((mirror) => pause(mirror, false)),
    ),
    registerTargetCommand(
      'dossier.mirrorConflicts',
      withMirror((mirror) => showConflicts(options, mirror)),
    ),
    registerTargetCommand(
      'dossier.removeMirror',
      withMirror((mirror) => remove(options, mirror)),
    ),
    registerRowCommand('dossier.compareMirrorConflict', (node: MirrorNode) =>
      attempt(async () => {
        if (node.type === 'conflict') await compare(node.mirror, node.conflict);
      }),
    ),
    registerRowCommand('dossier.putMirrorConflictAway', (node: MirrorNode) =>
      attempt(async () => {
        if (node.type === 'conflict') await mirrors.putAway([node.conflict]);
      }),
    ),
  ];
}

async function run(options: MirrorCommandsOptions, mirror: Mirror): Promise<void> {
  const { mirrors, runs } = options;
  const name = basename(mirror.source);
  const summary = await withProgress(vscode.l10n.t('Mirroring "{0}"', name), (signal, tell) => {
    const told = mirrors.onDidChange(() => {
      const progress = mirrors.running(mirror.id);
      if (progress) tell(runningWords(progress));
    });
    return runs.now(mirror, signal).finally(() => told.dispose());
  });
  if (summary && (await tellEnding(name, summary)) === 'conflicts') await showConflicts(options, mirror);
}

async function begin(options: MirrorCommandsOptions, chosen: vscode.Uri | undefined): Promise<void> {
  const { services, mirrors, pages } = options;
  const source = await askSource(services, chosen);
  const mirror = source === undefined ? undefined : await askMirror(services, source);
  if (!mirror) return;
  await demandOwnFolder(mirrors, mirror);
  const plan = await withProgress(vscode.l10n.t('Comparing "{0}"', basename(mirror.source)), (signal) =>
    mirrors.plan(mirror, { signal }),
  );
  const [start, look] = [vscode.l10n.t('Start Mirror'), vscode.l10n.t('Show Plan')];
  const question = vscode.l10n.t('Mirror "{0}" to {1}?', basename(mirror.source), mirror.folder);
  const dialog = { modal: true, detail: planWords(plan) };
  const answer = await vscode.window.showInformationMessage(question, dialog, start, look);
  if (answer === look) {
    await pages.preview(vscode.l10n.t('Plan'), planPage(plan));
    if ((await vscode.window.showInformationMessage(question, start)) !== start) return;
  } else if (answer !== start) return;
  await mirrors.save(mirror);
  await vscode.commands.executeCommand('dossier.mirrors.focus');
  await run(options, mirror);
}

/** Each would take what the other sent for somebody else's. */
async function demandOwnFolder(mirrors: Mirrors, { id, connection, folder }: Mirror): Promise<void> {
  const other = (await mirrors.list()).find(
    (each) => each.id !== id && each.connection === connection && foldedName(each.folder) === foldedName(folder),
  );
  if (other)
    throw editorError(
      'invalid-input',
      say`${folder} receives the mirror of "${basename(other.source)}" already: choose another folder`,
    );
}

async function showConflicts({ mirrors }: MirrorCommandsOptions, mirror: Mirror): Promise<void> {
  const items = (await mirrors.status(mirror.id)).conflicts.map((conflict) => ({
    label: conflict.place.slice(1),
    description: reasonWords[conflict.reason],
    detail: conflict.keptAt === undefined ? '' : vscode.l10n.t('The other version is kept as {0}', conflict.keptAt),
    conflict,
  }));
  const placeHolder =
    items.length === 0
      ? vscode.l10n.t('Nothing was changed at the destination')
      : vscode.l10n.t('Choose a file to compare both versions');
  const title = vscode.l10n.t('Conflicts of "{0}"', basename(mirror.source));
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  if (chosen) await compare(mirror, chosen.conflict);
}

async function remove({ mirrors }: MirrorCommandsOptions, { id, source }: Mirror): Promise<void> {
  const confirm = vscode.l10n.t('Remove Mirror');
  const detail = vscode.l10n.t('Both folders stay as they are.');
  const question = vscode.l10n.t('Stop mirroring "{0}"?', basename(source));
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, confirm);
  if (answer === confirm) await mirrors.remove(id);
}

async function chooseMirror(mirrors: Mirrors): Promise<Mirror | undefined> {
  const all = await mirrors.list();
  if (all.length === 1) return all[0];
  const items = all.map((mirror) => ({ label: basename(mirror.source), description: mirror.folder, mirror }));
  const placeHolder = all.length === 0 ? vscode.l10n.t('No folder is mirrored yet') : vscode.l10n.t('Choose a mirror');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.mirror;
}

/** The file of this computer beside the version that was made at the destination. */
async function compare({ source, connection, folder }: Mirror, { place, keptAt }: StoredConflict): Promise<void> {
  const names = (path: string) => path.split('/').filter((name) => name !== '');
  const here = vscode.Uri.file(join(source, ...names(place)));
  const path = joinPath(folder, ...names(keptAt ?? place));
  const there = vscode.Uri.from({ scheme: remoteScheme, authority: connection, path });
  const [isHere, isThere] = await Promise.all([exists(here), exists(there)]);
  if (isHere && isThere) {
    const title = vscode.l10n.t('{0}: there and here', place.slice(1));
    return void (await vscode.commands.executeCommand('vscode.diff', there, here, title));
  }
  if (!isHere && !isThere)
    throw editorError('not-found', say`${place.slice(1)} is gone on both sides: there is nothing to compare`);
  await vscode.commands.executeCommand('vscode.open', isHere ? here : there);
  const words = isHere
    ? vscode.l10n.t('"{0}" is gone at the destination. This is the file of this computer.', place.slice(1))
    : vscode.l10n.t('"{0}" is gone on this computer. This is the version at the destination.', place.slice(1));
  void vscode.window.showInformationMessage(words);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}

/** Gives what the person wants to look at. */
async function tellEnding(
  name: string,
  { ending, error, sent, bytes, conflicts, failed, unchanged }: MirrorSummary,
): Promise<'conflicts' | undefined> {
  if (error) throw error;
  const look = vscode.l10n.t('Show Conflicts');
  if (ending === 'conflicts' || conflicts > 0) {
    const words =
      ending === 'conflicts'
        ? vscode.l10n.t('"{0}" was not mirrored. Changed at the destination: {1}.', name, conflicts)
        : vscode.l10n.t(
            '"{0}": changed at the destination: {1}. Those are kept unless you chose otherwise.',
            name,
            conflicts,
          );
    return (await vscode.window.showWarningMessage(words, look)) === look ? 'conflicts' : undefined;
  }
  if (failed > 0) {
    void vscode.window.showWarningMessage(vscode.l10n.t('"{0}": files that could not be mirrored: {1}.', name, failed));
    return undefined;
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('"{0}" is mirrored. Sent: {1} ({2}). Unchanged: {3}.', name, sent, formatSize(bytes), unchanged),
  );
  return undefined;
}
