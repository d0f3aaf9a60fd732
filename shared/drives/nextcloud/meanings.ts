import { say } from '../../core/sentence.ts';
import type { FailureMeaning } from './webdavParts.ts';

const halfAnHour = 1_800_000;

/** What Nextcloud means by its failures, measured on Nextcloud 32, where it means more than the status says. */
export const meanings: readonly FailureMeaning[] = [
  { status: 400, exception: /InvalidPath$/, code: 'invalid-path' },
  // A page for people, in the language of the server, instead of its own error: the request never reached the files.
  {
    status: 400,
    exception: /^$/,
    body: /dom[aeií]+n|domein|домен|ドメイン|域|도메인/iu,
    code: 'invalid-response',
    sentence: say`The server does not answer under this address: it must be one of its trusted domains`,
  },
  { status: 400, message: /do not sum up/, code: 'offset-mismatch', sentence: say`Chunks are missing at the server` },
  { status: 400, message: /destination is a directory/, code: 'already-exists' },
  {
    status: 401,
    exception: /PasswordLoginForbidden$/,
    code: 'unauthorized',
    sentence: say`This server wants an app password, not the password of the account`,
  },
  { status: 409, message: /not allowed on non-files/, code: 'already-exists' },
  {
    status: 412,
    message: /Missing metadata/,
    code: 'session-expired',
    sentence: say`The server has forgotten this upload`,
  },
  // Ten failed sign-ins block an address for half an hour, also for the right password.
  {
    status: 429,
    code: 'rate-limited',
    sentence: say`The server turns this address away for a while`,
    retryAfterMs: halfAnHour,
  },
  { status: 500, exception: /LockedException$/, code: 'locked' },
  {
    status: 500,
    message: /Could not write chunked file/,
    code: 'session-expired',
    sentence: say`The server could not put the chunks together`,
  },
  { status: 503, message: /account disabled/i, code: 'unauthorized', sentence: say`This account is disabled` },
  {
    status: 503,
    exception: /ServerMaintenanceMode$/,
    code: 'server-error',
    sentence: say`The server is being maintained`,
    retryAfterMs: 120_000,
  },
];
