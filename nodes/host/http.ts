import type {
  IAllExecuteFunctions,
  IHttpRequestMethods,
  IHttpRequestOptions,
  IN8nHttpFullResponse,
} from 'n8n-workflow';
import {
  DossierError,
  type HttpPort,
  type HttpRequest,
  type SizedBody,
  throwIfCancelled,
  transportError,
} from '../../shared/index.ts';
import { guardedBody } from './httpBody.ts';
import { answerIn, credentialProblem } from './httpFailure.ts';
import { learnReadable } from './readable.ts';

/** Every kind of n8n context that can send requests. */
export type RequestContext = Pick<IAllExecuteFunctions, 'helpers'> & {
  getExecutionCancelSignal?(): AbortSignal | undefined;
};

const defaultTimeoutMs = 120_000;

/**
 * The HTTP port over n8n's own request helper, which adds the credentials, refreshes them, and obeys the proxy and
 * the access policy of the instance. Credentials never pass through here.
 */
export function createHttp(
  context: RequestContext,
  credentialType: string | undefined,
  timeoutMs = defaultTimeoutMs,
): HttpPort {
  return {
    async send(request) {
      const idleMs = request.timeoutMs ?? timeoutMs;
      const abort = new AbortController();
      const signals = [abort.signal, request.signal, context.getExecutionCancelSignal?.()].filter(
        (signal) => signal !== undefined,
      );
      const signal = AbortSignal.any(signals);
      throwIfCancelled(signal);
      const options = optionsFor(request, idleMs, signal);
      const answer = await exchange(context, request.anonymous === true ? undefined : credentialType, options);
      if (request.body instanceof Uint8Array) request.onSent?.(request.body.length);
      if (typeof answer.body === 'object' && answer.body !== null) learnReadable(answer.body);
      return {
        status: answer.statusCode,
        headers: plainHeaders(answer.headers),
        body: guardedBody(answer.body, { idleMs, url: request.url, signal, abort: (reason) => abort.abort(reason) }),
      };
    },
  };
}

async function exchange(
  context: RequestContext,
  credentialType: string | undefined,
  options: IHttpRequestOptions,
): Promise<IN8nHttpFullResponse> {
  try {
    return credentialType === undefined
      ? await context.helpers.httpRequest(options)
      : await context.helpers.httpRequestWithAuthentication.call(
          context as IAllExecuteFunctions,
          credentialType,
          options,
        );
  } catch (error) {
    throwIfCancelled(options.abortSignal as AbortSignal);
    const answer = answerIn(error);
    if (answer !== undefined) return answer;
    throw credentialProblem(error) ?? transportError(error, options.url);
  }
}

function optionsFor(request: HttpRequest, timeout: number, signal: AbortSignal): IHttpRequestOptions {
  const options: IHttpRequestOptions = {
    method: request.method as IHttpRequestMethods,
    url: request.url,
    // Compressed answers would hide how many bytes are still to come.
    headers: { 'accept-encoding': 'identity', ...request.headers },
    encoding: 'stream',
    returnFullResponse: true,
    // n8n refreshes an OAuth token when a 401 is thrown, so that one status stays an error until then.
    ignoreHttpStatusErrors: { ignore: true, except: [401] },
    disableFollowRedirect: true,
    timeout,
  };
  if (request.body !== undefined) {
    options.headers = { 'content-type': 'application/octet-stream', ...options.headers };
    options.body =
      request.body instanceof Uint8Array
        ? Buffer.from(request.body.buffer, request.body.byteOffset, request.body.length)
        : reopenable(request.body, request.onSent);
  }
  // n8n puts its own cancel signal here just before it sends. Ours, which n8n's is part of, has to stay.
  return Object.defineProperty(options, 'abortSignal', { enumerable: true, get: () => signal, set: () => undefined });
}

/**
 * A body in the shape of a Blob, which n8n's HTTP client sends with a Content-Length and opens anew when it has to send
 * again, unlike a Node stream, which is spent after the first attempt.
 */
function reopenable(body: SizedBody, onSent: ((bytes: number) => void) | undefined): object {
  return {
    [Symbol.toStringTag]: 'Blob',
    size: body.size,
    type: '',
    async *stream() {
      let sent = 0;
      for await (const piece of body.open()) {
        yield piece;
        onSent?.((sent += piece.length));
      }
      if (sent !== body.size) throw new DossierError('source-changed', 'The source has another length than before');
    },
  };
}

function plainHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
}
