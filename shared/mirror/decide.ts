import type { ConflictRule, DeletionRule, MirrorAction, MirrorReason } from './mirror.ts';

/** What the source has at a place, beside what the mirror sent last. `same`: the content of then. */
export type SourceFact = 'none' | 'same' | 'changed' | 'ignored' | 'unread';

/**
 * What the destination has there. `same`: what the mirror left. `equal`: something else that has the content of the
 * source. `changed`: neither. `foreign`: not made by the mirror.
 */
export type DestinationFact = 'none' | 'same' | 'equal' | 'changed' | 'foreign' | 'unread';

export interface Facts {
  /** The mirror has been here before. */
  readonly known: boolean;
  readonly source: SourceFact;
  readonly destination: DestinationFact;
}

export interface Decision {
  readonly action: MirrorAction | 'nothing' | 'unchanged';
  readonly reason?: MirrorReason;
}

type Deciding = Pick<{ deletions: DeletionRule; conflicts: ConflictRule }, 'deletions' | 'conflicts'>;

const removalActions: Readonly<Record<DeletionRule, MirrorAction>> = {
  keep: 'keep',
  delete: 'remove',
  archive: 'archive',
};

/** What is to be done at one place. Nothing is removed or replaced but what is exactly as the mirror left it. */
export function decide({ known, source, destination }: Facts, rules: Deciding): Decision {
  if (source === 'unread' || destination === 'unread')
    return known || source !== 'none' ? { action: 'leave', reason: 'cannot be read' } : { action: 'nothing' };
  if (source === 'ignored') return { action: 'nothing' };
  return source === 'none'
    ? withoutOriginal(known, destination, rules)
    : withOriginal(known, source, destination, rules);
}

function withoutOriginal(known: boolean, destination: DestinationFact, { deletions }: Deciding): Decision {
  if (!known) return { action: 'nothing' };
  if (destination === 'none') return { action: 'forget', reason: 'removed at the source' };
  if (destination === 'same') return { action: removalActions[deletions], reason: 'removed at the source' };
  return { action: 'leave', reason: 'removed at the source and changed at the destination' };
}

function withOriginal(
  known: boolean,
  source: 'same' | 'changed',
  destination: Exclude<DestinationFact, 'unread'>,
  { conflicts }: Deciding,
): Decision {
  switch (destination) {
    case 'none':
      return { action: 'send', reason: known ? 'gone at the destination' : 'new' };
    case 'same':
      return source === 'same' ? { action: 'unchanged' } : { action: 'replace', reason: 'changed' };
    case 'equal':
      return { action: 'adopt', reason: 'same content' };
    case 'changed':
      return { action: conflicts === 'overwrite' ? 'replace' : 'keepBoth', reason: 'changed at the destination' };
    case 'foreign':
      return { action: 'keepBoth', reason: 'not made by the mirror' };
  }
}
