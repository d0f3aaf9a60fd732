import {
  DossierError,
  fingerprintOf,
  isRecord,
  jsonBytes,
  parseJsonBytes,
  pinTrust,
  type StateStore,
  type Trust,
  utf8,
} from '../../../../shared/index.ts';

/** Somebody else whose receipts the user believes. */
export interface TrustedOwner {
  /** As the user calls them. */
  readonly name: string;
  /** Of their statement key, compared by the user. */
  readonly fingerprint: string;
  readonly trust: Trust;
}

/** What somebody was given by an owner, and what they call them. */
export interface Introduction {
  readonly name: string;
  readonly fingerprint: string;
  /** Text of `statement-key.pem`. */
  readonly statementKey: string;
  /** Text of `trusted_root.json`. */
  readonly trustedRoot: string;
}

export interface TrustedOwners {
  list(): Promise<TrustedOwner[]>;
  /** In the place of what was said about the same key before. Codes: those of `pinTrust`. */
  add(introduction: Introduction): Promise<void>;
  remove(fingerprint: string): Promise<void>;
}

const prefix = 'trusted/';

/**
 * Kept in the encrypted state: whom somebody trusts is nobody else's business. `chains` are the time-stamp authorities
 * that the user believes.
 */
export function createTrustedOwners(state: StateStore, chains: () => Promise<Trust['timestampChains']>): TrustedOwners {
  const put = async (fingerprint: string, value: Uint8Array | undefined): Promise<void> => {
    const before = await state.get(prefix + fingerprint);
    if (before || value)
      await state.commit([{ key: prefix + fingerprint, value, expectedVersion: before?.version ?? 0 }]);
  };
  return {
    async list() {
      const timestampChains = await chains();
      return (await state.list(prefix)).map(({ value }) => {
        const introduction = decode(value);
        return {
          name: introduction.name,
          fingerprint: introduction.fingerprint,
          trust: trustIn(introduction, timestampChains),
        };
      });
    },
    async add(introduction) {
      const { statementKeys } = trustIn(introduction, []);
      const fingerprint = fingerprintOf(statementKeys[0]!);
      await put(fingerprint, jsonBytes({ ...introduction, fingerprint }));
    },
    remove: (fingerprint) => put(fingerprint, undefined),
  };
}

/** Throws what is wrong with it: see `pinTrust`. */
export function trustIn(
  { statementKey, fingerprint, trustedRoot }: Introduction,
  timestampChains: Trust['timestampChains'],
): Trust {
  return pinTrust({ statementKey, fingerprint, trustedRoot: utf8(trustedRoot), timestampChains });
}

function decode(bytes: Uint8Array): Introduction {
  const value = parseJsonBytes(bytes, 'state-corrupt', 'What is known of a key');
  const fields = isRecord(value)
    ? ['name', 'fingerprint', 'statementKey', 'trustedRoot'].map((name) => value[name])
    : [];
  if (!fields.every((field) => typeof field === 'string') || fields.length === 0)
    throw new DossierError('state-corrupt', 'What is known of a key is damaged');
  const [name, fingerprint, statementKey, trustedRoot] = fields as [string, string, string, string];
  return { name, fingerprint, statementKey, trustedRoot };
}
