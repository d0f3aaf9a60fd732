import { utf8 } from '../core/bytes.ts';
import { isDossierError } from '../core/errors.ts';
import { sha256Hex } from '../core/hashing.ts';
import { indexOfKey } from '../ledger/log/records.ts';
import type { FileEvent } from '../ledger/statement/statement.ts';
import { isActive, type Link } from '../link/link.ts';
import type { StateStore } from '../state/state.ts';

const prefix = 'public/main/entry/';

/** Lets a submitted report be published: its statement, with the hashes of its files. Safe to repeat. */
export async function makeEntryPublic(store: StateStore, index: number, signal?: AbortSignal): Promise<void> {
  const key = `${prefix}${String(index).padStart(12, '0')}`;
  try {
    await store.commit([{ key, value: utf8('{}'), expectedVersion: 0 }], signal);
  } catch (error) {
    // It is public already.
    if (!isDossierError(error, 'revision-conflict')) throw error;
  }
}

/** Places of the entries that were made public one by one. */
export async function publicEntries(store: StateStore, signal?: AbortSignal): Promise<ReadonlySet<number>> {
  return new Set((await store.keys(prefix, signal)).map(indexOfKey));
}

/** What of a ledger others may see. */
export interface PublicPart {
  isPublic(event: Pick<FileEvent, 'event' | 'link'>, index: number): boolean;
  /** Whether anything of a link or a report is public at all. */
  readonly isEmpty: boolean;
  /** Stands for what is public among the first so many entries: another text, another choice. */
  policy(size: number): string;
}

/**
 * Public links, ended ones too; reports that were made public; and changes of keys, without which nobody could check
 * the rest. Everything else stays with its owner.
 */
export function publicPart(links: readonly Link[], entries: ReadonlySet<number>): PublicPart {
  const shown = new Set(links.filter(({ privacy }) => privacy === 'public').map(({ id }) => id));
  return {
    isEmpty: shown.size === 0 && entries.size === 0,
    isPublic: ({ event, link }, index) =>
      event === 'KeyRotate' || (link !== undefined && shown.has(link)) || entries.has(index),
    policy: (size) => {
      const among = [...entries].filter((index) => index < size).sort((a, b) => a - b);
      return sha256Hex(utf8(JSON.stringify([[...shown].sort(), among])));
    },
  };
}

/** Whether somebody's files there are recorded: what is published must not lie among them. */
export function linkAround(
  links: readonly Link[],
  { kind, account }: Pick<Link, 'kind' | 'account'>,
  isAround: (link: Link) => boolean,
): Link | undefined {
  return links.find((link) => isActive(link) && link.kind === kind && link.account === account && isAround(link));
}
