import { createHash, randomBytes } from 'node:crypto';
import { drain, toHex } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { HttpPort, HttpRequest, HttpResponse } from '../core/ports.ts';
import type { Credentials } from './basicAuth.ts';

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: string;
  readonly hash: 'md5' | 'sha256';
  readonly qop: boolean;
}

const hashes: Readonly<Record<string, Challenge['hash']>> = { 'MD5': 'md5', 'SHA-256': 'sha256' };

/** What is asked before a body is sent: `OPTIONS` is open to everybody on some servers. */
const questions: readonly { readonly method: string; readonly headers?: Readonly<Record<string, string>> }[] = [
  { method: 'OPTIONS' },
  { method: 'PROPFIND', headers: { Depth: '0' } },
];

/**
 * Answers Digest challenges (RFC 7616) of one origin. A body is sent only once the challenge is known, so that it need
 * not be sent twice.
 */
export function withDigestAuth(http: HttpPort, url: string, credentials: Credentials): HttpPort {
  const { origin } = new URL(url);
  let challenge: Challenge | undefined;
  /** True once the server has taken what was signed for this challenge: then the password is right. */
  let proved = false;
  let uses = 0;

  const sendSigned = (request: HttpRequest, known: Challenge) =>
    http.send({
      ...request,
      headers: { ...request.headers, Authorization: authorization(request, known, credentials, ++uses) },
    });

  const learn = async (response: HttpResponse): Promise<Challenge> => {
    await drain(response.body);
    const fresh = parseChallenge(response.headers['www-authenticate'] ?? '');
    if (!fresh)
      throw new DossierError('unauthorized', 'The server does not offer a sign-in by digest that is known here', {
        status: 401,
      });
    [challenge, uses] = [fresh, 0];
    return fresh;
  };

  const signAnew = async (request: HttpRequest, refusal: HttpResponse): Promise<HttpResponse> => {
    const response = await sendSigned(request, await learn(refusal));
    proved = response.status !== 401;
    return response;
  };

  /** Asks without a body, in one of the ways in which a server may want to know who asks. */
  const provoke = async ({
    body: _,
    onSent: __,
    headers: ___,
    ...bare
  }: HttpRequest): Promise<HttpResponse | undefined> => {
    for (const question of questions) {
      const { headers = {}, method } = question;
      const asked = await http.send({ ...bare, method, headers, url: method === 'OPTIONS' ? bare.url : url });
      if (asked.status === 401) return asked;
      await drain(asked.body);
    }
    return undefined;
  };

  return {
    async send(request) {
      if (request.anonymous || new URL(request.url).origin !== origin) return http.send(request);
      if (!challenge) {
        const refusal = request.body === undefined ? undefined : await provoke(request);
        if (refusal) return signAnew(request, refusal);
        // A server that asks nobody who he is for anything but this.
        const response = await http.send(request);
        return response.status === 401 ? signAnew(request, response) : response;
      }
      const response = await sendSigned(request, challenge);
      if (response.status !== 401) {
        proved = true;
        return response;
      }
      // An aged nonce is not a refusal, nor is another challenge after one that was met; anything else is, and is not
      // tried again.
      const header = response.headers['www-authenticate'] ?? '';
      const isNew = proved && parseChallenge(header)?.nonce !== challenge.nonce;
      return isStale(header) || isNew ? signAnew(request, response) : response;
    },
  };
}

function authorization(
  { method, url }: HttpRequest,
  { realm, nonce, opaque, algorithm, hash, qop }: Challenge,
  { user, password }: Credentials,
  use: number,
): string {
  const digest = (text: string) => createHash(hash).update(text).digest('hex');
  const { pathname, search } = new URL(url);
  const uri = pathname + search;
  const count = use.toString(16).padStart(8, '0');
  const cnonce = toHex(randomBytes(16));
  const secret = digest(`${user}:${realm}:${password}`);
  const asked = digest(`${method}:${uri}`);
  const response = digest(qop ? `${secret}:${nonce}:${count}:${cnonce}:auth:${asked}` : `${secret}:${nonce}:${asked}`);
  const quoted = {
    username: user,
    realm,
    nonce,
    uri,
    response,
    ...(opaque !== undefined && { opaque }),
    ...(qop && { cnonce }),
  };
  const fields = Object.entries(quoted).map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`);
  return `Digest ${[...fields, `algorithm=${algorithm}`, ...(qop ? ['qop=auth', `nc=${count}`] : [])].join(', ')}`;
}

/** The strongest of the Digest challenges in a header that may carry several. */
function parseChallenge(header: string): Challenge | undefined {
  const known = digestParts(header).flatMap((fields): Challenge[] => {
    const algorithm = fields.get('algorithm') ?? 'MD5';
    const hash = hashes[algorithm.toUpperCase()];
    const [realm, nonce, qops] = [fields.get('realm'), fields.get('nonce'), fields.get('qop')];
    if (!hash || realm === undefined || nonce === undefined) return [];
    if (qops !== undefined && !qops.split(/\s*,\s*/).includes('auth')) return [];
    return [{ realm, nonce, opaque: fields.get('opaque'), algorithm, hash, qop: qops !== undefined }];
  });
  return known.find(({ hash }) => hash === 'sha256') ?? known[0];
}

function isStale(header: string): boolean {
  return digestParts(header).some((fields) => fields.get('stale')?.toLowerCase() === 'true');
}

function digestParts(header: string): Map<string, string>[] {
  return header
    .split(/(?:^|,\s*)(?=[A-Za-z]+\s+[a-z]+\s*=)/)
    .filter((part) => /^digest\s/i.test(part))
    .map(
      (part) =>
        new Map(
          Array.from(
            part.slice(7).matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi),
            ([, name, quoted, bare]): [string, string] => [
              (name as string).toLowerCase(),
              quoted?.replace(/\\(.)/g, '$1') ?? (bare as string),
            ],
          ),
        ),
    );
}
