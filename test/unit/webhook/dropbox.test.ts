import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isDossierError } from '../../../shared/core/errors.ts';
import { accountsOfNotice, answerChallenge, isSignedByDropbox } from '../../../shared/webhook/dropbox.ts';
import { isNextcloudSecret } from '../../../shared/webhook/nextcloud.ts';
import { forgeries } from '../../crash/webhookForgeries.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const notice = (accounts: unknown) => bytes(JSON.stringify({ list_folder: { accounts }, delta: { users: [12345] } }));

describe('challenge of Dropbox', () => {
  test('is echoed as plain text that is not sniffed', () => {
    expect(answerChallenge('a<b>c')).toEqual({
      status: 200,
      headers: { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' },
      body: 'a<b>c',
    });
  });

  test.each([undefined, '', ['a'], 'x'.repeat(1025)])(
    '%# is refused when there is none or it is absurd',
    (challenge) => {
      expect(answerChallenge(challenge).status).toBe(400);
    },
  );
});

describe('signature of Dropbox', () => {
  const body = notice(['dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc']);
  const signature = createHmac('sha256', 'app secret').update(body).digest('hex');

  test('is accepted over the raw bytes, and only with the right secret', () => {
    expect(isSignedByDropbox(body, signature, 'app secret')).toBe(true);
    expect(isSignedByDropbox(body, signature, 'app secret ')).toBe(false);
    expect(isSignedByDropbox(body, createHmac('sha256', '').update(body).digest('hex'), '')).toBe(false);
  });

  test('the same JSON in other bytes does not fit', () => {
    const again = bytes(JSON.stringify(JSON.parse(new TextDecoder().decode(body)), null, 1));
    expect(isSignedByDropbox(again, signature, 'app secret')).toBe(false);
  });

  test('of 500 forged or altered ones none is accepted', () => {
    const all = forgeries(500, 7, body, 'app secret');
    expect(all).toHaveLength(500);
    expect(all.filter((each) => isSignedByDropbox(each.body, each.signature, 'app secret'))).toEqual([]);
  });
});

describe('notice of Dropbox', () => {
  test('names each account once', () => {
    expect(accountsOfNotice(notice(['dbid:a', 'dbid:b', 'dbid:a']))).toEqual(['dbid:a', 'dbid:b']);
  });

  test.each([
    ['no JSON', bytes('{')],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['a list', bytes('[]')],
    ['null', bytes('null')],
    ['no accounts', bytes('{"list_folder":{}}')],
    ['accounts that are no list', notice('dbid:a')],
    ['an account that is no account', notice(['dbid:a', '__proto__'])],
    ['an account with a path', notice(['dbid:../a'])],
    ['an endless account', notice([`dbid:${'a'.repeat(201)}`])],
    ['too many accounts', notice(Array.from({ length: 10_001 }, (_, index) => `dbid:${index}`))],
    ['too many bytes', bytes(`{"list_folder":{"accounts":[]},"x":"${'x'.repeat(1_048_576)}"}`)],
  ])('%s is refused', (_, body) => {
    let thrown: unknown;
    try {
      accountsOfNotice(body);
    } catch (error) {
      thrown = error;
    }
    expect(isDossierError(thrown, 'invalid-input')).toBe(true);
  });
});

describe('secret of Nextcloud', () => {
  const secret = 'a-long-and-random-secret';

  test('is accepted whole and not otherwise', () => {
    expect(isNextcloudSecret(secret, secret)).toBe(true);
    for (const wrong of [undefined, '', secret.slice(1), `${secret} `, secret.toUpperCase(), [secret]])
      expect(isNextcloudSecret(wrong, secret)).toBe(false);
  });

  test('that is short protects nothing and is never accepted', () => {
    expect(isNextcloudSecret('', '')).toBe(false);
    expect(isNextcloudSecret('short', 'short')).toBe(false);
  });
});
