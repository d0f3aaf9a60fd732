import type { IDataObject } from 'n8n-workflow';
import type { NodeContext } from '../host/context.ts';
import type { ChangeItem } from './change.ts';

/** Something in the watched folder that a look could not read. */
export interface Unreadable {
  readonly path: string;
  readonly spelling?: string;
  readonly reason: string;
}

const keyOf = ({ path, spelling }: Pick<Unreadable, 'path' | 'spelling'>) => JSON.stringify([path, spelling ?? null]);

/** An item for each entry that cannot be read and could be at the look before; n8n remembers which. */
export function newlyUnread(
  context: Pick<NodeContext, 'logger'> & { getWorkflowStaticData(type: string): IDataObject },
  folder: string,
  unreadable: readonly Unreadable[],
): ChangeItem[] {
  const data = context.getWorkflowStaticData('node');
  const key = `unread ${folder}`;
  const known = new Set(Array.isArray(data[key]) ? (data[key] as string[]) : []);
  if (unreadable.length > 0 || known.size > 0) data[key] = unreadable.map(keyOf);
  const found = unreadable.filter((each) => !known.has(keyOf(each)));
  for (const { path, reason } of found)
    context.logger.warn(`Something in a watched folder could not be read: ${path}: ${reason}`);
  return found.map(({ path, spelling, reason }) => ({
    event: 'unreadable',
    path,
    ...(spelling === undefined ? {} : { spelling }),
    reason,
  }));
}
