import type { IN8nHttpFullResponse } from 'n8n-workflow';
import { DossierError } from '../../shared/index.ts';

/**
 * n8n throws a 401 that is left after it refreshed the token; the answer itself is somewhere in the chain of causes.
 */
export function answerIn(error: unknown): IN8nHttpFullResponse | undefined {
  for (const link of chain(error)) {
    const { response } = link as { response?: { status?: unknown; headers?: object; data?: unknown } };
    if (typeof response?.status !== 'number') continue;
    return {
      statusCode: response.status,
      headers: { ...response.headers },
      body: response.data as IN8nHttpFullResponse['body'],
    };
  }
  return undefined;
}

/** A failure of n8n to use the credential at all: not connected yet, revoked, or refused by the token endpoint. */
export function credentialProblem(error: unknown): DossierError | undefined {
  for (const link of chain(error)) {
    const { message, failure } = link as { message?: unknown; failure?: { cause?: unknown } };
    const refused =
      failure?.cause === 'credential-invalid' ||
      /not connected|reconnect|without access token|invalid_(?:client|grant|request|token)/i.test(String(message));
    if (refused)
      return new DossierError(
        'unauthorized',
        'This credential is not connected, or its access was withdrawn: open it in n8n and connect it again',
        { cause: error },
      );
  }
  return undefined;
}

function* chain(error: unknown): Generator<object> {
  for (
    let link = error, depth = 0;
    typeof link === 'object' && link !== null && depth < 8;
    link = (link as { cause?: unknown }).cause, depth++
  )
    yield link;
}
