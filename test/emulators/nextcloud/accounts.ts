/** People, their passwords, app passwords and sessions; and the delay for those who guess. */
import { randomBytes, randomInt } from 'node:crypto';
import { createFolderNode, type FileNode, type FolderNode, type Ids } from './tree.ts';

export interface AppPassword {
  readonly secret: string;
  readonly name: string;
}

export interface TrashItem {
  readonly node: FileNode | FolderNode;
  readonly originalPath: readonly string[];
  readonly deletedAt: number;
}

export interface Account {
  readonly userId: string;
  readonly loginName: string;
  readonly displayName: string;
  readonly password: string;
  readonly isAdmin: boolean;
  disabled: boolean;
  /** With a second factor the login password is good for the browser only. */
  secondFactor: boolean;
  /** Bytes, or undefined for unlimited. */
  quota: number | undefined;
  readonly appPasswords: Map<string, AppPassword>;
  files: FolderNode;
  readonly trash: Map<string, TrashItem>;
}

export interface AccountOptions {
  readonly userId: string;
  readonly loginName?: string;
  readonly displayName?: string;
  readonly password: string;
  readonly isAdmin?: boolean;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const randomToken = (length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

export function createAccount(ids: Ids, options: AccountOptions): Account {
  return {
    userId: options.userId,
    loginName: options.loginName ?? options.userId,
    displayName: options.displayName ?? options.userId,
    password: options.password,
    isAdmin: options.isAdmin ?? false,
    disabled: false,
    secondFactor: false,
    quota: undefined,
    appPasswords: new Map(),
    files: createFolderNode(ids.next(), ''),
    trash: new Map(),
  };
}

export function addAppPassword(account: Account, name: string): AppPassword {
  const created = { secret: randomToken(72), name };
  account.appPasswords.set(created.secret, created);
  return created;
}

export interface Accounts {
  readonly all: readonly Account[];
  byId(userId: string): Account | undefined;
  byLogin(name: string): Account | undefined;
  byAppPassword(secret: string): Account | undefined;
}

export function createAccounts(all: readonly Account[]): Accounts {
  return {
    all,
    byId: (userId) => all.find((account) => account.userId === userId),
    byLogin: (name) => all.find((account) => account.loginName === name || account.userId === name),
    byAppPassword: (secret) => all.find((account) => account.appPasswords.has(secret)),
  };
}

/** Session cookies. On a real server they count more than the `Authorization` header. */
export function createSessions() {
  const sessions = new Map<string, Account>();
  return {
    open(account: Account): string {
      for (const [key, owner] of sessions) if (owner === account) return key;
      const key = randomBytes(16).toString('hex');
      sessions.set(key, account);
      return key;
    },
    find: (key: string): Account | undefined => sessions.get(key),
    closeAll: (account: Account): void => {
      for (const [key, owner] of sessions) if (owner === account) sessions.delete(key);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;

const guessesAllowed = 10;

/** Counts wrong passwords per address; from the tenth on everybody from there is refused for half an hour. */
export function createThrottle(clock: () => number = Date.now, windowMs = 30 * 60 * 1000) {
  const failures = new Map<string, number[]>();
  const recent = (address: string): number[] =>
    (failures.get(address) ?? []).filter((time) => time > clock() - windowMs);
  return {
    fail: (address: string): void => void failures.set(address, [...recent(address), clock()]),
    isBlocked: (address: string): boolean => recent(address).length >= guessesAllowed,
    delayMs: (address: string): number => {
      const attempts = recent(address).length;
      return attempts === 0 ? 0 : Math.min(25_000, 100 * 2 ** attempts);
    },
    clear: (): void => failures.clear(),
  };
}
export type Throttle = ReturnType<typeof createThrottle>;
