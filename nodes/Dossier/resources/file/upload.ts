import {
  type Committed,
  createUploader,
  DossierError,
  type Drive,
  distinctNames,
  type EntryRef,
  isDossierError,
  joinPath,
  type Outcome,
  portableName,
  say,
} from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { type BinaryFile, binaryFiles } from '../../../host/binary.ts';
import { clock } from '../../../host/clock.ts';
import { folderOf } from '../../existing.ts';
import { createItemJournal } from '../../itemJournal.ts';

type WhenThere = 'fail' | 'keepBoth' | 'replace';

/** Names tried before it is clear that something else is wrong. */
const mostNames = 100;

export const uploadFile: Operation = {
  value: 'upload',
  name: 'Upload',
  action: 'Upload files',
  description: 'Upload the binary files of an item, in pieces where they are large, and prove that they arrived',
  properties: [
    {
      displayName: 'Input Binary Fields',
      name: 'fields',
      type: 'string',
      default: '',
      placeholder: 'e.g. data, photo',
      description: 'Names of the binary fields to upload, separated by commas. Empty uploads all that the item has.',
    },
    folderLocator({
      displayName: 'Destination Folder',
      name: 'folder',
      description: 'It must be there. Empty is the folder for submissions of the connection, or the top level.',
    }),
  ],
  options: [
    {
      displayName: 'File Name',
      name: 'fileName',
      type: 'string',
      default: '',
      placeholder: 'e.g. photo.jpg',
      description: 'Instead of the name that the file came with, where there is one file',
    },
    {
      displayName: 'If the File Exists',
      name: 'whenThere',
      type: 'options',
      options: [
        { name: 'Fail', value: 'fail', description: 'Leave it as it is and say so' },
        { name: 'Keep Both', value: 'keepBoth', description: 'Give the new one a number' },
        {
          name: 'Replace',
          value: 'replace',
          description: 'Put the new one in its place, unless it changes in that moment',
        },
      ],
      default: 'fail',
    },
  ],
  async run(call) {
    const { context, itemIndex, parameter, open } = call;
    const { drive } = await open();
    const folder = await folderOf(call, 'folder');
    const { fileName = '', whenThere = 'fail' } = (parameter('options') ?? {}) as {
      fileName?: string;
      whenThere?: WhenThere;
    };
    const files = await binaryFiles(context, itemIndex, parameter('fields'));
    if (files.length === 0)
      throw new DossierError('source-missing', say`Item ${itemIndex} has no binary field to upload`);
    if (fileName !== '' && files.length > 1)
      throw new DossierError('invalid-input', say`One file name cannot be given to ${files.length} files`);
    const wanted = files.map(({ name }) =>
      portableName(fileName === '' ? name : fileName, { maxLength: 200, fallback: 'file', keepExtension: true }),
    );
    const outcomes = await deliver(call, drive, folder, files, distinctNames(wanted), whenThere);
    return {
      items: outcomes.map((outcome, index) => {
        if (!outcome.ok) throw outcome.error;
        return {
          json: { field: files[index]?.field, ...entryJson(outcome.value.entry), proof: { ...outcome.value.proof } },
        };
      }),
    };
  },
};

async function deliver(
  call: Call,
  drive: Drive,
  folder: EntryRef,
  files: readonly BinaryFile[],
  names: readonly string[],
  whenThere: WhenThere,
): Promise<Outcome<Committed>[]> {
  const uploader = createUploader({ drive, clock, journal: createItemJournal().uploads });
  const targets = await Promise.all(
    names.map(async (name) => ({
      folder,
      name,
      ...(whenThere === 'replace' ? await replacing(call, drive, folder, name) : {}),
    })),
  );
  const items = targets.map((target, index) => ({
    id: `${index} ${target.name}`,
    source: files[index]!.source,
    target,
  }));
  const outcomes = await uploader.deliver(items, { signal: call.signal });
  const taken = outcomes.flatMap((outcome, index) =>
    !outcome.ok && isDossierError(outcome.error, 'already-exists') ? [index] : [],
  );
  if (whenThere !== 'keepBoth' || taken.length === 0) return outcomes;
  return renamed(call, drive, folder, files, names, outcomes, taken);
}

/** Sends those again whose names were taken, under the next names. */
async function renamed(
  call: Call,
  drive: Drive,
  folder: EntryRef,
  files: readonly BinaryFile[],
  names: readonly string[],
  outcomes: Outcome<Committed>[],
  taken: readonly number[],
): Promise<Outcome<Committed>[]> {
  const settled = [...outcomes];
  for (const index of taken) {
    const tried = [...names];
    for (
      let attempt = 0;
      attempt < mostNames && settled[index]?.ok === false && isDossierError(settled[index].error, 'already-exists');
      attempt++
    ) {
      const [name = ''] = distinctNames([names[index] ?? ''], tried);
      tried.push(name);
      [settled[index] = settled[index]] = await deliver(call, drive, folder, [files[index]!], [name], 'fail');
    }
  }
  return settled;
}

/** The revision that is to be replaced: nothing else may be. */
async function replacing(
  { again, signal }: Call,
  drive: Drive,
  folder: EntryRef,
  name: string,
): Promise<{ replace?: string }> {
  const there = await again(() => drive.stat({ path: joinPath(folder.path, name) }, { signal }));
  if (there === undefined) return {};
  if (there.type === 'folder') throw new DossierError('type-mismatch', say`"${there.path}" is a folder`);
  return { replace: there.revision };
}
