import { type Saying, type Sentence, say, type Translate, toSentence, toText } from './sentence.ts';

/** When a failed operation is worth trying again. `afterUser`: only once a person has mended something. */
export type RetryAdvice = 'now' | 'later' | 'afterUser' | 'never';

interface CodeMeaning {
  readonly retry: RetryAdvice;
  /** What the reader can do, where the place that throws has nothing better to say. */
  readonly action: string;
}

/** The closed set of error codes, with the advice that belongs to each. */
export const errorCodes = {
  'not-found': { retry: 'never', action: 'Check that the path still exists.' },
  'already-exists': { retry: 'never', action: 'Choose another name.' },
  'type-mismatch': {
    retry: 'never',
    action: 'A file stands where a folder is needed, or the reverse: choose another path.',
  },
  'parent-missing': { retry: 'never', action: 'Create the parent folder first.' },
  'unauthorized': { retry: 'afterUser', action: 'Sign in to this connection again.' },
  'forbidden': {
    retry: 'afterUser',
    action: 'Give this connection the permission it lacks, or choose another folder.',
  },
  'quota-exceeded': {
    retry: 'afterUser',
    action: 'Free some space at the destination or raise its quota, then resume.',
  },
  'rate-limited': { retry: 'later', action: 'Wait a moment: the server asked for a slower pace.' },
  'offline': { retry: 'later', action: 'Check the network connection and the server address.' },
  'timeout': { retry: 'later', action: 'Try again, or raise the time-out of the connection.' },
  'server-error': { retry: 'later', action: 'Try again later: the server failed.' },
  'locked': { retry: 'later', action: 'Try again in a moment: somebody else is writing there.' },
  'offset-mismatch': { retry: 'now', action: 'Continue from the offset that the server expects.' },
  'session-expired': { retry: 'now', action: 'Start the upload of this file again.' },
  'source-changed': { retry: 'afterUser', action: 'The file changed while it was read: attach it again.' },
  'source-missing': {
    retry: 'afterUser',
    action: 'The attached file is gone: put it back or remove it from the report.',
  },
  'revision-conflict': { retry: 'afterUser', action: 'Somebody else changed it: look at the newer version first.' },
  'integrity-mismatch': { retry: 'now', action: 'The checksums differ: transfer the file again.' },
  'cursor-reset': { retry: 'now', action: 'List the folder anew.' },
  'invalid-path': { retry: 'never', action: 'Choose a name that the destination allows.' },
  'invalid-input': { retry: 'never', action: 'Correct the input.' },
  'too-large': { retry: 'never', action: 'The destination takes no file of this size.' },
  'unsupported': { retry: 'never', action: 'This destination cannot do that.' },
  'invalid-response': {
    retry: 'never',
    action: 'The server broke its protocol: tell its administrator.',
  },
  'untrusted-certificate': {
    retry: 'afterUser',
    action: 'Compare the certificate fingerprint with your administrator, then accept it for this connection.',
  },
  'cancelled': { retry: 'never', action: 'It was cancelled.' },
  'lease-lost': { retry: 'never', action: 'Another window or worker has taken over this work.' },
  'state-corrupt': { retry: 'never', action: 'Restore the stored records from a backup; the damaged ones were kept.' },
  'vault-locked': { retry: 'afterUser', action: 'Provide the Dossier key that this vault was made with.' },
  'ledger-broken': {
    retry: 'never',
    action: 'Stop and compare the ledger with a backup: its history does not fit together.',
  },
  'untrusted': {
    retry: 'afterUser',
    action: 'If you know whose key it is, add it to your trusted keys.',
  },
} as const satisfies Record<string, CodeMeaning>;

export type ErrorCode = keyof typeof errorCodes;

export interface DossierErrorDetails {
  /** What was being done, in the words of the contract: `createFolder`, `commit`. */
  readonly operation?: string;
  /** Where: drive kind, ledger kind or `local`. */
  readonly where?: string;
  readonly path?: string;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfterMs?: number;
  /** With `offset-mismatch`: bytes that the server has durably accepted. */
  readonly expectedOffset?: number;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** Overrides the retry advice of the code, for the rare case where the place knows better. */
  readonly retry?: RetryAdvice;
  /** What the reader can do, where it is something else than the code says; null where the sentence says it already. */
  readonly advice?: Saying | null;
  readonly cause?: unknown;
}

const marker = Symbol.for('dossier.DossierError');

/**
 * The only error class of Dossier. `sentence` says what happened and `advice` what the reader can do, in a form that can
 * be translated; `message` is both in English and never holds a secret; `code` is for programs; `retry` says whether
 * trying again makes sense.
 */
export class DossierError extends Error {
  override readonly name = 'DossierError';
  readonly code: ErrorCode;
  readonly retry: RetryAdvice;
  /** What happened; undefined where the advice of the code says it all. */
  readonly sentence: Sentence | undefined;
  /** undefined where the sentence says it all. */
  readonly advice: Sentence | undefined;
  readonly operation: string | undefined;
  readonly where: string | undefined;
  readonly path: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly expectedOffset: number | undefined;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message?: Saying, details: DossierErrorDetails = {}) {
    const sentence = message === undefined ? undefined : toSentence(message);
    const advice = adviceOf(code, details.advice, sentence);
    super(describe({ sentence, advice }), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.sentence = sentence;
    this.advice = advice;
    this.retry = details.retry ?? errorCodes[code].retry;
    this.operation = details.operation;
    this.where = details.where;
    this.path = details.path;
    this.retryAfterMs = details.retryAfterMs;
    this.expectedOffset = details.expectedOffset;
    this.status = details.status;
    Object.defineProperty(this, marker, { value: true });
  }

  /** What may be stored or shown: no stack, no cause. */
  toJSON(): Record<string, unknown> {
    const { code, message, sentence, advice, retry, operation, where, path, retryAfterMs, expectedOffset, status } =
      this;
    return { code, message, sentence, advice, retry, operation, where, path, retryAfterMs, expectedOffset, status };
  }
}

function adviceOf(
  code: ErrorCode,
  given: Saying | null | undefined,
  sentence: Sentence | undefined,
): Sentence | undefined {
  if (given === null && sentence !== undefined) return undefined;
  return toSentence(given ?? errorCodes[code].action);
}

/** What an error says: what happened, and what the reader can do. */
export type Said = Pick<DossierError, 'sentence' | 'advice'>;

/** An error as text: its sentence and its advice, in English unless another language is given. */
export function describe({ sentence, advice }: Said, translate?: Translate): string {
  const texts = [sentence, advice].flatMap((saying) => (saying === undefined ? [] : [toText(saying, translate)]));
  return texts.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)).join(' ');
}

/** True for a DossierError of any copy of this module: the core is shipped in two bundles. */
export function isDossierError(value: unknown, code?: ErrorCode): value is DossierError {
  if (typeof value !== 'object' || value === null || !(marker in value)) return false;
  return code === undefined || (value as unknown as DossierError).code === code;
}

/** Turns anything thrown into a DossierError; aborts become `cancelled`, the unknown becomes `fallback`. */
export function toDossierError(
  error: unknown,
  fallback: ErrorCode = 'server-error',
  details: DossierErrorDetails = {},
): DossierError {
  if (isDossierError(error)) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new DossierError('cancelled', undefined, { ...details, cause: error });
  return new DossierError(fallback, say`${error instanceof Error ? error.message : String(error)}`, {
    ...details,
    cause: error,
  });
}

/** Throws `cancelled` when the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw isDossierError(signal.reason) ? signal.reason : new DossierError('cancelled');
}
