import type { IDataObject } from 'n8n-workflow';
import { type Change, nameOf, parentOf, parsePath } from '../../shared/index.ts';

/** Every field that an item of a trigger may have, with its type in the editor's schema. */
export const changeFields = {
  event: 'string',
  change: 'string',
  name: 'string',
  path: 'string',
  previousPath: 'string',
  folder: 'string',
  fileId: 'string',
  size: 'integer',
  time: 'string',
  sha256: 'string',
  dropboxContentHash: 'string',
  revision: 'string',
  url: 'string',
  statement: 'integer',
  asset: 'string',
  version: 'integer',
  hashSource: 'string',
  derivedFrom: 'string',
  spelling: 'string',
  reason: 'string',
  code: 'string',
  since: 'string',
} as const;

type TypeOf<Name extends string> = Name extends 'integer' ? number : string;

/**
 * What a trigger tells of one file, flat, the same in samples and in production; `event` is always there. What the
 * service or the ledger does not say is left out.
 */
export type ChangeItem = { readonly event: ChangeEvent } & {
  readonly [Field in keyof typeof changeFields]?: TypeOf<(typeof changeFields)[Field]>;
};

/** In the order in which the panel offers them. */
export const recordedEvents = ['created', 'changed', 'renamed', 'moved', 'deleted', 'restored'] as const;
export const toldEvents = ['changed', 'moved', 'deleted'] as const;

export type ChangeEvent = (typeof recordedEvents)[number] | 'attested' | 'unreadable' | 'unreachable';

/** The event of an item for each event of the ledger that is about a file. */
const eventOf: Readonly<Record<string, ChangeEvent>> = {
  Register: 'created',
  Publish: 'changed',
  Attest: 'attested',
  Rename: 'renamed',
  Move: 'moved',
  Withdraw: 'deleted',
  Delete: 'deleted',
  Restore: 'restored',
};

/** A recorded statement (`recordedStatements`) as an item; `previousPath` for what has another path now. */
export function changeOfStatement(statement: IDataObject, previousPath?: string): ChangeItem {
  const { event, index, path, name, folder, size, serverModified, observedAt, asset, version } = statement;
  const { hashSource, derivedFrom, digests } = statement;
  return present({
    event: eventOf[String(event)] ?? 'changed',
    name,
    path,
    previousPath,
    folder,
    size,
    time: serverModified ?? observedAt,
    ...(digests as IDataObject),
    statement: index,
    asset,
    version,
    hashSource,
    derivedFrom,
  });
}

/**
 * What the service tells of a file, as an item: undefined for a folder that is there. `movedFrom` is where it was
 * before, where the service knows.
 */
export function changeOfEntry(change: Change, folder: string, movedFrom?: string): ChangeItem | undefined {
  if (change.type === 'gone')
    return present({ event: 'deleted', name: nameOf(change.path), path: change.path, folder, fileId: change.id });
  const { entry } = change;
  if (entry.type === 'folder') return undefined;
  return present({
    event: movedFrom === undefined ? 'changed' : 'moved',
    name: entry.name,
    path: entry.path,
    previousPath: movedFrom,
    folder,
    fileId: entry.id,
    size: entry.size,
    time: new Date(entry.modified).toISOString(),
    dropboxContentHash: entry.digest,
    revision: entry.revision,
  });
}

function present(fields: Record<string, unknown>): ChangeItem {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as ChangeItem;
}

/** The folder that a path lies in, for items that have one. */
export const folderOfPath = (path: string): string => parentOf(parsePath(path));
