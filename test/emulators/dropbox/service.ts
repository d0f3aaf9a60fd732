import type { Socket } from 'node:net';
import type { Account, Accounts } from './accounts.ts';
import type { EmulatorClock } from './clock.ts';
import type { Contents } from './contents.ts';
import type { Cursors } from './cursors.ts';
import type { Database } from './database.ts';
import type { TaggedError } from './errors.ts';
import type { Grants } from './grants.ts';
import type { Exclusion, NamespaceLocks } from './locks.ts';
import type { AppOptions, Behaviour, Limits } from './options.ts';
import type { Namespace } from './paths.ts';
import type { Sessions } from './sessions.ts';
import type { Tree } from './tree.ts';
import type { TreeWatch } from './watch.ts';

/** Everything a route may need of the emulator. */
export interface Service {
  readonly app: AppOptions;
  readonly behaviour: Behaviour;
  readonly limits: Limits;
  readonly clock: EmulatorClock;
  readonly database: Database;
  readonly tree: Tree;
  readonly contents: Contents;
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly cursors: Cursors;
  readonly sessions: Sessions;
  readonly locks: NamespaceLocks;
  readonly listings: Exclusion;
  readonly watch: TreeWatch;
}

/** One authorised call of a route. */
export interface Call {
  readonly service: Service;
  readonly route: string;
  readonly account: Account;
  readonly view: Namespace;
  /** The bearer token, for the route that revokes it. */
  readonly token: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly declaredBytes: number | undefined;
  readonly range: string | undefined;
  /** Entries of a batch that are to fail, and how. */
  readonly failing: { readonly indexes: readonly number[]; readonly error: TaggedError } | undefined;
  readonly connection: Socket;
  /** Where the emulator is reached, for links in answers. */
  readonly base: string;
}

/** A file as an answer: its metadata goes into a header. */
export interface Download {
  readonly download: true;
  readonly result: unknown;
  readonly content: string;
  readonly size: number;
  readonly etag: string;
}
