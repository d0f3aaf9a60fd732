import { fromUtf8Lossy, readBytes, utf8 } from '../../shared/core/bytes.ts';
import type { HttpPort, HttpRequest, HttpResponse } from '../../shared/core/ports.ts';

/** What lies between a client and a real server, and answers in its place. */
export interface Interference {
  /** The answer to a request that is not passed on; undefined passes it on. `nth` counts from 1 over requests that match. */
  readonly instead?: (request: HttpRequest, nth: number) => { status: number; text?: string } | undefined;
  /** The answer to a request that the server has done; undefined gives the server's own. */
  readonly afterwards?: (request: HttpRequest, nth: number) => { status: number; text?: string } | undefined;
  /** Changes the text of an answer that was passed back. */
  readonly text?: (body: string, request: HttpRequest, nth: number) => string;
  readonly matches: (request: HttpRequest) => boolean;
}

export interface InterceptedHttp extends HttpPort {
  readonly seen: readonly HttpRequest[];
  count(method: string): number;
  /** Bytes of the bodies of requests with this method. */
  sent(method: string): number;
}

/** For servers and proxies that answer otherwise than any that can be had. */
export function interceptedHttp(http: HttpPort, ...interferences: readonly Interference[]): InterceptedHttp {
  const seen: HttpRequest[] = [];
  const counts = new Map<Interference, number>();
  const of = (method: string) => seen.filter((request) => request.method === method);
  return {
    seen,
    count: (method) => of(method).length,
    sent: (method) => of(method).reduce((sum, request) => sum + bodySize(request), 0),
    async send(request) {
      seen.push(request);
      let rewrite: ((body: string) => string) | undefined;
      let said: { status: number; text?: string } | undefined;
      for (const each of interferences.filter(({ matches }) => matches(request))) {
        const nth = (counts.get(each) ?? 0) + 1;
        counts.set(each, nth);
        const answer = each.instead?.(request, nth);
        if (answer) return responseOf(answer.status, answer.text ?? '');
        said ??= each.afterwards?.(request, nth);
        if (each.text) rewrite = (body) => each.text!(body, request, nth);
      }
      const response = await http.send(request);
      if (!said && !rewrite) return response;
      const text = fromUtf8Lossy(await readBytes(response.body, 2 ** 24));
      if (said) return responseOf(said.status, said.text ?? '');
      return { ...response, body: once(rewrite ? rewrite(text) : text) };
    },
  };
}

function bodySize({ body }: HttpRequest): number {
  return body === undefined ? 0 : body instanceof Uint8Array ? body.length : body.size;
}

function responseOf(status: number, text: string): HttpResponse {
  return { status, headers: {}, body: once(text) };
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  if (text !== '') yield utf8(text);
}
