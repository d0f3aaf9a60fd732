import { utf8 } from '../core/bytes.ts';
import { sha256Hex } from '../core/hashing.ts';
import type { Occurrence } from '../ledger/log/log.ts';
import type { KnownFile } from './knownFile.ts';
import type { Link } from './link.ts';
import { linkOccurrence } from './links.ts';
import type { Unread, UnreadList } from './unread.ts';

/**
 * What is recorded of places that cannot be read for longer than one walk: from when on changes may be missed there, and
 * until when. Files that were listed are recorded by themselves.
 */
export function gapsOf(
  before: readonly Unread[],
  unread: UnreadList,
  link: Link,
  files: Iterable<KnownFile>,
  now: number,
): Occurrence[] {
  const known = [...files];
  const begun = new Set(before.filter(isGap).map(occasionOf));
  const starts = unread.all().filter((each) => isGap(each) && !begun.has(occasionOf(each)));
  const occurrence = (event: 'GapStart' | 'GapEnd', each: Unread, at: number): Occurrence => ({
    ...linkOccurrence(event, link, known, at, occasionOf(each)),
    masked: { path: each.path },
  });
  return [
    ...starts.map((each) => occurrence('GapStart', each, each.since)),
    ...unread
      .resolved()
      .filter(isGap)
      .map((each) => occurrence('GapEnd', each, now)),
  ];
}

const isGap = ({ lasts, file }: Unread) => lasts === true && !file;

/** What makes the time in which a place could not be read this one and no other. */
function occasionOf({ path, spelling, since }: Unread): string {
  return `unread ${sha256Hex(utf8(JSON.stringify([path, spelling ?? null])))} ${since}`;
}
