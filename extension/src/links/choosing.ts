import * as vscode from 'vscode';
import { type DrivePath, type EntryRef, foldedName, isWithin, type Link } from '../../../shared/index.ts';

/** The ticks that somebody sets and takes away before they are applied. One connection at a time. */
export interface Choosing extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  /** Whose folders are being chosen. */
  readonly connection: string | undefined;
  readonly ticked: readonly EntryRef[];
  begin(connection: string, linked: readonly Link[]): void;
  end(): void;
  /** A ticked folder takes in everything below it, so that nothing below it needs a tick of its own. */
  tick(folder: EntryRef, isTicked: boolean): void;
  isTicked(folder: EntryRef): boolean;
  /** It lies in a ticked folder. */
  isCovered(folder: EntryRef): boolean;
}

export function createChoosing(): Choosing {
  const changed = new vscode.EventEmitter<void>();
  let connection: string | undefined;
  let ticked: readonly EntryRef[] = [];
  const set = (chosen: string | undefined, folders: readonly EntryRef[]) => {
    connection = chosen;
    ticked = folders;
    void vscode.commands.executeCommand('setContext', 'dossier.choosingLinks', chosen !== undefined);
    changed.fire();
  };
  return {
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
    get connection() {
      return connection;
    },
    get ticked() {
      return ticked;
    },
    begin: (chosen, linked) =>
      set(
        chosen,
        linked.map(({ folder }) => folder),
      ),
    end: () => set(undefined, []),
    tick(folder, isTicked) {
      const others = ticked.filter((other) => !isSameFolder(other, folder) && !isBelow(other, folder));
      set(connection, isTicked ? [...others, folder] : others);
    },
    isTicked: (folder) => ticked.some((other) => isSameFolder(other, folder)),
    isCovered: (folder) => ticked.some((other) => !isSameFolder(other, folder) && isBelow(folder, other)),
  };
}

function isSameFolder(a: EntryRef, b: EntryRef): boolean {
  return (a.id ?? a.path) === (b.id ?? b.path);
}

function isBelow({ path }: EntryRef, folder: EntryRef): boolean {
  return isWithin(foldedName(path) as DrivePath, foldedName(folder.path) as DrivePath);
}
