import type { IDataObject } from 'n8n-workflow';
import type { Entry } from '../../shared/index.ts';

/** An entry of a drive as items carry it. */
export function entryJson(entry: Entry): IDataObject {
  const { type, name, path } = entry;
  const common = { type, name, path, ...(entry.id === undefined ? {} : { id: entry.id }) };
  if (entry.type === 'folder') return common;
  const { size, revision, modified, digest } = entry;
  return {
    ...common,
    size,
    revision,
    modified: new Date(modified).toISOString(),
    ...(digest === undefined ? {} : { digest }),
  };
}
