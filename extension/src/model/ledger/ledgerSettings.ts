import type { Memento, SecretStorage } from 'vscode';
import {
  type HeadMemory,
  type Log,
  parseKey,
  toDossierError,
  type WorkspaceSettings,
} from '../../../../shared/index.ts';
import { timestampingOf } from './timestamping.ts';

/** What this computer knows of ledgers apart from their stores. */
export interface LedgerSettings
  extends Required<Pick<WorkspaceSettings, 'headMemory' | 'ledgerKeys' | 'timestamping'>> {
  /** Keeps a key that a ledger was changed to. */
  keepKey(key: string): Promise<void>;
  /** Heads of all ledgers, also those of others, that this computer has seen. */
  seen(): string[];
}

export interface LedgerSettingsOptions {
  /** Kept apart from the records, so that a restored copy of them is noticed. */
  readonly memory: Memento;
  readonly secrets: SecretStorage;
  readonly log: Log;
}

const changedKeysName = 'dossier.ledgerKeys';
const memoryPrefix = 'ledger/';

export function createLedgerSettings({ memory, secrets, log }: LedgerSettingsOptions): LedgerSettings {
  const changedKeys = async (): Promise<string[]> =>
    JSON.parse((await secrets.get(changedKeysName)) ?? '[]') as string[];
  return {
    headMemory: headMemoryIn(memory),
    ledgerKeys: async (own) => [own, ...(await changedKeys()).map(parseKey)],
    async timestamping() {
      try {
        return await timestampingOf();
      } catch (thrown) {
        // Without it receipts are only local; nothing that was recorded depends on it.
        log.write('warn', 'The time-stamp authority of the settings cannot be used', {
          reason: toDossierError(thrown).message,
        });
        return undefined;
      }
    },
    async keepKey(key) {
      const known = await changedKeys();
      if (!known.includes(key)) await secrets.store(changedKeysName, JSON.stringify([...known, key]));
    },
    seen: () => memory.keys().flatMap((key) => (key.startsWith(memoryPrefix) ? [memory.get<string>(key, '')] : [])),
  };
}

function headMemoryIn(memory: Memento): HeadMemory {
  const keyOf = (origin: string) => memoryPrefix + origin;
  return {
    seen: async (origin) => [memory.get<string>(keyOf(origin))].filter((note) => note !== undefined),
    async remember(origin, note) {
      if (memory.get<string>(keyOf(origin)) !== note) await memory.update(keyOf(origin), note);
    },
  };
}
