import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import {
  bagOf,
  createLocalFolderDrive,
  DossierError,
  inFolder,
  type OutgoingFile,
  placeExport,
  portableName,
  rootPath,
  zipOf,
} from '../../../shared/index.ts';
import { nodeClock } from '../node/nodeClock.ts';
import { nodeFiles } from '../node/nodeFiles.ts';

export type Outgoing = AsyncIterable<OutgoingFile>;

/** Writes an export to the place that was chosen for it, and gives that place. */
export type Writer = (files: Outgoing, signal: AbortSignal) => Promise<string>;

interface Wanted {
  /** Of the dialogs. */
  readonly title: string;
  /** What the file or folder is called unless the user says otherwise. */
  readonly name: string;
  readonly near: vscode.Uri;
}

/** One ZIP file. What was there under its name stays until it is whole; half an archive proves nothing. */
export async function chooseArchive({ title, name, near }: Wanted): Promise<Writer | undefined> {
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(near, `${name}.zip`),
    saveLabel: vscode.l10n.t('Export'),
    title,
  });
  return (
    target &&
    (async (files, signal) => {
      // Nobody else's name, and one that listings leave out: the archive may lie in the folder that goes into it.
      const part = join(dirname(target.fsPath), `.dossier-${randomBytes(16).toString('hex')}.tmp`);
      try {
        await pipeline(zipOf(files), createWriteStream(part), { signal });
        await rename(part, target.fsPath);
      } catch (error) {
        await rm(part, { force: true });
        throw signal.aborted ? new DossierError('cancelled') : error;
      }
      return target.fsPath;
    })
  );
}

/** A new folder in one that the user chooses. */
export async function chooseFolder({ title, name }: Wanted): Promise<Writer | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: vscode.l10n.t('Export Here'),
    title,
  });
  const root = chosen?.[0]?.fsPath;
  if (root === undefined) return undefined;
  const drive = createLocalFolderDrive({ files: nodeFiles, root, randomBytes });
  return async (files, signal) => {
    const made = await placeExport(files, { drive, parent: { path: rootPath }, name, clock: nodeClock, signal });
    return nodeFiles.join(root, made.name);
  };
}

export type BagContent = Omit<Parameters<typeof bagOf>[0], 'now'>;

export interface BagForm {
  readonly label: string;
  choose(): Promise<((content: BagContent, signal: AbortSignal) => Promise<string>) | undefined>;
}

/** The two forms of a bag: one file, which has the bag in one folder as the standard wants it, or a folder. */
export function bagForms(wanted: Wanted): readonly BagForm[] {
  const bag = (content: BagContent) => bagOf({ ...content, now: nodeClock.now() });
  const name = portableName(wanted.name, { maxLength: 80, fallback: 'bag' });
  return [
    {
      label: vscode.l10n.t('A BagIt bag, as one ZIP file'),
      async choose() {
        const write = await chooseArchive({ ...wanted, name });
        return write && ((content, signal) => write(inFolder(name, bag(content)), signal));
      },
    },
    {
      label: vscode.l10n.t('A BagIt bag, as a folder'),
      async choose() {
        const write = await chooseFolder({ ...wanted, name });
        return write && ((content, signal) => write(bag(content), signal));
      },
    },
  ];
}
