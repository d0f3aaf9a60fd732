import { DossierError, type ErrorCode, isDossierError } from './errors.ts';

/** What the codes of Node and of HTTP clients on it mean to a person. */
const meanings: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOTFOUND: ['offline', 'The server name could not be found'],
  EAI_AGAIN: ['offline', 'The server name could not be looked up'],
  ECONNREFUSED: ['offline', 'The server refused the connection'],
  ECONNRESET: ['offline', 'The connection was cut'],
  EPIPE: ['offline', 'The connection was cut'],
  EHOSTUNREACH: ['offline', 'The server cannot be reached'],
  ENETUNREACH: ['offline', 'The network cannot be reached'],
  ETIMEDOUT: ['timeout', 'The server did not answer in time'],
  ECONNABORTED: ['timeout', 'The server did not answer in time'],
  ERR_CANCELED: ['cancelled', 'The request was cancelled'],
  ERR_STREAM_PREMATURE_CLOSE: ['offline', 'The connection was cut'],
  HPE_INVALID_CONSTANT: ['invalid-response', 'The server does not speak HTTP'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted-certificate', 'The server has a self-signed certificate'],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'untrusted-certificate',
    'The certificate of the server was signed by an unknown authority',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'untrusted-certificate',
    'The certificate of the server was signed by an unknown authority',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'untrusted-certificate',
    'The certificate of the server was signed by an unknown authority',
  ],
  CERT_HAS_EXPIRED: ['untrusted-certificate', 'The certificate of the server has expired'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['untrusted-certificate', 'The certificate of the server was made for another name'],
};

/**
 * A failure below HTTP as a DossierError, by the first code known in its chain of causes. Names the host, never the
 * query.
 */
export function transportError(error: unknown, url?: string): DossierError {
  if (isDossierError(error)) return error;
  const [code, sentence] = meaningOf(error) ?? ['offline', 'The connection failed'];
  const host = url !== undefined && URL.canParse(url) ? ` (${new URL(url).host})` : '';
  return new DossierError(code, `${sentence}${host}`, { cause: error });
}

function meaningOf(error: unknown, depth = 0): readonly [ErrorCode, string] | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' ? meanings[code] : undefined) ?? meaningOf(cause, depth + 1);
}
