import { fromUtf8Lossy, readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError, throwIfCancelled } from '../../core/errors.ts';
import { parseJson, parseJsonBytes } from '../../core/json.ts';
import type { Clock, HttpPort, HttpRequest, HttpResponse, SizedBody } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import { type Refusal, refusalError } from './errors.ts';
import type { PathRoot } from './pathRoot.ts';

export interface DropboxEndpoints {
  readonly api: string;
  readonly content: string;
  readonly notify: string;
}

export const dropboxEndpoints: DropboxEndpoints = {
  api: 'https://api.dropboxapi.com',
  content: 'https://content.dropboxapi.com',
  notify: 'https://notify.dropboxapi.com',
};

/** Said about a call for the error it may end in. */
export interface CallInfo {
  /** In the words of the drive contract. */
  readonly operation: string;
  readonly path?: string | undefined;
  /** Put before the error's tags: the same tag means another thing of an upload session. */
  readonly area?: 'session';
}

/**
 * The routes of Dropbox in their three styles. Each sends one request, but for a second one when the team's root has
 * moved.
 */
export interface DropboxApi {
  /** Argument and result as JSON. */
  rpc(route: string, argument: object | null, info: CallInfo, context?: Context): Promise<unknown>;
  /** Argument in a header, content as body, result as JSON. */
  upload(
    route: string,
    argument: object,
    body: Uint8Array | SizedBody,
    info: CallInfo,
    context?: Context,
  ): Promise<unknown>;
  /** Argument in a header, content as answer. */
  download(
    route: string,
    argument: object,
    headers: Readonly<Record<string, string>>,
    info: CallInfo,
    context?: Context,
  ): Promise<HttpResponse>;
  /** A long poll: without a token, and with a time-out of its own. */
  poll(route: string, argument: object, timeoutMs: number, info: CallInfo, context?: Context): Promise<unknown>;
}

// A page of 2,000 entries is about 1 MB.
const maxAnswer = 32 * 1024 * 1024;
const maxRefusal = 64 * 1024;

/** HTTP headers carry ASCII only: everything above, and DEL, is escaped as JSON allows. */
function headerJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function createDropboxApi(
  http: HttpPort,
  clock: Clock,
  endpoints: DropboxEndpoints,
  pathRoot: PathRoot,
): DropboxApi {
  const attempt = async (request: HttpRequest, context: Context | undefined): Promise<HttpResponse | Refusal> => {
    throwIfCancelled(context?.signal);
    const response = await http.send({
      ...request,
      ...(context?.signal ? { signal: context.signal } : {}),
      ...(context?.onSent ? { onSent: context.onSent } : {}),
    });
    return response.status >= 200 && response.status < 300 ? response : readRefusal(response);
  };

  const accepted = (answered: HttpResponse | Refusal, { operation, path, area }: CallInfo): HttpResponse => {
    if ('text' in answered)
      throw refusalError(answered, clock.now(), { operation, ...(path === undefined ? {} : { path }) }, area);
    return answered;
  };

  const send = async (request: HttpRequest, info: CallInfo, context: Context | undefined) =>
    accepted(await attempt(request, context), info);

  /**
   * Under the root of the account's space. A root that has moved is refused before anything is done, so the call is
   * made again under the new one.
   */
  const sendRooted = async (
    request: HttpRequest,
    info: CallInfo,
    context: Context | undefined,
  ): Promise<HttpResponse> => {
    const rooted = async () =>
      attempt({ ...request, headers: { ...request.headers, ...(await pathRoot.headers(context)) } }, context);
    const answered = await rooted();
    const moved = 'text' in answered && answered.status === 422 && pathRoot.correct(answered.json);
    return accepted(moved ? await rooted() : answered, info);
  };

  const answer = async (response: HttpResponse): Promise<unknown> =>
    parseJsonBytes(await readAnswer(response), 'invalid-response', 'The answer of Dropbox');

  const plainRpc = (host: keyof DropboxEndpoints, route: string, argument: object | null): HttpRequest => ({
    method: 'POST',
    url: `${endpoints[host]}/2/${route}`,
    headers: { 'Content-Type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(argument)),
  });

  const content = (route: string, argument: object, headers: Readonly<Record<string, string>>): HttpRequest => ({
    method: 'POST',
    url: `${endpoints.content}/2/${route}`,
    headers: { 'Dropbox-API-Arg': headerJson(argument), ...headers },
  });

  return {
    async rpc(route, argument, info, context) {
      // The account itself is asked before its root is known.
      const sender = route.startsWith('files/') ? sendRooted : send;
      return answer(await sender(plainRpc('api', route, argument), info, context));
    },
    async upload(route, argument, body, info, context) {
      const request = content(route, argument, { 'Content-Type': 'application/octet-stream' });
      return answer(await sendRooted({ ...request, body }, info, context));
    },
    download: async (route, argument, headers, info, context) =>
      sendRooted(content(route, argument, headers), info, context),
    poll: async (route, argument, timeoutMs, info, context) =>
      answer(await send({ ...plainRpc('notify', route, argument), anonymous: true, timeoutMs }, info, context)),
  };
}

async function readAnswer(response: HttpResponse): Promise<Uint8Array> {
  try {
    return await readBytes(response.body, maxAnswer);
  } catch (error) {
    if (isDossierError(error, 'too-large'))
      throw new DossierError('invalid-response', 'The answer of Dropbox is larger than any it gives', {
        where: 'dropbox',
        cause: error,
      });
    throw error;
  }
}

/**
 * Errors come as JSON, as plain text, as HTML of a proxy, or empty. One that breaks off says nothing, so the break is
 * the error.
 */
async function readRefusal({ status, headers, body }: HttpResponse): Promise<Refusal> {
  const text = await readBytes(body, maxRefusal).then(fromUtf8Lossy, (error: unknown) => {
    if (isDossierError(error, 'too-large')) return '';
    throw error;
  });
  const json = /^\s*\{/.test(text) ? tryJson(text) : undefined;
  return { status, headers, text, json };
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
