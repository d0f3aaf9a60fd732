import type { RateLimitShape } from './errors.ts';
import type { Fault } from './faults.ts';

export interface WebhookTimes {
  /** Changes within this time become one notification. */
  readonly coalesceMs: number;
  readonly answerMs: number;
  /** Waits between attempts: about ten minutes in all. */
  readonly retryMs: readonly number[];
  /** After so many lost notifications the address is dropped; whether the service does that is not known. */
  readonly disableAfter: number | null;
}

/**
 * What nobody outside Dropbox knows, or what differs between reports: each is a switch, and clients should be tried
 * on both sides of it.
 */
export interface Behaviour {
  /** Characters beyond the Basic Multilingual Plane (most emoji) in names. */
  readonly astralCharacters: 'accept' | 'badRequest' | 'malformedPath';
  /**
   * The documentation asks for ASCII with escapes in `Dropbox-API-Arg`. The real service was seen to take valid UTF-8
   * as well (rclone 1.60 sends it with `files/upload`; oomol-lab/open-connector#571 measured it in 2026).
   */
  readonly argumentHeader: 'asciiOnly' | 'utf8';
  readonly unicodeForm: 'nfc' | 'asGiven';
  readonly trailingSpaces: 'strip' | 'refuse';
  /** `path_display` takes the case of its parents from whoever wrote the file last, not from the folders. */
  readonly miscasedParents: boolean;
  /** Whether a plain move gives a file a new `rev` and `server_modified`. */
  readonly moveChangesRev: boolean;
  /** Order of the two halves of a move in the change feed. */
  readonly moveOrder: 'deletedFirst' | 'addedFirst';
  /** Whether a file uploaded where another was deleted gets the old file's `id` back. */
  readonly reuseIdAfterDelete: boolean;
  /** What remains of an append whose body breaks off. */
  readonly cutAppend: 'keepsNothing' | 'keepsReceived';
  /** What a second `finish` of a finished session is told. */
  readonly finishedSession: 'notFound' | 'commitAgain';
  /** Appends that reach a concurrent session after its closing chunk. */
  readonly appendAfterClose: 'refuse' | 'accept';
  readonly payloadTooLarge: 'routeError' | 'status413';
  /** How a write that meets the namespace's lock is refused. */
  readonly lockContention: 'status429' | 'routeError';
  /** Redirect addresses with a scheme of an application, such as `vscode://`. */
  readonly schemeRedirect: 'refuse' | 'accept';
  /** Whether a long poll wakes only for its folder or, as was reported, for changes elsewhere too. */
  readonly longpollScope: 'folder' | 'namespace';
}

export const defaultBehaviour: Behaviour = {
  astralCharacters: 'accept',
  argumentHeader: 'asciiOnly',
  unicodeForm: 'nfc',
  trailingSpaces: 'strip',
  miscasedParents: false,
  moveChangesRev: true,
  moveOrder: 'deletedFirst',
  reuseIdAfterDelete: false,
  cutAppend: 'keepsNothing',
  finishedSession: 'notFound',
  appendAfterClose: 'refuse',
  payloadTooLarge: 'routeError',
  lockContention: 'status429',
  schemeRedirect: 'refuse',
  longpollScope: 'folder',
};

export interface Limits {
  readonly requestBytes: number;
  readonly fileBytes: number;
  readonly sessionLifeMs: number;
  readonly accessTokenLifeMs: number;
  readonly cursorLifeMs: number;
  readonly quotaBytes: number;
  /** Header bytes of a request and what answers a larger one. The real figure is unknown; Node's is 16 KB. */
  readonly header: { readonly bytes: number; readonly status: 400 | 413 | 431 };
  /** Token bucket for each account, refilled with the emulator's clock. Refused requests count as well. */
  readonly rate: (RateLimitShape & { readonly perSecond: number; readonly burst: number }) | null;
  /** How long a commit holds the lock of its namespace, and how long another one waits for it, in real time. */
  readonly lock: { readonly holdMs: number; readonly waitMs: number } & RateLimitShape;
  /** How long a listing takes, in real time. A second one like it, of the same account, is refused meanwhile. */
  readonly listMs: number;
  /** Jitter of a long poll, and the seconds of `backoff` it may ask for. */
  readonly longpoll: { readonly jitterMs: number; readonly backoffSeconds: number | null };
}

const day = 24 * 60 * 60 * 1000;

export const defaultLimits: Limits = {
  requestBytes: 150 * 1024 * 1024,
  fileBytes: 2 ** 41 - 2 ** 22,
  sessionLifeMs: 7 * day,
  accessTokenLifeMs: 14_400_000,
  cursorLifeMs: 365 * day,
  quotaBytes: 2 ** 42,
  header: { bytes: 16 * 1024, status: 431 },
  rate: null,
  lock: { holdMs: 0, waitMs: 0, retryAfter: 1, body: 'json' },
  listMs: 0,
  longpoll: { jitterMs: 0, backoffSeconds: null },
};

export interface AppOptions {
  readonly name: string;
  readonly key: string;
  readonly secret: string;
  readonly access: 'full' | 'appFolder';
  readonly redirectUris: readonly string[];
  /** Scopes ticked in the app console: others are never granted. */
  readonly scopes: readonly string[];
}

export const allScopes: readonly string[] = [
  'account_info.read',
  'files.metadata.read',
  'files.metadata.write',
  'files.content.read',
  'files.content.write',
  'sharing.read',
  'sharing.write',
];

export const defaultApp: AppOptions = {
  name: 'Dossier',
  key: 'emulatorappkey1',
  secret: 'emulatorsecret1',
  access: 'full',
  redirectUris: ['http://localhost:9999'],
  scopes: allScopes,
};

export interface AccountOptions {
  readonly name: string;
  readonly email: string;
  /** A `business` account has a team, and the team a space of its own around the members' folders. */
  readonly kind: 'basic' | 'pro' | 'business';
  /** Business accounts of teams without a team space have their home as root. */
  readonly teamSpace?: boolean;
}

export const defaultAccount: AccountOptions = { name: 'Ada Lovelace', email: 'ada@example.com', kind: 'basic' };

export interface EmulatorOptions {
  /** Where everything is kept. Without it a temporary folder is used, and removed at the end. */
  readonly data?: string;
  readonly port?: number;
  /** HTTPS with a throwaway certificate authority, for all names of Dropbox and for localhost. */
  readonly tls?: boolean;
  /** Starts a CONNECT proxy on this port (0 for any), which leads names of Dropbox here and refuses all others. */
  readonly proxyPort?: number;
  /** Each way. */
  readonly latencyMs?: number;
  /** Bytes per second and direction, for each connection. */
  readonly bandwidth?: number;
  /** Bytes per second and direction, over all connections. */
  readonly lineBandwidth?: number;
  readonly faults?: readonly Fault[];
  readonly app?: Partial<AppOptions>;
  /** The first one owns the token that is handed out. */
  readonly accounts?: readonly AccountOptions[];
  readonly behaviour?: Partial<Behaviour>;
  readonly limits?: Partial<Limits>;
  /** Emulated milliseconds for each real one. */
  readonly clockScale?: number;
  readonly webhookTimes?: Partial<WebhookTimes>;
}
