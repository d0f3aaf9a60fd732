import { expect, it } from 'vitest';
import { describeFailure } from '../../../.config/installing/failure.mjs';

/** What installers really say, shortened. */
const cases = [
  ['npm', 'npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write', 'The disk is full'],
  [
    'npm',
    'npm error code ENOTFOUND\nnpm error network request to https://a.example/ failed',
    'npm registry cannot be resolved',
  ],
  ['npm', 'npm error code EAI_AGAIN\nnpm error syscall getaddrinfo', 'npm config set https-proxy'],
  ['npm', 'npm error code ETIMEDOUT\nnpm error errno ETIMEDOUT', 'The npm registry cannot be reached'],
  ['npm', 'npm error code SELF_SIGNED_CERT_IN_CHAIN', 'npm config set cafile'],
  ['npm', 'npm error code EROFS\nnpm error path /home/reporter/.npm', 'cannot be written'],
  [
    'apt',
    "Err:1 http://a.example bookworm InRelease\n  Temporary failure resolving 'a.example'",
    'Debian mirror cannot be resolved',
  ],
  [
    'apt',
    'W: Failed to fetch http://a.example/  Could not connect to a.example:80 (192.0.2.1)',
    'The Debian mirror cannot be reached',
  ],
  ['apt', 'Certificate verification failed: The certificate is NOT trusted.', 'update-ca-certificates'],
  ['apt', "E: You don't have enough free space in /var/cache/apt/archives/.", 'The disk is full'],
  ['apt', 'dpkg: error processing archive: cannot copy: No space left on device', 'The disk is full'],
  [
    'apt',
    "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.",
    'Run as root: dpkg --configure -a',
  ],
  ['apt', 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (apt)', 'Another program'],
] as const;

it.each(cases)('says what to do where %s says: %s', (installer, said, told) => {
  const [sentence, ...rest] = describeFailure('Installing n8n', installer, said).split('\n');
  expect(sentence).toMatch(/^Installing n8n failed\. /);
  expect(sentence).toContain(told);
  expect(rest.join('\n')).toBe(said.replaceAll(/^/gm, '  | '));
});

it('leaves it to the words of the installer where the reason is another', () => {
  expect(describeFailure('Installing n8n', 'npm', 'npm error code ERESOLVE')).toBe(
    'Installing n8n failed.\n  | npm error code ERESOLVE',
  );
});
