import type { IBinaryData } from 'n8n-workflow';
import {
  type ByteSource,
  DossierError,
  namesOf,
  type Outcome,
  parsePath,
  portableName,
  say,
  toDossierError,
  unzip,
} from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call } from '../../../fields/operation.ts';
import { type BinaryFile, binaryFiles } from '../../../host/binary.ts';

/** A file that shall lie somewhere below a folder, or why it cannot. */
export interface FileWithPath {
  readonly item: number;
  /** As the item or the archive says it. */
  readonly relativePath: string;
  /** The binary that it came as. */
  readonly brought?: { readonly field: string; readonly binary: IBinaryData };
  readonly content: Outcome<Content>;
}

export interface Content {
  /** Names of the folders, from the destination on. */
  readonly folders: readonly string[];
  readonly name: string;
  readonly source: ByteSource;
}

/** The files that the items of a run bring, each with the path that its item says. */
export async function filesOfItems(call: Call): Promise<FileWithPath[]> {
  const all: FileWithPath[] = [];
  for (const item of call.items) {
    try {
      all.push(...(await filesOfItem(call, item)));
    } catch (error) {
      all.push({ item, relativePath: '', content: { ok: false, error: toDossierError(error) } });
    }
  }
  return all;
}

async function filesOfItem({ context, parameter }: Call, item: number): Promise<FileWithPath[]> {
  const files = await binaryFiles(context, item, parameter('fields', item));
  if (files.length === 0) throw new DossierError('source-missing', say`Item ${item} has no binary field to upload`);
  const entered = given(context, 'relativePath', parameter('relativePath', item));
  const path = String(entered || (context.getInputData()[item]?.json['relativePath'] ?? ''));
  if (files.length > 1 && path !== '' && !/[/\\]$/.test(path))
    throw new DossierError(
      'invalid-input',
      say`One path cannot be given to ${files.length} files. End it with a slash, and their own names follow`,
    );
  return files.map((file) => fileAt(item, file, path));
}

function fileAt(item: number, { field, name, source, binary }: BinaryFile, path: string): FileWithPath {
  const relativePath = path === '' || /[/\\]$/.test(path) ? `${path}${name.replaceAll('/', ' ')}` : path;
  return { item, relativePath, brought: { field, binary }, content: placed(relativePath, source) };
}

/** What is in an archive. Folders come with the files in them; empty ones are left out. */
export async function filesOfArchive({ context, itemIndex, parameter }: Call): Promise<FileWithPath[]> {
  const [archive] = await binaryFiles(context, itemIndex, parameter('archive'));
  if (archive === undefined)
    throw new DossierError('source-missing', say`Item ${itemIndex} has no binary field to upload`);
  const entries = await unzip(archive.source);
  return entries
    .filter(({ path }) => !/[/\\]$/.test(path))
    .map(({ path, source }) => ({ item: itemIndex, relativePath: path, content: placed(path, source) }));
}

/** Nothing leads out of the folder, and names are such that every place takes them. */
function placed(relativePath: string, source: ByteSource): Outcome<Content> {
  try {
    const names = namesOf(parsePath(relativePath.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '')));
    const safe = names.map((name) => portableName(name, { maxLength: 200, fallback: 'file', keepExtension: true }));
    const name = safe.pop();
    if (name === undefined) throw new DossierError('invalid-path', 'The file has no name');
    return { ok: true, value: { folders: safe, name, source } };
  } catch (error) {
    return { ok: false, error: toDossierError(error) };
  }
}
