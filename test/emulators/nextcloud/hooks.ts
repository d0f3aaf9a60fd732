/** What a test can do to the server behind the client's back. */
import { join } from 'node:path';
import { type Account, addAppPassword } from './accounts.ts';
import type { LoginFlows } from './loginFlow.ts';
import type { Site } from './site.ts';
import { lookUp, type TreeNode } from './tree.ts';
import { runWebhookJobs } from './webhooks.ts';

export interface Hooks {
  /** A further app password for an account (the default one, if not named). */
  addAppPassword(name: string, userId?: string): string;
  /** Without an argument, all of them. Sessions end too. */
  revokeAppPassword(secret?: string): void;
  /** Locks a path as another program's unfinished work would; returns the unlocking. */
  lock(path: string, userId?: string): () => void;
  setQuota(bytes: number | undefined, userId?: string): void;
  setDisabled(disabled: boolean, userId?: string): void;
  requireSecondFactor(required: boolean, userId?: string): void;
  /** Forgets the distributed cache: multipart uploads lose their metadata. */
  dropCache(): void;
  /** Holds back every assembly of chunks until the returned function is called. */
  holdAssembly(): () => void;
  /** Grants the waiting login flow as a person in a browser would. */
  grantLogin(userId?: string): void;
  /** Runs the background jobs: webhooks are delivered. Tells how many there were. */
  runJobs(): Promise<number>;
  clearThrottle(): void;
  /** Names of the upload folders that exist. */
  uploadFolders(userId?: string): string[];
  /** A look at what is stored, past all protocol. */
  stat(
    path: string,
    userId?: string,
  ): { id: number; size: number; etag: string; checksum: string | undefined; kind: 'file' | 'folder' } | undefined;
  list(path: string, userId?: string): string[];
  read(path: string, userId?: string): Promise<Buffer>;
}

const split = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

export function createHooks(
  site: Site,
  flows: LoginFlows,
  hold: (gate: Promise<void>) => void,
  defaultUser: string,
): Hooks {
  const account = (userId = defaultUser): Account => {
    const found = site.accounts.byId(userId);
    if (found === undefined) throw new Error(`no account ${userId}`);
    return found;
  };
  const find = (path: string, userId?: string): TreeNode | undefined => lookUp(account(userId).files, split(path));

  return {
    addAppPassword: (name, userId) => addAppPassword(account(userId), name).secret,
    revokeAppPassword(secret) {
      for (const holder of site.accounts.all) {
        if (secret === undefined || holder.appPasswords.has(secret)) site.sessions.closeAll(holder);
        if (secret === undefined) holder.appPasswords.clear();
        else holder.appPasswords.delete(secret);
      }
    },
    lock(path, userId) {
      const key = join(account(userId).userId, 'files', ...split(path));
      site.locks.hold(key);
      return () => site.locks.unlock(key);
    },
    setQuota: (bytes, userId) => void (account(userId).quota = bytes),
    setDisabled: (disabled, userId) => void (account(userId).disabled = disabled),
    requireSecondFactor: (required, userId) => void (account(userId).secondFactor = required),
    dropCache: () => site.cache.clear(),
    holdAssembly() {
      let release = (): void => undefined;
      hold(
        new Promise<void>((resolve) => {
          release = resolve;
        }),
      );
      return release;
    },
    grantLogin(userId) {
      const flow = flows.waiting.at(-1);
      if (flow === undefined) throw new Error('no login is waiting');
      flows.grant(flow, account(userId));
    },
    runJobs: () => runWebhookJobs(site),
    clearThrottle: () => site.throttle.clear(),
    uploadFolders: (userId) => [...(site.uploads.get(account(userId).userId)?.keys() ?? [])],
    stat(path, userId) {
      const node = find(path, userId);
      if (node === undefined) return undefined;
      const { id, etag, kind } = node;
      return node.kind === 'file'
        ? { id, etag, kind, size: node.size, checksum: node.checksum }
        : { id, etag, kind, size: 0, checksum: undefined };
    },
    list(path, userId) {
      const node = find(path, userId);
      return node?.kind === 'folder' ? [...node.children.keys()].sort() : [];
    },
    async read(path, userId) {
      const node = find(path, userId);
      if (node?.kind !== 'file') throw new Error(`no file ${path}`);
      const pieces: Uint8Array[] = [];
      for await (const piece of site.blobs.read(node.blob)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}
