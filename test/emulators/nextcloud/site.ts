/** Everything one installation knows; handed to each handler. */
import type { Account, Accounts, Sessions, Throttle } from './accounts.ts';
import type { Blobs } from './blobs.ts';
import type { Locks } from './locks.ts';
import type { Ids } from './tree.ts';
import type { Multipart, UploadFolder } from './uploadFolder.ts';

/** `local`: local storage, the chunks are assembled on the last request. `s3v2`: object storage with Redis. */
export type Mode = 'local' | 's3v2';

export interface Switches {
  maintenance: boolean;
  /** The request's Host is not in the list of trusted domains. */
  untrustedHost: boolean;
  /** Session cookies are given, and count more than `Authorization`. */
  cookieSessions: boolean;
  bruteForceProtection: boolean;
  /** Preconditions are looked at before the body and not again: two clients can win. True on real servers. */
  racyPreconditions: boolean;
  /** What becomes of a body without a length: kept, or lost as behind php-fpm. */
  unsizedBody: 'kept' | 'lost';
  /** `X-Hash` and `PATCH` with `X-Recalculate-Hash` work (since Nextcloud 24). */
  serverHashes: boolean;
  /**
   * Requests whose answer to `X-Hash` is the hash of the content read three times, as on S3 primary storage, whose client
   * reads it for a checksum, a signature and the sending: uploads, and without Redis assemblies too. A recalculated hash
   * is right all the same.
   */
  tripleHash: 'never' | 'put' | 'putAndMove';
  /**
   * Who is let through of several that make one folder at once: the first, with the others told that it is there; the
   * first, with the others refused as locked or forbidden; or, while they meet, nobody.
   */
  makingFolders: 'oneWins' | 'othersRefused' | 'nobodyWins';
  /**
   * One ETag for every write, or for all that is written to a file within one second: genuine servers make it of the time
   * on local storage. A stale `If-Match` is accepted within it.
   */
  etags: 'eachWrite' | 'eachSecond';
  /** Bytes of the least part that the object store takes, the last one excepted. */
  minimumPart: number;
}

export const realSwitches: Readonly<Switches> = {
  maintenance: false,
  untrustedHost: false,
  cookieSessions: true,
  bruteForceProtection: true,
  racyPreconditions: true,
  unsizedBody: 'lost',
  serverHashes: true,
  tripleHash: 'never',
  makingFolders: 'oneWins',
  etags: 'eachWrite',
  minimumPart: 5 * 1024 * 1024,
};

export type NodeEvent = 'NodeCreated' | 'NodeWritten' | 'NodeDeleted' | 'NodeTouched' | 'NodeRenamed' | 'NodeCopied';

export interface NodeChange {
  readonly event: NodeEvent;
  readonly account: Account;
  readonly id: number;
  readonly path: readonly string[];
  /** Where it came from, for renames and copies. */
  readonly source?: readonly string[];
}

export interface Site {
  readonly mode: Mode;
  readonly version: string;
  readonly instanceId: string;
  /** Where the installation lives: '' or '/cloud'. */
  readonly prefix: string;
  readonly ids: Ids;
  readonly blobs: Blobs;
  readonly locks: Locks;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  /** How many are making a folder of a name at this moment. */
  readonly making: Map<string, number>;
  readonly switches: Switches;
  /** Seconds that ETags are ahead of the clock, because nobody waits for them. */
  secondsPassed: number;
  /** Upload folders by user id, then by name. */
  readonly uploads: Map<string, Map<string, UploadFolder>>;
  /** The distributed cache, which knows the multipart uploads of object storage by upload folder name. */
  readonly cache: Map<string, Multipart>;
  /** Waits while a test holds assemblies back. */
  assembly(): Promise<void>;
  announce(change: NodeChange): void;
}

export const ocId = (site: Site, id: number): string => String(id).padStart(8, '0') + site.instanceId;
