import { createHmac } from 'node:crypto';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';

export interface Forgery {
  readonly body: Uint8Array;
  readonly signature: unknown;
}

/** Requests that Dropbox never sent: each kind of tampering in turn, at seeded places. */
export function forgeries(count: number, seed: number, body: Uint8Array, appSecret: string): Forgery[] {
  const random = seeded(`forgeries ${seed}`);
  const sign = (bytes: Uint8Array, secret: string, algorithm = 'sha256') =>
    createHmac(algorithm, secret).update(bytes).digest('hex');
  const genuine = sign(body, appSecret);
  const at = (length: number) => seededInteger(random, length);
  const otherHex = (digit: string) => 'f0123456789abcde'['0123456789abcdef'.indexOf(digit)] as string;
  const kinds: readonly ((index: number) => Forgery)[] = [
    () => {
      const changed = body.slice();
      const place = at(changed.length);
      changed[place] = (changed[place] as number) ^ (1 << at(8));
      return { body: changed, signature: genuine };
    },
    () => {
      const place = at(genuine.length);
      return {
        body,
        signature: genuine.slice(0, place) + otherHex(genuine[place] as string) + genuine.slice(place + 1),
      };
    },
    (index) => ({ body, signature: sign(body, `guess ${index}`) }),
    (index) => ({ body, signature: Buffer.from(seededBytes(32, `signature ${index}`)).toString('hex') }),
    () => ({ body, signature: genuine.slice(0, at(genuine.length)) }),
    () => ({ body, signature: genuine + genuine.slice(0, 2 + at(60)) }),
    () => ({ body: body.slice(0, at(body.length)), signature: genuine }),
    () => ({ body: Uint8Array.from([...body, 0x20]), signature: genuine }),
    () => ({ body, signature: sign(body, appSecret, ['sha1', 'md5', 'sha512'][at(3)]) }),
    () => ({
      body,
      signature: [
        undefined,
        null,
        '',
        0,
        true,
        [genuine],
        { genuine },
        `sha256=${genuine}`,
        ` ${genuine}`,
        Buffer.from(genuine, 'hex').toString('base64'),
      ][at(10)],
    }),
    () => ({ body, signature: sign(Uint8Array.from([...body].reverse()), appSecret) }),
  ];
  return Array.from({ length: count }, (_, index) =>
    (kinds[index % kinds.length] as (index: number) => Forgery)(index),
  );
}
