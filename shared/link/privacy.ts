import type { FileEvent } from '../ledger/statement/statement.ts';
import type { Links } from './links.ts';

/**
 * Tells which statements others may see: those of public links, ended ones too, and changes of keys, without which
 * nobody could check the rest. All others stay with their owner: those of private links, of submitted reports, of links
 * that are not known here. Asks the links once; ask again after they changed.
 */
export async function publicEvents(
  links: Links,
  signal?: AbortSignal,
): Promise<(event: Pick<FileEvent, 'event' | 'link'>) => boolean> {
  const shown = new Set(
    (await links.list({ all: true }, signal)).filter(({ privacy }) => privacy === 'public').map(({ id }) => id),
  );
  return ({ event, link }) => event === 'KeyRotate' || (link !== undefined && shown.has(link));
}
