import { createHmac, timingSafeEqual } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';

/**
 * The header that a Nextcloud is told to send with each notice. It signs nothing, so it must travel over TLS and be
 * long and random.
 */
export const nextcloudSecretHeader = 'x-dossier-secret';

const shortestSecret = 16;

/**
 * True when a notice carries the shared secret. Nextcloud signs no body: what the body says is never used, it only asks
 * for a walk. Both sides are hashed first, so that neither length nor content shows in the time it takes.
 */
export function isNextcloudSecret(header: unknown, secret: string): boolean {
  if (typeof header !== 'string' || secret.length < shortestSecret) return false;
  const hashed = (text: string) => new Uint8Array(createHmac('sha256', 'dossier webhook').update(utf8(text)).digest());
  return timingSafeEqual(hashed(header), hashed(secret));
}
