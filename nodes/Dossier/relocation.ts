import type { INodeProperties } from 'n8n-workflow';
import { type Context, type Entry, type EntryRef, parseName } from '../../shared/index.ts';
import { entryJson } from '../fields/entryJson.ts';
import { mustExist, whenEmpty } from '../fields/folderWords.ts';
import { entryLocator, folderLocator } from '../fields/locators.ts';
import type { Call, Result } from '../fields/operation.ts';
import { existingEntry, folderOf } from './existing.ts';

/** Fields of the operations that put a file or a folder somewhere else. */
export function relocationFields(type: Entry['type']): INodeProperties[] {
  const locate = type === 'file' ? entryLocator : folderLocator;
  return [
    locate({ displayName: type === 'file' ? 'File' : 'Folder', name: 'path', required: true }),
    folderLocator({
      displayName: 'Destination Folder',
      name: 'folder',
      description: `${mustExist} ${whenEmpty}`,
    }),
    {
      displayName: 'New Name',
      name: 'name',
      type: 'string',
      default: '',
      placeholder: type === 'file' ? 'e.g. photo-2.jpg' : 'e.g. Spring 2026',
      description: 'Empty keeps the name',
    },
  ];
}

/** What the drive does with an entry, a folder and a name: `move` and `copy`. */
type Relocate = (entry: Entry, folder: EntryRef, name: string, context: Context) => Promise<Entry>;

export async function relocate(call: Call, how: 'move' | 'copy', type: Entry['type']): Promise<Result> {
  const entry = await existingEntry(call, 'path', type);
  const folder = await folderOf(call, 'folder');
  const { drive } = await call.open();
  const act: Relocate = drive[how].bind(drive);
  const given = String(call.parameter('name') ?? '').trim();
  const moved = await act(entry, folder, given === '' ? entry.name : parseName(given), { signal: call.signal });
  return { items: [{ json: entryJson(moved) }] };
}
