import * as vscode from 'vscode';
import {
  type Drive,
  type Entry,
  isDossierError,
  parsePath,
  retry,
  say,
  toDossierError,
} from '../../../shared/index.ts';
import { brief } from '../model/links/patience.ts';
import type { Services } from '../services.ts';
import { editorError } from '../ui/editorError.ts';
import { formatSize } from '../ui/format.ts';
import { remoteScheme } from './remoteUri.ts';

/** The editor holds a file that it shows in memory. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Files of connected drives for the editor to show, and nothing more: who wants to change one saves a copy. The
 * address names the connection and the path.
 */
export function registerRemoteFiles(services: Services): vscode.Disposable {
  const { connections, clock } = services;
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

  const at = async <T>(uri: vscode.Uri, act: (drive: Drive, entry: Entry) => Promise<T>): Promise<T> => {
    try {
      const drive = await connections.open(uri.authority);
      const path = parsePath(uri.path);
      const entry = await retry(() => drive.stat({ path }), { clock, policy: brief });
      if (!entry) throw vscode.FileSystemError.FileNotFound(uri);
      return await act(drive, entry);
    } catch (thrown) {
      throw asFileSystemError(uri, thrown, services);
    }
  };
  const refuse = (uri: vscode.Uri): never => {
    throw vscode.FileSystemError.NoPermissions(uri);
  };

  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => (isProbe(uri) ? Promise.reject(vscode.FileSystemError.FileNotFound(uri)) : at(uri, statOf)),
    readDirectory: (uri) =>
      at(uri, async (drive, folder) => {
        const found: [string, vscode.FileType][] = [];
        for await (const page of drive.list(folder)) for (const entry of page) found.push([entry.name, typeOf(entry)]);
        return found;
      }),
    readFile: (uri) => at(uri, readWhole),
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerFileSystemProvider(remoteScheme, provider, { isReadonly: true, isCaseSensitive: true }),
  );
}

/** The editor and other extensions look for their settings in every folder that they hear of. */
function isProbe({ path }: vscode.Uri): boolean {
  return /\/\.(vscode|git|devcontainer|editorconfig)(\/|$)/.test(path);
}

async function statOf(_drive: Drive, entry: Entry): Promise<vscode.FileStat> {
  const isFile = entry.type === 'file';
  return {
    type: typeOf(entry),
    ctime: 0,
    mtime: isFile ? entry.modified : 0,
    size: isFile ? entry.size : 0,
    permissions: vscode.FilePermission.Readonly,
  };
}

async function readWhole(drive: Drive, file: Entry): Promise<Uint8Array> {
  if (file.type !== 'file') throw vscode.FileSystemError.FileIsADirectory(file.path);
  if (file.size > mostBytes)
    throw editorError('too-large', say`"${file.name}" has ${formatSize(file.size)}: save a copy to open it`);
  const parts: Uint8Array[] = [];
  for await (const part of drive.read(file)) parts.push(part);
  return Buffer.concat(parts);
}

function typeOf({ type }: Entry): vscode.FileType {
  return type === 'file' ? vscode.FileType.File : vscode.FileType.Directory;
}

function asFileSystemError(uri: vscode.Uri, thrown: unknown, { problems }: Services): Error {
  if (thrown instanceof vscode.FileSystemError) return thrown;
  if (isDossierError(thrown, 'not-found')) return vscode.FileSystemError.FileNotFound(uri);
  const sentence = problems.describe(thrown) ?? toDossierError(thrown).message;
  return isDossierError(thrown, 'forbidden') || isDossierError(thrown, 'unauthorized')
    ? vscode.FileSystemError.NoPermissions(sentence)
    : vscode.FileSystemError.Unavailable(sentence);
}
