import type { files } from 'dropbox';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { foldedName } from '../../core/names.ts';
import { joinPath, parseName } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Entry, EntryRef, FolderEntry } from '../../drive/entry.ts';
import { refuseRoot } from '../../drive/reference.ts';
import type { DropboxApi } from './api.ts';
import { isRoot, parseEntry, parseFolder, pathArgument, rootEntry, unknown } from './metadata.ts';

/** Looks at single entries. */
export interface Lookup {
  stat(ref: EntryRef, context?: Context, operation?: string): Promise<Entry | undefined>;
  /** What is at a path argument as Dropbox writes it, such as `id:…/name`. */
  at(argument: string, operation: string, context?: Context): Promise<Entry | undefined>;
  /**
   * The folder that something is to be put into, as it is now: Dropbox itself would make missing ones without a word.
   */
  parent(ref: EntryRef, operation: string, context?: Context): Promise<FolderEntry>;
}

export function createLookup(api: DropboxApi): Lookup {
  const lookup: Lookup = {
    async at(argument, operation, context) {
      try {
        return parseEntry(
          await api.rpc(
            'files/get_metadata',
            { path: argument } satisfies files.GetMetadataArg,
            { operation },
            context,
          ),
        );
      } catch (error) {
        if (isDossierError(error, 'not-found')) return undefined;
        throw error;
      }
    },
    stat: async (ref, context, operation = 'stat') => {
      // The root has no metadata, so a look at it proves only that the account answers.
      if (isRoot(ref)) {
        await api.rpc(
          'files/list_folder',
          { path: '', limit: 1 } satisfies files.ListFolderArg,
          { operation },
          context,
        );
        return rootEntry;
      }
      return lookup.at(pathArgument(ref), operation, context);
    },
    async parent(ref, operation, context) {
      if (isRoot(ref)) return rootEntry;
      const entry = await lookup.stat(ref, context, operation);
      if (entry?.type === 'folder') return entry;
      throw new DossierError(entry ? 'type-mismatch' : 'parent-missing', say`There is no folder at ${ref.path}`, {
        operation,
        where: 'dropbox',
        path: ref.path,
      });
    },
  };
  return lookup;
}

type FileOperations = Pick<Drive, 'createFolder' | 'remove' | 'move' | 'copy' | 'link'>;

export function createFileOperations(api: DropboxApi, lookup: Lookup): FileOperations {
  const relocate = async (
    route: string,
    from: string,
    to: string,
    operation: string,
    context?: Context,
  ): Promise<Entry> => {
    const argument = { from_path: from, to_path: to } satisfies files.RelocationArg;
    return parseEntry(metadataIn(await api.rpc(route, argument, { operation, path: to }, context)));
  };

  return {
    async createFolder(parent, name, context) {
      const checked = parseName(name);
      const { path } = await lookup.parent(parent, 'createFolder', context);
      const argument = { path: joinPath(path, checked), autorename: false } satisfies files.CreateFolderArg;
      const info = { operation: 'createFolder', path: argument.path };
      return parseFolder(metadataIn(await api.rpc('files/create_folder_v2', argument, info, context)));
    },

    async remove(ref, context) {
      neverRoot(ref, 'remove');
      try {
        await api.rpc(
          'files/delete_v2',
          { path: pathArgument(ref) } satisfies files.DeleteArg,
          { operation: 'remove', path: ref.path },
          context,
        );
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
      }
    },

    async move(ref, folder, name, context) {
      neverRoot(ref, 'move');
      const checked = parseName(name);
      const target = joinPath((await lookup.parent(folder, 'move', context)).path, checked);
      const move = async (from: string, to: string) => relocate('files/move_v2', from, to, 'move', context);
      const moved = await move(pathArgument(ref), target);
      if (moved.name === checked || foldedName(moved.name) !== foldedName(checked)) return moved;
      // A change of case alone is answered with success and not done: it takes a detour by another name.
      const aside = await move(pathArgument(moved), `${target} (renaming)`);
      return move(pathArgument(aside), target);
    },

    async copy(ref, folder, name, context) {
      neverRoot(ref, 'copy');
      const checked = parseName(name);
      const target = joinPath((await lookup.parent(folder, 'copy', context)).path, checked);
      return relocate('files/copy_v2', pathArgument(ref), target, 'copy', context);
    },

    /** Good for four hours, and gives nobody a lasting right: Dropbox's shared links would make the file public. */
    async link(ref, context) {
      const argument = { path: pathArgument(ref) } satisfies files.GetTemporaryLinkArg;
      const answer = await api.rpc(
        'files/get_temporary_link',
        argument,
        { operation: 'link', path: ref.path },
        context,
      );
      if (!isRecord(answer) || typeof answer['link'] !== 'string' || !URL.canParse(answer['link']))
        throw unknown(say`no link`);
      return answer['link'];
    },
  };
}

/** Only its path names the root: it has no id. */
function neverRoot(ref: EntryRef, operation: string): void {
  if (ref.id === undefined) refuseRoot(ref.path, { operation, where: 'dropbox' });
}

function metadataIn(answer: unknown): unknown {
  return isRecord(answer) ? answer['metadata'] : undefined;
}
