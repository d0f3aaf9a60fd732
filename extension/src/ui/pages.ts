import * as vscode from 'vscode';

/** Read-only pages that are made on the spot and lie nowhere. */
export interface Pages extends vscode.Disposable {
  /** Shows Markdown as it is meant to look. */
  preview(title: string, markdown: string): Promise<void>;
  /** Shows a text as it is; the name's ending says what it is. */
  show(name: string, text: string): Promise<void>;
}

export function createPages(scheme: string): Pages {
  const texts = new Map<string, string>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()),
  });
  const closed = vscode.workspace.onDidCloseTextDocument(({ uri }) => void texts.delete(uri.toString()));
  let count = 0;
  const keep = (name: string, text: string): vscode.Uri => {
    const uri = vscode.Uri.from({ scheme, path: `/${name}`, query: String(++count) });
    texts.set(uri.toString(), text);
    return uri;
  };
  return {
    async preview(title, markdown) {
      await vscode.commands.executeCommand('markdown.showPreview', keep(`${title}.md`, markdown));
    },
    async show(name, text) {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(keep(name, text)), {
        preview: true,
      });
    },
    dispose() {
      provider.dispose();
      closed.dispose();
    },
  };
}
