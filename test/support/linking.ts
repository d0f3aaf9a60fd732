import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import type { Clock } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FolderEntry } from '../../shared/drive/entry.ts';
import type { LedgerService } from '../../shared/ledger/backends/backend.ts';
import { createEmbeddedLedger } from '../../shared/ledger/backends/embedded.ts';
import { createLog, type Log } from '../../shared/ledger/log/log.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../shared/ledger/signing/signingKeys.ts';
import { type AttestOptions, type AttestProgress, attestLink } from '../../shared/link/attest.ts';
import type { HashPolicy, Link } from '../../shared/link/link.ts';
import { createLinkStore } from '../../shared/link/linkStore.ts';
import { createLinks, type Links } from '../../shared/link/links.ts';
import { type RecordedChange, type WalkOptions, type WalkProgress, walkLink } from '../../shared/link/walk.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { seededBytes } from './seeded.ts';

export const assetKey = seededBytes(32, 'asset key');
export const testAccount = 'account';

let salts = 0;

export function openTestLog(store: StateStore, clock: Clock = nodeClock, ledger = 'main'): Log {
  return createLog({
    store,
    ledger,
    origin: `${ledger}.dossier.example`,
    logKey: logKeyFromSeed(seededBytes(32, `log ${ledger}`)),
    statementKey: statementKeyFromSeed(seededBytes(32, 'statement')),
    clock,
    random: (length) => seededBytes(length, `salt ${salts++}`),
  });
}

/** One process that walks links: what it has in memory is its own, the store is everybody's. */
export interface Walker {
  readonly links: Links;
  readonly log: Log;
  readonly ledger: LedgerService;
  link(drive: Drive, folder: FolderEntry, hashPolicy: HashPolicy): Promise<Link>;
  /** Reads what was recorded by the provider's word alone. */
  attest(link: Link, drive: Drive, options?: Partial<AttestOptions>): Promise<AttestProgress>;
  walk(
    link: Link,
    drive: Drive,
    options?: Partial<WalkOptions>,
  ): Promise<{ changes: RecordedChange[]; progress: WalkProgress }>;
}

export function createWalker(store: StateStore, clock: Clock = nodeClock, ledgerName = 'main'): Walker {
  const log = openTestLog(store, clock, ledgerName);
  const ledger = createEmbeddedLedger(log);
  const links = createLinks({ store, clock, assetKey });
  const states = createLinkStore(store, clock);
  return {
    links,
    log,
    ledger,
    link: (drive, folder, hashPolicy) =>
      links.link(
        {
          connection: 'test',
          kind: drive.kind,
          account: testAccount,
          folder,
          ledger: ledgerName,
          hashPolicy,
          privacy: 'public',
        },
        ledger,
      ),
    attest: (link, drive, options = {}) => attestLink({ id: link.id, links, states, drive, ledger, clock, ...options }),
    async walk(link, drive, options = {}) {
      const changes: RecordedChange[] = [];
      const progress = await walkLink({
        id: link.id,
        links,
        states,
        drive,
        ledger,
        clock,
        assetKey,
        onRecorded: (recorded) => void changes.push(...recorded),
        ...options,
      });
      return { changes, progress };
    },
  };
}
