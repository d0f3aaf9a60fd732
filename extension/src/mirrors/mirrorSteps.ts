import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  type ConflictRule,
  conflictRules,
  type DeletionRule,
  deletionRules,
  isDossierError,
  mirrorId,
  parsePath,
  usualRules,
} from '../../../shared/index.ts';
import type { Mirror } from '../model/mirrors/mirrorStore.ts';
import type { Services } from '../services.ts';
import { ask, askChoice, askText, type Step } from '../ui/steps.ts';
import { conflictWords, deletionWords } from './mirrorWords.ts';

interface Wishes {
  readonly connection: string;
  readonly folder: string;
  readonly deletions: DeletionRule;
  readonly conflicts: ConflictRule;
  readonly isRecorded: boolean;
}

/** The folder to mirror: the one that was chosen in the Explorer, the one that is open, or any. */
export async function askSource(services: Services, chosen: vscode.Uri | undefined): Promise<string | undefined> {
  if (chosen && services.isOnThisComputer(chosen)) return chosen.fsPath;
  const open = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => services.isOnThisComputer(uri));
  const items = [
    ...open.map(({ name, uri }) => ({ label: name, description: uri.fsPath, path: uri.fsPath })),
    { label: vscode.l10n.t('Another Folder…'), description: '', path: undefined },
  ];
  const title = vscode.l10n.t('Mirror Folder');
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Folder to be mirrored'),
  });
  if (!picked || picked.path !== undefined) return picked?.path;
  const [folder] =
    (await vscode.window.showOpenDialog({
      title,
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Mirror This Folder'),
    })) ?? [];
  return folder?.fsPath;
}

/** Where it goes and by which rules. */
export async function askMirror({ connections }: Services, source: string): Promise<Mirror | undefined> {
  const all = await connections.list();
  const steps: Step<Wishes>[] = [
    async (known, position) => {
      const choices = all.map(({ id, name, folder }) => ({ label: name, description: folder, value: id }));
      const connection = await askChoice(position, vscode.l10n.t('Connection that receives the mirror'), choices);
      return typeof connection === 'string' ? { ...known, connection } : connection;
    },
    async (known, position) => {
      const folder = await askText(position, {
        prompt: vscode.l10n.t('Folder at the destination; it is made when it is not there'),
        value: known.folder,
        refuse: refusePath,
      });
      return typeof folder === 'string' ? { ...known, folder } : folder;
    },
    async (known, position) => {
      const choices = deletionRules.map((value) => ({ label: deletionWords[value], value }));
      const deletions = await askChoice(
        position,
        vscode.l10n.t('When a file is removed here'),
        choices,
        known.deletions,
      );
      return typeof deletions === 'string' ? { ...known, deletions } : deletions;
    },
    async (known, position) => {
      const choices = conflictRules.map((value) => ({ label: conflictWords[value], value }));
      const prompt = vscode.l10n.t('When a copy was changed at the destination');
      const conflicts = await askChoice(position, prompt, choices, known.conflicts);
      return typeof conflicts === 'string' ? { ...known, conflicts } : conflicts;
    },
    async (known, position) => {
      const choices = [
        { label: vscode.l10n.t('Do not record'), value: false },
        {
          label: vscode.l10n.t('Record each version that is sent'),
          description: vscode.l10n.t('so that anyone who has a file can verify it'),
          value: true,
        },
      ];
      const prompt = vscode.l10n.t('The ledger of the connection');
      const isRecorded = await askChoice(position, prompt, choices, known.isRecorded);
      return typeof isRecorded === 'boolean' ? { ...known, isRecorded } : isRecorded;
    },
  ];
  const { deletions, conflicts } = usualRules;
  const initial: Wishes = { connection: '', folder: `/${basename(source)}`, deletions, conflicts, isRecorded: false };
  const wishes = await ask(vscode.l10n.t('Mirror "{0}"', basename(source)), initial, steps);
  if (!wishes) return undefined;
  const folder = parsePath(wishes.folder);
  const id = mirrorId(`local ${source}`, `${wishes.connection} ${folder}`);
  const rules = { ...usualRules, ignore: ignored(), deletions: wishes.deletions, conflicts: wishes.conflicts };
  const { connection, isRecorded } = wishes;
  return { schema: 1, id, source, connection, folder, rules, paused: false, ...(isRecorded && { isRecorded }) };
}

/** The patterns of the settings. */
export function ignored(): string[] {
  return vscode.workspace.getConfiguration('dossier.mirror').get<string[]>('ignore') ?? [];
}

function refusePath(text: string): string | undefined {
  try {
    return parsePath(text) === '/' ? vscode.l10n.t('Name a folder of its own for the mirror.') : undefined;
  } catch (error) {
    if (isDossierError(error, 'invalid-path')) return vscode.l10n.t('This cannot be the path of a folder.');
    throw error;
  }
}
