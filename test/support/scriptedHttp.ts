import { concatBytes, fromUtf8 } from '../../shared/core/bytes.ts';
import type { HttpPort, HttpRequest } from '../../shared/core/ports.ts';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

export interface SeenRequest {
  readonly request: HttpRequest;
  /** `files/upload` */
  readonly route: string;
  readonly body: string;
}

export interface ScriptedHttp extends HttpPort {
  readonly seen: readonly SeenRequest[];
}

/** Answers as the script says, and keeps what it was asked. For answers that no real server gives. */
export function scriptedHttp(
  answer: (seen: SeenRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): ScriptedHttp {
  const seen: SeenRequest[] = [];
  return {
    seen,
    async send(request) {
      const each = {
        request,
        route: new URL(request.url).pathname.replace(/^\/(2\/)?/, ''),
        body: await textOf(request.body),
      };
      seen.push(each);
      const {
        status = 200,
        headers = {},
        json,
        text = JSON.stringify(json ?? null),
      } = await answer(each, seen.length - 1);
      return { status, headers, body: once(text) };
    },
  };
}

async function textOf(body: HttpRequest['body']): Promise<string> {
  if (body === undefined) return '';
  if (body instanceof Uint8Array) return printed(body);
  const parts: Uint8Array[] = [];
  for await (const part of body.open()) parts.push(part);
  return printed(concatBytes(parts));
}

function printed(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return `${bytes.length} bytes`;
  }
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}
