import { fromUtf8Lossy, readBytes } from '../../core/bytes.ts';
import { DossierError, type DossierErrorDetails, type ErrorCode } from '../../core/errors.ts';
import { printable } from '../../core/paths.ts';
import type { HttpResponse } from '../../core/ports.ts';
import { redact } from '../../core/redact.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { childNamed, parseElement } from './element.ts';

/** What was being done, in the words of the drive contract, and where. */
export interface Purpose {
  readonly operation: string;
  readonly path?: string;
}

/**
 * What one kind of server means by a failure, where it means more than the status says. The first row that fits counts.
 */
export interface FailureMeaning {
  readonly status: number;
  /** Of the exception class that SabreDAV names in its body. */
  readonly exception?: RegExp;
  readonly message?: RegExp;
  readonly code: ErrorCode;
  readonly sentence?: Sentence;
  readonly retryAfterMs?: number;
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-path',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'type-mismatch',
  408: 'timeout',
  409: 'parent-missing',
  412: 'already-exists',
  413: 'too-large',
  414: 'invalid-path',
  423: 'locked',
  424: 'locked',
  425: 'server-error',
  429: 'rate-limited',
  431: 'invalid-path',
  501: 'unsupported',
  505: 'unsupported',
  507: 'quota-exceeded',
};

/** Where an operation gives a status another meaning. */
const byOperation: Readonly<Record<string, Readonly<Record<number, ErrorCode>>>> = {
  createFolder: { 405: 'already-exists' },
  upload: { 404: 'parent-missing', 405: 'already-exists' },
  list: { 405: 'invalid-response' },
  stat: { 405: 'invalid-response' },
  account: { 404: 'invalid-response', 405: 'invalid-response' },
};

const errorBodyLimit = 65_536;
const sabre = (local: string) => `{http://sabredav.org/ns}${local}`;

/** Reads the answer to a failed request to its end and says what it means. */
export async function failureOf(
  response: HttpResponse,
  failed: DossierErrorDetails,
  meanings: readonly FailureMeaning[] = [],
): Promise<DossierError> {
  const { exception, message } = parseBody(
    fromUtf8Lossy(await readBytes(response.body, errorBodyLimit).catch(() => new Uint8Array())),
  );
  const { status } = response;
  const meaning = meanings.find(
    (row) => row.status === status && (row.exception?.test(exception) ?? true) && (row.message?.test(message) ?? true),
  );
  const details = { ...failed, status, ...waitAsked(response, meaning?.retryAfterMs) };
  if (meaning) return new DossierError(meaning.code, meaning.sentence ?? said(status, message), details);
  return statusFailure(status, details, message);
}

/** The meaning of a bare status: of an answer, or of one member of a multistatus. */
export function statusFailure(status: number, details: DossierErrorDetails, message = ''): DossierError {
  const code =
    byOperation[details.operation ?? '']?.[status] ??
    byStatus[status] ??
    (status >= 500 ? 'server-error' : 'invalid-response');
  return new DossierError(code, said(status, message), { ...details, status });
}

function said(status: number, message: string): Sentence {
  return message === '' ? say`The server answered ${status}` : say`The server answered ${status}, "${message}"`;
}

/** SabreDAV and its descendants explain themselves in XML; pages of proxies say nothing that a person should see. */
function parseBody(text: string): { exception: string; message: string } {
  const error = parseElement(text);
  const read = (name: string) => printable(childNamed(error, sabre(name))?.text.trim() ?? '');
  return { exception: read('exception').slice(0, 200), message: redact(read('message')).slice(0, 200) };
}

function waitAsked(response: HttpResponse, fallback: number | undefined): { retryAfterMs?: number } {
  const asked = response.headers['retry-after'] ?? '';
  const until = Date.parse(asked);
  const sent = Date.parse(response.headers['date'] ?? '');
  const wait = /^\d{1,7}$/.test(asked)
    ? Number(asked) * 1000
    : Number.isNaN(until - sent)
      ? fallback
      : Math.max(0, until - sent);
  return wait === undefined ? {} : { retryAfterMs: wait };
}
