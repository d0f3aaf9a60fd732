import { DossierError, type ErrorCode, isDossierError } from './errors.ts';
import { type Sentence, say } from './sentence.ts';

/** What the codes of Node and of HTTP clients on it mean to a person. */
const meanings: Readonly<Record<string, readonly [ErrorCode, Sentence]>> = {
  ENOTFOUND: ['offline', say`The server name could not be found`],
  EAI_AGAIN: ['offline', say`The server name could not be looked up`],
  ECONNREFUSED: ['offline', say`The server refused the connection`],
  ECONNRESET: ['offline', say`The connection was cut`],
  EPIPE: ['offline', say`The connection was cut`],
  EHOSTUNREACH: ['offline', say`The server cannot be reached`],
  ENETUNREACH: ['offline', say`The network cannot be reached`],
  ETIMEDOUT: ['timeout', say`The server did not answer in time`],
  ECONNABORTED: ['timeout', say`The server did not answer in time`],
  ERR_CANCELED: ['cancelled', say`The request was cancelled`],
  ERR_STREAM_PREMATURE_CLOSE: ['offline', say`The connection was cut`],
  HPE_INVALID_CONSTANT: ['invalid-response', say`The server does not speak HTTP`],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted-certificate', say`The server has a self-signed certificate`],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'untrusted-certificate',
    say`The certificate of the server was signed by an unknown authority`,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'untrusted-certificate',
    say`The certificate of the server was signed by an unknown authority`,
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'untrusted-certificate',
    say`The certificate of the server was signed by an unknown authority`,
  ],
  CERT_HAS_EXPIRED: ['untrusted-certificate', say`The certificate of the server has expired`],
  ERR_TLS_CERT_ALTNAME_INVALID: ['untrusted-certificate', say`The certificate of the server was made for another name`],
};

/**
 * A failure below HTTP as a DossierError, by the first code known in its chain of causes. Names the host, never the
 * query.
 */
export function transportError(error: unknown, url?: string): DossierError {
  if (isDossierError(error)) return error;
  const [code, sentence] = meaningOf(error) ?? ['offline', say`The connection failed`];
  const said = url !== undefined && URL.canParse(url) ? say`${sentence} (${new URL(url).host})` : sentence;
  return new DossierError(code, said, { cause: error });
}

/** Whether a failure of the transport was that the name of the server is not known. */
export function isNameFailure(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 8) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' || isNameFailure(cause, depth + 1);
}

function meaningOf(error: unknown, depth = 0): readonly [ErrorCode, Sentence] | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' ? meanings[code] : undefined) ?? meaningOf(cause, depth + 1);
}
