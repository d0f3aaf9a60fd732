import * as vscode from 'vscode';

/** Shows that something is going on, and how far it is where `act` tells; Cancel really cancels it. */
export function withProgress<T>(
  title: string,
  act: (signal: AbortSignal, tell: (message: string) => void) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return Promise.resolve(
    vscode.window.withProgress(options, (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return act(controller.signal, (message) => progress.report({ message }));
    }),
  );
}
