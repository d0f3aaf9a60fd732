import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as vscode from 'vscode';
import { DossierError, say } from '../../../shared/index.ts';
import { editorError } from './editorError.ts';
import { unlessCancelled } from './unlessCancelled.ts';

/** Opens an address in the user's own browser, wherever the editor runs. */
export async function openInBrowser(address: string): Promise<void> {
  const opened = await vscode.env.openExternal(vscode.Uri.parse(address, true));
  if (!opened) throw new DossierError('cancelled');
}

/** Opens the page of a folder. As text: the editor would decode what is encoded in a path, and a "#" would end it. */
export async function openPage(address: string): Promise<void> {
  await vscode.env.openExternal(address as unknown as vscode.Uri);
}

/** A port of this machine to which the browser is sent back after a sign-in. */
export interface Loopback {
  readonly uri: string;
  /** The whole address that the browser came with. */
  arrival(signal: AbortSignal): Promise<string>;
  close(): void;
}

/** Listens at the first of these addresses whose port is free. Reachable from this machine only. */
export async function listenAtLoopback(uris: readonly string[]): Promise<Loopback> {
  for (const uri of uris) {
    const server = createServer();
    if (await isListening(server, Number(new URL(uri).port))) return loopbackOver(server, uri);
  }
  const ports = uris.map((uri) => new URL(uri).port).join(', ');
  throw editorError('locked', say`Other programs use the ports ${ports}. Close them, or sign in by pasting the code`);
}

function isListening(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}

function loopbackOver(server: Server, uri: string): Loopback {
  const arrived = new Promise<string>((resolve) => {
    server.on('request', (request, response) => {
      const came = new URL(request.url ?? '/', uri);
      if (isAnswer(request, came)) resolve(came.href);
      answer(response, isAnswer(request, came));
    });
  });
  return {
    uri,
    arrival: (signal) => unlessCancelled(arrived, signal),
    close() {
      server.close();
      // The page that says goodbye may still be on its way: only idle connections are closed.
      server.closeIdleConnections();
    },
  };
}

function isAnswer({ method }: IncomingMessage, came: URL): boolean {
  return method === 'GET' && came.pathname === '/' && (came.searchParams.has('code') || came.searchParams.has('error'));
}

function answer(response: ServerResponse, isExpected: boolean): void {
  const words = isExpected ? vscode.l10n.t('You can close this page and go back to the editor.') : 'Not found';
  response.writeHead(isExpected ? 200 : 404, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'",
    Connection: 'close',
  });
  response.end(`<!DOCTYPE html><title>Dossier</title><h1>Dossier</h1><p>${words}</p>`);
}
