import { describe, expect, test } from 'vitest';
import { withBasicAuth } from '../../../shared/connection/basicAuth.ts';
import { withDigestAuth } from '../../../shared/connection/digestAuth.ts';
import { drain } from '../../../shared/core/bytes.ts';
import type { HttpPort, HttpRequest } from '../../../shared/core/ports.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const url = 'https://dav.example/files/';
const credentials = { user: 'Jörg', password: 'pa:ß"wörd' };

function recorder(
  answer: (request: HttpRequest, index: number) => { status?: number; headers?: Record<string, string> },
) {
  const seen: HttpRequest[] = [];
  const http: HttpPort = {
    async send(request) {
      seen.push(request);
      return { status: 200, headers: {}, body: (async function* () {})(), ...answer(request, seen.length - 1) };
    },
  };
  return { http, seen };
}

const signIns = {
  basic: (http: HttpPort) => withBasicAuth(http, url, credentials, createVirtualClock()),
  digest: (http: HttpPort) => withDigestAuth(http, url, credentials),
};

describe.each(Object.entries(signIns))('%s sign-in', (_, signIn) => {
  test('says nothing to another origin, and nothing when it is not to', async () => {
    const { http, seen } = recorder(() => ({}));
    const signed = signIn(http);
    for (const elsewhere of ['https://dav.example:8443/', 'http://dav.example/', 'https://evil.example/files/'])
      await signed.send({ method: 'GET', url: elsewhere });
    await signed.send({ method: 'GET', url, anonymous: true });
    expect(seen.map(({ headers }) => headers?.['Authorization'])).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('Basic', () => {
  test('is UTF-8', async () => {
    const { http, seen } = recorder(() => ({}));
    await signIns.basic(http).send({ method: 'GET', url });
    expect(Buffer.from(seen[0]?.headers?.['Authorization']?.slice(6) ?? '', 'base64').toString()).toBe(
      'Jörg:pa:ß"wörd',
    );
  });

  test('the first refusal stops all others, and one more try is due only after a while', async () => {
    const clock = createVirtualClock();
    const { http, seen } = recorder(() => ({ status: 401 }));
    const signed = withBasicAuth(http, url, credentials, clock);
    await signed.send({ method: 'PUT', url });
    for (let more = 0; more < 20; more++)
      await expect(signed.send({ method: 'PUT', url })).rejects.toMatchObject({
        code: 'unauthorized',
        retry: 'afterUser',
      });
    expect(seen).toHaveLength(1);
    await clock.advance(300_001);
    await signed.send({ method: 'PUT', url });
    expect(seen).toHaveLength(2);
  });
});

describe('Digest', () => {
  const challenge = {
    'www-authenticate':
      'Basic realm="x", Digest realm="Re, \\"p\\"", nonce="n1", qop="auth,auth-int", algorithm=MD5, opaque="o", Digest realm="Re", nonce="n2", qop="auth", algorithm=SHA-256',
  };

  test('asks before it sends a body, takes the strongest offer, and counts the uses of a nonce', async () => {
    const { http, seen } = recorder((request) =>
      request.headers?.['Authorization'] ? {} : { status: 401, headers: challenge },
    );
    const signed = signIns.digest(http);
    await signed.send({ method: 'PUT', url: `${url}a?b=c`, body: new Uint8Array(3) });
    await signed.send({ method: 'GET', url });
    expect(seen.map(({ method, body }) => [method, body?.constructor.name])).toEqual([
      ['OPTIONS', undefined],
      ['PUT', 'Uint8Array'],
      ['GET', undefined],
    ]);
    expect(seen[1]?.headers?.['Authorization']).toMatch(
      /^Digest username="Jörg", realm="Re", nonce="n2", uri="\/files\/a\?b=c", response="[0-9a-f]{64}", cnonce="[0-9a-f]{32}", algorithm=SHA-256, qop=auth, nc=00000001$/,
    );
    expect(seen[2]?.headers?.['Authorization']).toContain('nc=00000002');
  });

  test.each([['PROPFIND'], ['PUT']])('a server that asks who it is only for %s is told', async (asking) => {
    const { http, seen } = recorder(({ method, headers }) =>
      headers?.['Authorization'] || method !== asking ? {} : { status: 401, headers: challenge },
    );
    const signed = signIns.digest(http);
    const response = await signed.send({ method: 'PUT', url: `${url}a`, body: new Uint8Array(3) });
    expect(response.status).toBe(200);
    expect(seen.at(-1)?.headers?.['Authorization']).toContain('Digest');
    expect(seen.at(-1)?.body).toHaveLength(3);
    // A body goes unsigned only to a server that asked nobody.
    expect(seen.filter(({ body, headers }) => body && !headers?.['Authorization'])).toHaveLength(
      asking === 'PUT' ? 1 : 0,
    );
  });

  test('another challenge after one that was met is met as well; without one before it is a refusal', async () => {
    let nonce = 'n1';
    const { http, seen } = recorder(({ headers }) =>
      headers?.['Authorization']?.includes(`nonce="${nonce}"`)
        ? {}
        : { status: 401, headers: { 'www-authenticate': `Digest realm="Re", nonce="${nonce}", qop="auth"` } },
    );
    const signed = signIns.digest(http);
    expect((await signed.send({ method: 'GET', url })).status).toBe(200);
    nonce = 'n2';
    expect((await signed.send({ method: 'GET', url })).status).toBe(200);
    expect(seen).toHaveLength(4);
  });

  test('a refused answer is final; an aged nonce is not a refusal', async () => {
    const refusing = recorder(() => ({ status: 401, headers: challenge }));
    expect((await signIns.digest(refusing.http).send({ method: 'GET', url })).status).toBe(401);
    expect(refusing.seen).toHaveLength(2);
    const ageing = recorder((_, index) =>
      index === 0
        ? { status: 401, headers: challenge }
        : index === 2
          ? {
              status: 401,
              headers: {
                'www-authenticate': 'Digest realm="Re", nonce="n3", qop="auth", algorithm=SHA-256, stale=true',
              },
            }
          : {},
    );
    const signed = signIns.digest(ageing.http);
    await signed.send({ method: 'GET', url });
    const { status, body } = await signed.send({ method: 'GET', url });
    await drain(body);
    expect(status).toBe(200);
    expect(ageing.seen.at(-1)?.headers?.['Authorization']).toContain('nonce="n3"');
  });

  test.each([
    '',
    'Negotiate',
    'Digest realm="x"',
    'Digest realm="x", nonce="n", algorithm=MD5-sess',
    'Digest realm="x", nonce="n", qop="auth-int"',
  ])('the offer %j is refused', async (offer) => {
    const { http } = recorder(() => ({ status: 401, headers: { 'www-authenticate': offer } }));
    await expect(signIns.digest(http).send({ method: 'GET', url })).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
