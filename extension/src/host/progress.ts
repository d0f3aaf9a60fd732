import * as vscode from 'vscode';

/** Shows that something is going on; Cancel really cancels it. */
export function withProgress<T>(title: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return Promise.resolve(
    vscode.window.withProgress(options, (_, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return act(controller.signal);
    }),
  );
}
