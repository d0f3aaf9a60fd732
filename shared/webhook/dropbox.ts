import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromHex, fromUtf8Lossy } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { isRecord, parseJson } from '../core/json.ts';

/** What a host answers to a request, as data: it fills its own response with it. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A notice names accounts only; a larger one is not from Dropbox. */
const longestNotice = 1_048_576;
const mostAccounts = 10_000;
const longestChallenge = 1_024;

/**
 * The answer that proves the address to Dropbox. The challenge is echoed as plain text that no browser may take for a
 * page. https://www.dropbox.com/developers/reference/webhooks
 */
export function answerChallenge(challenge: unknown): WebhookAnswer {
  const headers = { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' };
  if (typeof challenge !== 'string' || challenge === '' || challenge.length > longestChallenge)
    return { status: 400, headers, body: 'A challenge is missing.' };
  return { status: 200, headers, body: challenge };
}

/**
 * True when the header is the HMAC-SHA256 of the very bytes that came, made with the app's secret. Compares in constant
 * time.
 */
export function isSignedByDropbox(rawBody: Uint8Array, signature: unknown, appSecret: string): boolean {
  if (appSecret === '' || typeof signature !== 'string' || !/^[0-9a-f]{64}$/.test(signature)) return false;
  return timingSafeEqual(new Uint8Array(createHmac('sha256', appSecret).update(rawBody).digest()), fromHex(signature));
}

/**
 * The accounts that a notice names, each once. It says neither what changed nor when, so a repeated one is harmless: it
 * asks for a walk.
 * `invalid-input` when it is no such notice.
 */
export function accountsOfNotice(rawBody: Uint8Array): string[] {
  if (rawBody.length > longestNotice) throw notANotice();
  const notice = parseJson(fromUtf8Lossy(rawBody), 'invalid-input', 'The notice');
  const list = isRecord(notice) ? notice['list_folder'] : undefined;
  const accounts = isRecord(list) ? list['accounts'] : undefined;
  if (!Array.isArray(accounts) || accounts.length > mostAccounts || !accounts.every(isAccountId)) throw notANotice();
  return [...new Set(accounts)];
}

function isAccountId(value: unknown): value is string {
  return typeof value === 'string' && /^dbid:[\w-]{1,200}$/.test(value);
}

function notANotice(): DossierError {
  return new DossierError('invalid-input', 'This is not a notice of Dropbox');
}
