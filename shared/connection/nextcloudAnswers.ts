import { drain, readBytes } from '../core/bytes.ts';
import { DossierError, type ErrorCode } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { HttpPort, HttpRequest, HttpResponse } from '../core/ports.ts';
import { redirectSaying } from '../core/redirect.ts';
import { type Sentence, say } from '../core/sentence.ts';

const answerLimit = 262_144;

/** Marks requests as made by a program; without it Nextcloud takes them for a forged page. */
const programHeaders = { 'OCS-APIRequest': 'true', 'Accept': 'application/json' };

const byStatus: Readonly<Record<number, readonly [ErrorCode, Sentence]>> = {
  400: ['invalid-response', say`The server does not answer under this address: it must be one of its trusted domains`],
  401: ['unauthorized', say`The server has refused this user or password`],
  403: ['forbidden', say`The server does not allow this`],
  404: ['invalid-response', say`There is no Nextcloud at this address`],
  429: ['rate-limited', say`The server turns this address away for a while after failed sign-ins`],
  503: ['server-error', say`The server is being maintained`],
};

/** Sends a request beside the files: to the login flow, to the OCS interface. Follows nobody elsewhere. */
export async function ask(http: HttpPort, request: HttpRequest): Promise<HttpResponse> {
  const response = await http.send({ ...request, headers: { ...programHeaders, ...request.headers } });
  const target = response.headers['location'];
  if (response.status < 300 || response.status > 399) return response;
  await drain(response.body);
  const url = target !== undefined && URL.canParse(target, request.url) ? new URL(target, request.url) : undefined;
  throw new DossierError('invalid-response', redirectSaying(request.url, url), {
    where: 'nextcloud',
    status: response.status,
    ...(url && { advice: null }),
  });
}

/** The JSON object of a successful answer; the failure otherwise. */
export async function readAnswer(response: HttpResponse, operation: string): Promise<Record<string, unknown>> {
  const { status } = response;
  if (status < 200 || status > 299) {
    await drain(response.body);
    const [code, sentence] = byStatus[status] ?? [
      status >= 500 ? 'server-error' : 'invalid-response',
      say`The server answered ${status}`,
    ];
    const wait = code === 'rate-limited' ? { retryAfterMs: 1_800_000 } : {};
    const advice = status === 400 || status === 404 ? { advice: 'Check the address.' } : {};
    throw new DossierError(code, sentence, { operation, where: 'nextcloud', status, ...wait, ...advice });
  }
  const answer = parseJsonBytes(await readBytes(response.body, answerLimit));
  if (!isRecord(answer)) throw new DossierError('invalid-response', undefined, { operation, where: 'nextcloud' });
  return answer;
}

/** What an OCS answer is about. */
export async function readOcs(response: HttpResponse, operation: string): Promise<Record<string, unknown>> {
  const { ocs } = await readAnswer(response, operation);
  return isRecord(ocs) && isRecord(ocs['data']) ? ocs['data'] : {};
}
