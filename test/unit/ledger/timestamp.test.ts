import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import {
  parseTimestamp,
  requestTimestamp,
  trustedTime,
  verifyTimestamp,
} from '../../../shared/ledger/timestamp/timestamp.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../../support/timestampAuthority.ts';

const message = new TextEncoder().encode('what is to be stamped');
let authority: TimestampAuthority;
let other: TimestampAuthority;
let stamp: Uint8Array;

beforeAll(async () => {
  [authority, other] = await Promise.all([startTimestampAuthority(), startTimestampAuthority()]);
  stamp = await requestTimestamp(
    createNodeHttp(),
    authority.url,
    message,
    (length) => new Uint8Array(randomBytes(length)),
  );
});
afterAll(() => Promise.all([authority.close(), other.close()]));

test('a real authority stamps our request, and the time is that of now', () => {
  const time = verifyTimestamp(stamp, message, authority.chain);
  expect(Math.abs(Date.now() - time)).toBeLessThan(120_000);
  expect(parseTimestamp(stamp).time).toBe(time);
});

test('openssl accepts what we stored', async () => {
  await writeFile(join(authority.folder, 'message'), message);
  await writeFile(join(authority.folder, 'stored.tsr'), stamp);
  const { stdout, stderr } = await promisify(execFile)(
    'openssl',
    [
      'ts',
      '-verify',
      '-data',
      'message',
      '-in',
      'stored.tsr',
      '-CAfile',
      authority.rootFile,
      '-untrusted',
      authority.leafFile,
    ],
    { cwd: authority.folder },
  );
  expect(stdout + stderr).toContain('Verification: OK');
});

test('another message, another authority: refused', () => {
  expect(() => verifyTimestamp(stamp, new TextEncoder().encode('something else'), authority.chain)).toThrow(
    /something else/,
  );
  expect(() => verifyTimestamp(stamp, message, other.chain)).toThrow(/not signed by the authority/);
  expect(() => verifyTimestamp(stamp, message, [authority.chain[0]!, other.chain[1]!])).toThrow(/do not fit together/);
  expect(() => verifyTimestamp(stamp, message, [])).toThrow(/No certificate/);
  expect(trustedTime(stamp, message, [other.chain])).toBeUndefined();
  expect(trustedTime(stamp, message, [other.chain, authority.chain])).toBeGreaterThan(0);
});

test('a changed byte never passes for another time', () => {
  const genuine = verifyTimestamp(stamp, message, authority.chain);
  for (let at = 0; at < stamp.length; at++) {
    const changed = Uint8Array.from(stamp, (byte, index) => (index === at ? byte ^ 1 : byte));
    // Bytes outside of what is signed (the certificates in the answer) may change; the time may not.
    expect(trustedTime(changed, message, [authority.chain]) ?? genuine, `byte ${at}`).toBe(genuine);
  }
});
