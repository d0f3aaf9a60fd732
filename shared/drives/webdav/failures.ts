import { fromUtf8Lossy, readBytes } from '../../core/bytes.ts';
import { DossierError, type DossierErrorDetails, type ErrorCode } from '../../core/errors.ts';
import { printable } from '../../core/paths.ts';
import type { HttpResponse } from '../../core/ports.ts';
import { redact } from '../../core/redact.ts';
import { refusalOf } from '../../core/refusal.ts';
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
  /** Of the request; any without it. */
  readonly methods?: readonly string[];
  /** Of the exception class that SabreDAV names in its body. */
  readonly exception?: RegExp;
  readonly message?: RegExp;
  /** Of the whole body, also of a page for people. */
  readonly body?: RegExp;
  readonly code: ErrorCode;
  readonly sentence?: Sentence;
  readonly retryAfterMs?: number;
}

/**
 * What a status says whatever was asked for. 400 is anything, often a body that was cut on its way: only a server that
 * names the name as its reason (414, or in words) has refused a name.
 */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'server-error',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'unsupported',
  408: 'timeout',
  409: 'parent-missing',
  412: 'already-exists',
  413: 'too-large',
  414: 'invalid-path',
  423: 'locked',
  424: 'locked',
  425: 'server-error',
  429: 'rate-limited',
  431: 'invalid-response',
  501: 'unsupported',
  505: 'unsupported',
  507: 'quota-exceeded',
};

/**
 * Where the method gives a status another meaning; of one request, and never of the whole that it is a part of. A proxy
 * that forbids a method answers as a server does whose name is taken, with 405: whoever is told looks.
 */
const byMethod: Readonly<Record<string, Readonly<Record<number, ErrorCode>>>> = {
  PUT: { 404: 'parent-missing' },
  GET: { 405: 'type-mismatch' },
  PROPFIND: { 405: 'invalid-response' },
};

/** What nobody can sign in to is not what was meant. */
const ofAccount: Readonly<Record<number, ErrorCode>> = { 404: 'invalid-response', 405: 'invalid-response' };

/** Said instead of what the server says, which is for its developers. */
const sentences: Readonly<Record<number, Sentence>> = {
  401: say`The server does not accept this user name and password, or does not any more`,
  413: say`The server, or a proxy before it, refuses a request of this size: its administrator can raise client_max_body_size (nginx) or LimitRequestBody (Apache)`,
};

const errorBodyLimit = 65_536;
const sabre = (local: string) => `{http://sabredav.org/ns}${local}`;

/** Reads the answer to a failed request to its end and says what it means. */
export async function failureOf(
  response: HttpResponse,
  method: string,
  failed: DossierErrorDetails,
  meanings: readonly FailureMeaning[] = [],
): Promise<DossierError> {
  const body = fromUtf8Lossy(await readBytes(response.body, errorBodyLimit).catch(() => new Uint8Array()));
  const { exception, message } = parseBody(body);
  const { status } = response;
  const meaning = meanings.find(
    (row) =>
      row.status === status &&
      (row.methods?.includes(method) ?? true) &&
      (row.exception?.test(exception) ?? true) &&
      (row.message?.test(message) ?? true) &&
      (row.body?.test(body) ?? true),
  );
  const details = { ...failed, status, ...waitAsked(response, meaning?.retryAfterMs) };
  if (meaning) return new DossierError(meaning.code, meaning.sentence ?? said(status, message), details);
  return statusFailure(status, method, details, message);
}

/** The meaning of a bare status: of an answer, or of one member of a multistatus. */
export function statusFailure(
  status: number,
  method: string,
  details: DossierErrorDetails,
  message = '',
): DossierError {
  const code =
    (details.operation === 'account' ? ofAccount[status] : undefined) ??
    byMethod[method]?.[status] ??
    byStatus[status] ??
    (status >= 500 ? 'server-error' : 'invalid-response');
  const sentence =
    code === 'unsupported'
      ? say`The server, or a proxy before it, does not allow ${method} here`
      : (sentences[status] ?? (message === '' ? refusalOf(code, details.path) : undefined) ?? said(status, message));
  return new DossierError(code, sentence, { ...details, status });
}

function said(status: number, message: string): Sentence {
  const sentence = sentences[status];
  if (sentence !== undefined) return sentence;
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
