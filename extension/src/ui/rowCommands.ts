import * as vscode from 'vscode';

// While a tree is drawn anew, VS Code no longer knows which row was meant and passes undefined in its place. Then
// nothing is done, rather than something to another.

/** A command that only a row of a tree offers. */
export function registerRowCommand<T>(id: string, act: (row: T) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, (row: T | undefined) => (row === undefined ? tellLost() : act(row)));
}

/** A command that is offered elsewhere as well: from the palette and the keyboard it comes without any argument. */
export function registerTargetCommand<T>(id: string, act: (target: T | undefined) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, (...given: (T | undefined)[]) =>
    given.length > 0 && given[0] === undefined ? tellLost() : act(given[0]),
  );
}

function tellLost(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('The list has just changed: choose again.'));
}
