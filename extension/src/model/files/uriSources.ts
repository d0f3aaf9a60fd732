import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Attachment,
  type AttachmentSources,
  type ByteSource,
  DossierError,
  say,
} from '../../../../shared/index.ts';
import { mediaTypeOf } from './mediaTypes.ts';

/**
 * Files that the editor reaches and this program does not: on the other side of a remote window, or in a file system of
 * another extension. They are kept by their whole address, and read where they lie.
 */
export const uriKind = 'uri';

/** The editor hands such a file over in one piece. */
const mostBytes = 512 * 1024 * 1024;

export const uriSources: AttachmentSources = {
  async open(attachment): Promise<ByteSource> {
    const uri = vscode.Uri.parse(String(attachment.source['uri']), true);
    const { size } = await statOf(uri, attachment.name);
    let content: Promise<Uint8Array> | undefined;
    const read = () => (content ??= Promise.resolve(vscode.workspace.fs.readFile(uri)));
    return {
      size,
      async *open({ start = 0, end = size } = {}) {
        yield (await read()).subarray(start, end);
      },
      fingerprint: async () => fingerprintOf(await statOf(uri, attachment.name)),
    };
  },
};

export async function attachmentAt(uri: vscode.Uri): Promise<Attachment> {
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const stat = await statOf(uri, name);
  return {
    id: randomUUID(),
    name,
    mediaType: mediaTypeOf(name),
    size: stat.size,
    // What is added to an address for the sake of its looks is no part of the file's.
    source: { kind: uriKind, uri: uri.with({ query: '', fragment: '' }).toString() },
    fingerprint: fingerprintOf(stat),
  };
}

export function uriOf({ source }: Attachment): vscode.Uri | undefined {
  return source.kind === uriKind ? vscode.Uri.parse(String(source['uri']), true) : undefined;
}

async function statOf(uri: vscode.Uri, name: string): Promise<vscode.FileStat> {
  const stat = await vscode.workspace.fs.stat(uri).then(undefined, (error: unknown) => {
    throw new DossierError(
      'source-missing',
      say`"${name}" cannot be reached at ${`${uri.scheme}://${uri.authority}`} now`,
      {
        path: uri.path,
        cause: error,
      },
    );
  });
  if ((stat.type & vscode.FileType.File) === 0)
    throw new DossierError('invalid-input', say`"${name}" is not a file: attach files, not folders`, {
      path: uri.path,
    });
  if (stat.size > mostBytes)
    throw new DossierError('too-large', say`"${name}" is too large to be read through the editor: save a copy first`, {
      path: uri.path,
    });
  return stat;
}

function fingerprintOf({ size, mtime }: vscode.FileStat): string {
  return `uri-${size}-${mtime}`;
}
