import type { ICredentialTestFunctions } from 'n8n-workflow';
import { type HttpPort, transportError, utf8 } from '../../shared/index.ts';

interface LegacyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
}

/** The test of a credential has no other way to the network than n8n's old request helper, and little patience. */
const timeoutMs = 15_000;

/** The HTTP port for tests of credentials: small bodies, no cancelling, no credentials of its own. */
export function createTestHttp({ helpers }: ICredentialTestFunctions): HttpPort {
  return {
    async send({ method, url, headers, body }) {
      if (body !== undefined && !(body instanceof Uint8Array)) throw new TypeError('Tests send no files');
      try {
        const answer = (await helpers.request({
          method,
          uri: url,
          headers: { 'accept-encoding': 'identity', ...headers },
          ...(body === undefined ? {} : { body: Buffer.from(body) }),
          encoding: null,
          simple: false,
          resolveWithFullResponse: true,
          followRedirect: false,
          followAllRedirects: false,
          timeout: timeoutMs,
        })) as LegacyAnswer;
        return { status: answer.statusCode, headers: plain(answer.headers), body: once(answer.body) };
      } catch (error) {
        throw transportError(error, url);
      }
    },
  };
}

function plain(headers: LegacyAnswer['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}

async function* once(body: Uint8Array | string | undefined): AsyncGenerator<Uint8Array> {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  if (bytes !== undefined && bytes.length > 0) yield new Uint8Array(bytes);
}
