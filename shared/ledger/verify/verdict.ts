import { type Sentence, say } from '../../core/sentence.ts';
import type { Level } from '../receipt/levels.ts';
import type { ReceiptVerdict } from '../receipt/verifyReceipt.ts';
import { type FileEvent, isCustody, type SubjectDigests } from '../statement/statement.ts';

/** One statement of an asset's history. */
export interface HistoryItem {
  readonly index: number;
  readonly predicate: FileEvent;
  readonly subjects: readonly SubjectDigests[];
}

/** What last happened to the file itself, whoever has held it since. */
export function lastOfFile(history: readonly HistoryItem[]): HistoryItem | undefined {
  return history.findLast(({ predicate }) => !isCustody(predicate.event)) ?? history.at(-1);
}

/**
 * When consent to the use of the file was last taken back, RFC 3339 UTC. Consent that was given later does not undo it:
 * whose it is is hidden, and it may be somebody else's.
 */
export function consentWithdrawnAt(history: readonly HistoryItem[]): string | undefined {
  return history.findLast(({ predicate: { event } }) => event === 'WithdrawConsent')?.predicate.observedAt;
}

/** A version of an asset whose content is the one that was asked about. */
export interface KnownVersion {
  readonly asset: string;
  readonly version: number;
  readonly index: number;
  /** Which parts of the proof held. */
  readonly proof: ReceiptVerdict;
  readonly level: Level;
  /** Milliseconds since 1970 UTC, where a pinned authority vouches for it. */
  readonly stampedAt?: number;
  /** All statements of the asset, oldest first. */
  readonly history: readonly HistoryItem[];
}

/** Three answers, never just yes or no. */
export type Verdict =
  | { readonly answer: 'known'; readonly versions: readonly KnownVersion[] }
  /** This file's asset is known, its content is not: the last version that was recorded. */
  | {
      readonly answer: 'changed';
      readonly asset: string;
      readonly last: HistoryItem;
      readonly history: readonly HistoryItem[];
    }
  | { readonly answer: 'unknown'; readonly reasons: readonly Sentence[] };

/** Why a genuine file may be unknown; for people. */
export const unknownReasons: readonly Sentence[] = [
  say`The file was never recorded in this ledger.`,
  say`It was changed after it was recorded, even by a single byte: saving it again or converting it is enough.`,
  say`It was recorded in another ledger, or its folder was not linked at that time.`,
];

export interface Question {
  readonly digests: SubjectDigests;
  /** The asset that this file's place stands for, when it lies in a linked folder. */
  readonly asset?: string;
}
