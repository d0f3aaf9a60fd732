import type { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import type { DrivePath } from '../core/paths.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { Context, Drive } from '../drive/drive.ts';
import type { StateStore } from '../state/state.ts';

/** What becomes of a file at the destination whose original is gone. */
export const deletionRules = ['keep', 'delete', 'archive'] as const;
export type DeletionRule = (typeof deletionRules)[number];

/**
 * What becomes of a file of the mirror that somebody changed at the destination. `keepBoth`: theirs gets another name.
 * `overwrite`: replaced, and reported. `stop`: nothing at all is done before a person has looked. A file that the mirror
 * did not make is never overwritten, whatever the rule.
 */
export const conflictRules = ['keepBoth', 'overwrite', 'stop'] as const;
export type ConflictRule = (typeof conflictRules)[number];

export interface MirrorRules {
  /** Lines in the syntax of `.gitignore`, relative to the source. */
  readonly ignore: readonly string[];
  /** Larger files are not sent, bytes. */
  readonly largest?: number;
  readonly deletions: DeletionRule;
  /** With `archive`: a folder in the destination; a folder for each day is made in it. */
  readonly archive: string;
  readonly conflicts: ConflictRule;
}

export const usualRules: MirrorRules = { ignore: [], deletions: 'keep', archive: 'Archive', conflicts: 'keepBoth' };

/** One end of a mirror. */
export interface MirrorSide {
  readonly drive: Drive;
  readonly folder: DrivePath;
}

/** One-way copy of a folder: the source is only ever read. */
export interface MirrorJob {
  /** See `mirrorId`. */
  readonly id: string;
  readonly source: MirrorSide;
  readonly destination: MirrorSide;
  readonly rules: MirrorRules;
}

/** Where something lies below the folder of either side: a path whose root is that folder. */
export type Place = DrivePath;

/** What a step does at the destination. */
export type MirrorAction =
  /** Sends a file that is not there. */
  | 'send'
  /** Sends a file in place of the version that the mirror made. */
  | 'replace'
  /** Gives what stands in the way another name, and sends. */
  | 'keepBoth'
  /** Follows a file that was renamed or moved at the source. */
  | 'move'
  /** What is there is what would be sent: nothing but taking note. */
  | 'adopt'
  | 'remove'
  | 'archive'
  /** The original is gone, the copy stays. */
  | 'keep'
  /** Neither the original nor the copy is there any more. */
  | 'forget'
  | 'makeFolder'
  | 'removeFolder'
  /** Nothing can be done about it in this run. */
  | 'leave';

/** Why. */
export type MirrorReason =
  | 'new'
  | 'changed'
  | 'renamed'
  | 'same content'
  | 'removed at the source'
  | 'gone at the destination'
  | 'changed at the destination'
  | 'not made by the mirror'
  | 'removed at the source and changed at the destination'
  | 'cannot be read'
  | 'the name is taken by another file of the mirror';

/** The reasons that are a change at the destination, for a person to look at. */
export const conflictReasons: ReadonlySet<MirrorReason> = new Set<MirrorReason>([
  'changed at the destination',
  'not made by the mirror',
  'removed at the source and changed at the destination',
]);

export interface MirrorStep {
  readonly action: MirrorAction;
  readonly reason: MirrorReason;
  readonly place: Place;
  /** With `move`: where it was. */
  readonly from?: Place;
  /** Bytes to be sent, or of the file that it is about. */
  readonly size: number;
  readonly error?: DossierError;
}

/** What a run would do, and why. */
export interface MirrorPlan {
  readonly steps: readonly MirrorStep[];
  /** Files that are as they should be. */
  readonly unchanged: number;
  /** Files of the source that the rules leave out. */
  readonly ignored: number;
  /** Bytes to be sent. */
  readonly bytes: number;
  /** Files that would be deleted or archived. */
  readonly removals: number;
  /** So many that the run stops until they are confirmed. */
  readonly needsConfirmation: boolean;
}

/** How one step ended. */
export interface MirrorResult extends MirrorStep {
  readonly ok: boolean;
  /** Where what stood in the way lies now, or the archived copy. A place of the destination. */
  readonly keptAt?: Place;
  readonly digests?: Digests;
}

/** `confirmation`: see `needsConfirmation`. `conflicts`: the rule `stop`. In both nothing at all was done. */
export type MirrorEnding = 'done' | 'confirmation' | 'conflicts' | 'error';

export interface MirrorSummary {
  readonly ending: MirrorEnding;
  /** With `error`: what stopped the run; the next one goes on. */
  readonly error?: DossierError;
  readonly began: number;
  readonly ended: number;
  readonly sent: number;
  readonly moved: number;
  readonly unchanged: number;
  readonly ignored: number;
  /** Copies whose originals are gone. */
  readonly kept: number;
  readonly removed: number;
  readonly archived: number;
  readonly conflicts: number;
  readonly failed: number;
  /** Bytes that were sent. */
  readonly bytes: number;
  /** Files that would be deleted or archived, with `confirmation`. */
  readonly removals: number;
}

/** A change at the destination, and what became of it. Plain JSON. */
export interface MirrorConflict {
  readonly place: Place;
  readonly reason: MirrorReason;
  readonly action: MirrorAction;
  /** Where the other version lies now, as a place of the destination. */
  readonly keptAt?: Place;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

/** A version that is proved to be at the destination. */
export interface MirroredVersion {
  readonly place: Place;
  /** In the destination's drive. */
  readonly path: DrivePath;
  readonly id?: string;
  readonly size: number;
  readonly modified: number;
  readonly digests: Digests;
}

export interface MirrorPorts {
  readonly store: StateStore;
  readonly clock: Clock;
  /** Of this process, unique. */
  readonly holder: string;
  readonly log?: Log;
  /** Milliseconds; see `createLeaseKeeper`. */
  readonly leaseMs?: number;
  /** Records versions in a ledger. Told again of those that it may not have heard of: safe to repeat. */
  readonly record?: (versions: readonly MirroredVersion[], signal?: AbortSignal) => Promise<void>;
}

export interface MirrorProgress {
  readonly phase: 'looking' | 'comparing' | 'sending';
  readonly files: number;
  readonly ofFiles: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface MirrorContext extends Context {
  readonly onProgress?: (progress: MirrorProgress) => void;
  readonly onResult?: (result: MirrorResult) => void;
  /** What a person has confirmed: this run may delete or archive so many files. */
  readonly mostRemovals?: number;
}
