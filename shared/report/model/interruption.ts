import { DossierError, type ErrorCode, errorCodes } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { parseSentence, type Sentence, say } from '../../core/sentence.ts';

/** The one thing a person does to let an interrupted report go on. */
export type MendingAction =
  /** Nothing is wrong on this side: send again. */
  | 'resume'
  | 'signIn'
  | 'freeSpace'
  | 'grantPermission'
  /** Give the attachment another source, or say that its new content is meant. */
  | 'reattach'
  /** Take it back to the drafts and change what the destination refuses. */
  | 'edit'
  | 'unlockVault'
  | 'acceptCertificate'
  /** Look at the records first: going on could do harm. */
  | 'askForHelp';

/** Why sending stopped. Plain JSON. */
export interface Interruption {
  readonly code: ErrorCode;
  /** For people, in English; holds no secret. */
  readonly reason: string;
  /** What `reason` is made of, for other languages; absent in records of earlier versions. */
  readonly sentence?: Sentence;
  readonly advice?: Sentence;
  readonly mend: MendingAction;
  /** The attachment that it is about, where it is about one. */
  readonly attachment?: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** Interruptions in a row, this one included; progress starts the count anew. */
  readonly attempt: number;
  /** When going on by itself makes sense; absent when a person has to act first. */
  readonly resumeAt?: number;
}

export const mendingActions = {
  'not-found': 'edit',
  'already-exists': 'resume',
  'type-mismatch': 'edit',
  'parent-missing': 'resume',
  'unauthorized': 'signIn',
  'forbidden': 'grantPermission',
  'quota-exceeded': 'freeSpace',
  'rate-limited': 'resume',
  'offline': 'resume',
  'timeout': 'resume',
  'server-error': 'resume',
  'locked': 'resume',
  'offset-mismatch': 'resume',
  'session-expired': 'resume',
  'source-changed': 'reattach',
  'source-missing': 'reattach',
  'revision-conflict': 'resume',
  'integrity-mismatch': 'resume',
  'cursor-reset': 'resume',
  'invalid-path': 'edit',
  'invalid-input': 'edit',
  'too-large': 'edit',
  'unsupported': 'edit',
  'invalid-response': 'askForHelp',
  'untrusted-certificate': 'acceptCertificate',
  'cancelled': 'resume',
  'lease-lost': 'resume',
  'state-corrupt': 'askForHelp',
  'vault-locked': 'unlockVault',
  'ledger-broken': 'askForHelp',
  'untrusted': 'askForHelp',
} as const satisfies Record<ErrorCode, MendingAction>;

/** Errors whose reason lies in a file itself or in its name; all others would have met any file. */
const ofContent: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'source-changed',
  'source-missing',
  'invalid-path',
  'too-large',
  'already-exists',
  'type-mismatch',
  'integrity-mismatch',
  'unsupported',
  'invalid-input',
]);

export function concernsContent(code: ErrorCode): boolean {
  return ofContent.has(code);
}

/**
 * First wait before an interrupted report is resumed by itself, milliseconds; doubles with every interruption in a row.
 */
const firstResumeMs = 5_000;
const longestResumeMs = 15 * 60_000;

export function interruptionOf(
  error: DossierError,
  given: { now: number; attempt: number; attachment?: string },
): Interruption {
  const { now, attempt, attachment } = given;
  const wait = Math.max(
    error.retryAfterMs ?? 0,
    Math.min(longestResumeMs, firstResumeMs * 2 ** Math.min(attempt - 1, 20)),
  );
  const mends = error.retry === 'now' || error.retry === 'later';
  return {
    code: error.code,
    reason: error.message,
    ...(error.sentence && { sentence: error.sentence }),
    ...(error.advice && { advice: error.advice }),
    mend: mendingActions[error.code],
    ...(attachment === undefined ? {} : { attachment }),
    at: now,
    attempt,
    ...(mends ? { resumeAt: now + wait } : {}),
  };
}

export function parseInterruption(value: unknown): Interruption {
  if (!isRecord(value) || typeof value.code !== 'string' || !(value.code in errorCodes)) {
    throw new DossierError('invalid-input', 'The interruption of the report is not one that Dossier writes');
  }
  const { code, reason, attachment, at, attempt, resumeAt } = value;
  const sentence = parseSentence(value.sentence);
  const advice = parseSentence(value.advice);
  return {
    code: code as ErrorCode,
    reason: String(reason),
    ...(sentence && { sentence }),
    ...(advice && { advice }),
    mend: mendingActions[code as ErrorCode],
    ...(typeof attachment === 'string' ? { attachment } : {}),
    at: Number(at),
    attempt: Number(attempt),
    ...(typeof resumeAt === 'number' ? { resumeAt } : {}),
  };
}

/** The error that an interruption was made of, as far as it was stored. */
export function interruptionError({ code, reason, sentence, advice }: Interruption): DossierError {
  if (!sentence && !advice) return new DossierError(code, say`${reason}`, { advice: null });
  return new DossierError(code, sentence, { advice: advice ?? null });
}
