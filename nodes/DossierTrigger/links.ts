import type { IDataObject } from 'n8n-workflow';
import { parsePath, retry } from '../../shared/index.ts';
import { clock } from '../host/clock.ts';
import type { OpenedConnection } from '../host/connection.ts';
import type { Watched } from './watched.ts';

/** An item without an address is better than none: what has gone meanwhile has none, nor has what there was no time for. */
export async function withLinks(
  items: readonly IDataObject[],
  { links }: Pick<Watched, 'links'>,
  { drive }: OpenedConnection,
  signal?: AbortSignal,
): Promise<IDataObject[]> {
  if (!links || !drive.capabilities.links) return [...items];
  const linked: IDataObject[] = [];
  for (const item of items) {
    const { path, event } = item;
    const url =
      typeof path !== 'string' || event === 'deleted' || event === 'unreadable'
        ? undefined
        : await retry(() => drive.link({ path: parsePath(path) }, { signal }), { clock, signal }).catch(
            () => undefined,
          );
    linked.push(url === undefined ? item : { ...item, url });
  }
  return linked;
}
