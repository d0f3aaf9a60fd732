import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { PageStrings } from '../../model/files/protocol.ts';

/**
 * The HTML around the report editor's page: nothing but our own script and style may run, and nothing may be loaded.
 */
export function pageHtml(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const asset = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; img-src blob:; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="${escaped(vscode.env.language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${escaped(asset('webview.css'))}">
  <title>Dossier</title>
</head>
<body>
  <div id="report" data-strings="${escaped(JSON.stringify(pageStrings()))}"></div>
  <script nonce="${nonce}" src="${escaped(asset('webview.js'))}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function pageStrings(): PageStrings {
  return {
    title: vscode.l10n.t('Title'),
    titleHint: vscode.l10n.t('What is this report about?'),
    description: vscode.l10n.t('Description'),
    descriptionHint: vscode.l10n.t('What happened, where and when?'),
    connection: vscode.l10n.t('Send to'),
    noConnection: vscode.l10n.t('Choose a connection'),
    attachments: vscode.l10n.t('Attachments'),
    attach: vscode.l10n.t('Attach files'),
    dropHint: vscode.l10n.t('Hold Shift to drop files here, or drop them on the report in the Reports view.'),
    noAttachments: vscode.l10n.t('No files attached.'),
    remove: vscode.l10n.t('Remove'),
    copy: vscode.l10n.t('Copy into the vault'),
    uncopy: vscode.l10n.t('Use the original'),
    withoutMetadata: vscode.l10n.t('Send without metadata'),
    open: vscode.l10n.t('Open'),
    digest: vscode.l10n.t('SHA-256'),
    actions: {
      save: vscode.l10n.t('Save draft'),
      submit: vscode.l10n.t('Submit'),
      submitLater: vscode.l10n.t('Submit later'),
      pause: vscode.l10n.t('Pause'),
      resume: vscode.l10n.t('Resume'),
      reopen: vscode.l10n.t('Back to drafts'),
      delete: vscode.l10n.t('Delete'),
      openDestination: vscode.l10n.t('Open folder'),
    },
  };
}
