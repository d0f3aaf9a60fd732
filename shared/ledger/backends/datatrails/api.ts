import { fromUtf8Lossy, readBytes, utf8 } from '../../../core/bytes.ts';
import { DossierError, type ErrorCode } from '../../../core/errors.ts';
import { isRecord, type Json, parseJson } from '../../../core/json.ts';
import type { Clock, HttpPort, HttpRequest } from '../../../core/ports.ts';
import { type Sentence, say } from '../../../core/sentence.ts';

/**
 * A "custom integration" of DataTrails. New ones have no permissions: an access policy has to name their client id
 * first.
 */
export interface DatatrailsAccess {
  /** `https://app.datatrails.ai` when absent. */
  readonly url?: string;
  readonly clientId: string;
  /** A secret; valid for a year. */
  readonly clientSecret: string;
}

export type Answer = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string>>;

/**
 * Requests to DataTrails. Codes: `unauthorized`, `forbidden`, `quota-exceeded` (402), `rate-limited` with what it asked
 * to wait (429), `server-error`,
 * `invalid-response`, and those of the transport. Nothing is tried again here, but for a token that is not good any
 * more. https://github.com/datatrails/datatrails-openapi
 */
export interface DatatrailsApi {
  get(path: string, signal?: AbortSignal): Promise<Answer>;
  post(path: string, body: Json, signal?: AbortSignal): Promise<Answer>;
  /** All pages of a listing. Without `secretly`, nobody is told who asks: only what is public is listed. */
  list(
    path: string,
    member: 'assets' | 'events',
    query: Query,
    secretly: boolean,
    signal?: AbortSignal,
  ): Promise<Answer[]>;
}

const where = 'datatrails';
const requestMs = 30_000;
const pageSize = '100';
const mostPages = 1_000;
/** Renewed this long before its end. */
const marginMs = 10_000;
const longestAnswer = 8_388_608;

export function createDatatrailsApi(http: HttpPort, clock: Clock, access: DatatrailsAccess): DatatrailsApi {
  const base = `${(access.url ?? 'https://app.datatrails.ai').replace(/\/+$/, '')}/archivist`;
  let token: { readonly value: string; readonly expiresAt: number } | undefined;
  let renewing: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: access.clientId,
      client_secret: access.clientSecret,
    });
    const answer = await exchange(
      {
        method: 'POST',
        url: `${base}/iam/v1/appidp/token`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: utf8(form.toString()),
      },
      'sign-in',
    );
    const { access_token: value, expires_in: seconds } = answer;
    if (typeof value !== 'string' || typeof seconds !== 'number')
      throw new DossierError('invalid-response', 'DataTrails gave no access token', { where });
    token = { value, expiresAt: clock.now() + seconds * 1000 - marginMs };
    return value;
  };
  const currentToken = async (refused?: string): Promise<string> =>
    token && token.expiresAt > clock.now() && token.value !== refused
      ? token.value
      : (renewing ??= renew().finally(() => (renewing = undefined)));

  const exchange = async (request: HttpRequest, operation: string): Promise<Answer> => {
    const { status, headers, body } = await http.send({ timeoutMs: requestMs, anonymous: true, ...request });
    const text = fromUtf8Lossy(await readBytes(body, longestAnswer));
    // 206: the listing is longer than what the server counts; its pages are all there.
    if (status !== 200 && status !== 201 && status !== 206) throw refusal(status, headers, operation);
    const answer = parseJson(text, 'invalid-response', 'The answer of DataTrails');
    if (!isRecord(answer))
      throw new DossierError('invalid-response', 'DataTrails answered something else than an object', {
        where,
        operation,
      });
    return answer;
  };
  const send = async (request: HttpRequest, operation: string): Promise<Answer> => {
    const authorized = (value: string): HttpRequest => ({
      ...request,
      headers: { ...request.headers, Authorization: `Bearer ${value}` },
    });
    const first = await currentToken();
    try {
      return await exchange(authorized(first), operation);
    } catch (error) {
      if (!(error instanceof DossierError) || error.status !== 401) throw error;
      return exchange(authorized(await currentToken(first)), operation);
    }
  };
  const cancelled = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

  return {
    get: (path, signal) => send({ method: 'GET', url: `${base}/v2/${path}`, ...cancelled(signal) }, 'get'),
    post: (path, body, signal) =>
      send(
        {
          method: 'POST',
          url: `${base}/v2/${path}`,
          headers: { 'Content-Type': 'application/json' },
          body: utf8(JSON.stringify(body)),
          ...cancelled(signal),
        },
        'append',
      ),
    async list(path, member, query, secretly, signal) {
      const found: Answer[] = [];
      let page = '';
      for (let pages = 0; pages < mostPages; pages++) {
        const parameters = new URLSearchParams({
          ...query,
          page_size: pageSize,
          ...(page === '' ? {} : { page_token: page }),
        });
        const request: HttpRequest = { method: 'GET', url: `${base}/v2/${path}?${parameters}`, ...cancelled(signal) };
        const answer = await (secretly ? send(request, 'list') : exchange(request, 'list'));
        const items = answer[member] ?? [];
        if (!Array.isArray(items) || !items.every(isRecord))
          throw new DossierError('invalid-response', say`DataTrails listed no ${member}`, { where });
        found.push(...items);
        page = typeof answer['next_page_token'] === 'string' ? answer['next_page_token'] : '';
        if (page === '') return found;
      }
      throw new DossierError('invalid-response', 'DataTrails lists without end', { where });
    },
  };
}

const refusals: Readonly<Record<number, readonly [ErrorCode, Sentence]>> = {
  400: ['invalid-input', say`DataTrails did not understand the request`],
  401: ['unauthorized', say`DataTrails does not know this client id, or its secret is wrong or older than a year`],
  402: ['quota-exceeded', say`The quota of this DataTrails tenancy is used up: what is to be recorded waits`],
  403: ['forbidden', say`This DataTrails integration may not do that: name its client id in an access policy`],
  404: ['not-found', say`DataTrails has nothing of that name`],
  429: ['rate-limited', say`DataTrails asked for a slower pace`],
};

/** The body is free text and may quote what was sent, so nothing of it goes into the message. */
function refusal(status: number, headers: Readonly<Record<string, string>>, operation: string): DossierError {
  const [code, sentence] =
    refusals[status] ??
    (status >= 500
      ? (['server-error', say`DataTrails failed`] as const)
      : (['invalid-response', say`DataTrails answered with ${status}`] as const));
  const seconds = Number(headers['archivist-rate-limit-reset'] ?? Number.NaN);
  const wait =
    status === 429 && Number.isFinite(seconds) && seconds >= 0
      ? { retryAfterMs: Math.min(seconds, 86_400) * 1000 }
      : {};
  return new DossierError(code, sentence, {
    where,
    operation,
    status,
    ...wait,
    ...(status === 402 ? { retry: 'afterUser' as const } : {}),
  });
}
