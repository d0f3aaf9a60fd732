import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import { tagged, wrongPathRoot } from './errors.ts';
import type { AccountOptions, AppOptions } from './options.ts';
import { isWithin, keyOf, type Namespace } from './paths.ts';
import { BadArgument, text, union } from './stone.ts';
import type { Tree } from './tree.ts';

export interface Account {
  readonly id: string;
  readonly uid: number;
  readonly name: string;
  readonly email: string;
  readonly kind: AccountOptions['kind'];
  readonly tree: string;
  readonly homeNamespace: string;
  readonly rootNamespace: string;
  readonly appNamespace: string;
  readonly teamId?: string;
}

/** Accounts and the namespaces they see. */
export interface Accounts {
  readonly all: () => Account[];
  get(id: string): Account;
  namespace(id: string): Namespace | undefined;
  namespaces(): Namespace[];
  /** The part of the tree that a request sees by its `Dropbox-API-Path-Root` header. */
  view(account: Account, app: AppOptions, pathRoot: string | undefined): Namespace;
  /** Whether the account may see what lies at `key`: other members' folders of a team space are hidden. */
  maySee(account: Account, key: string): boolean;
  rootInfo(account: Account): Readonly<Record<string, unknown>> & { '.tag': string };
  /** Makes a folder of the account a namespace of its own, as sharing does. */
  shareFolder(account: Account, display: string): Namespace;
  /** The innermost namespace that holds `key`: commits lock it. */
  owner(tree: string, key: string): string;
  /** Gives the team space another root: every `Path-Root` known so far is stale. */
  replaceTeamRoot(): void;
}

const teamTree = 'team';

const pathRootHeader = union({
  home: null,
  root: text(/[-_0-9a-zA-Z:]+/),
  namespace_id: text(/[-_0-9a-zA-Z:]+/),
});

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BadArgument('Dropbox-API-Path-Root: could not decode input as JSON');
  }
}

export function openAccounts(
  database: Database,
  tree: Tree,
  wanted: readonly AccountOptions[],
  app: AppOptions,
): Accounts {
  const { records } = database;
  const addNamespace = (kind: Namespace['kind'], treeName: string, root: string): Namespace => {
    const next = (records.get<number>('counter', 'namespace') ?? 1_000_000) + 1;
    records.put('counter', 'namespace', next);
    const namespace: Namespace = { id: String(next), kind, tree: treeName, root };
    records.put('namespace', namespace.id, namespace);
    return namespace;
  };

  const create = (options: AccountOptions, index: number): Account => {
    const uid = 100_000_001 + index;
    const inTeam = options.kind === 'business' && options.teamSpace !== false;
    const treeName = inTeam ? teamTree : `home-${uid}`;
    const home = addNamespace('home', treeName, inTeam ? `/${options.name}` : '');
    if (inTeam) tree.putFolder(treeName, home.root);
    const root = inTeam
      ? (records.all<Namespace>('namespace').find((each) => each.tree === teamTree && each.root === '') ??
        addNamespace('team', teamTree, ''))
      : home;
    const appFolder = app.access === 'appFolder' ? `${home.root}/Apps/${app.name}` : home.root;
    if (app.access === 'appFolder') tree.putFolder(treeName, appFolder);
    const account: Account = {
      id: `dbid:${randomBytes(26).toString('base64url').slice(0, 35)}`,
      uid,
      name: options.name,
      email: options.email,
      kind: options.kind,
      tree: treeName,
      homeNamespace: home.id,
      rootNamespace: root.id,
      appNamespace: app.access === 'appFolder' ? addNamespace('app', treeName, appFolder).id : home.id,
      ...(options.kind === 'business' ? { teamId: 'dbtid:emulatorTeam0000000000000000000000' } : {}),
    };
    records.put('account', String(uid), account);
    return account;
  };

  database.transaction(() => {
    const known = records.all<Account>('account');
    wanted.forEach((options, index) => {
      if (!known.some((account) => account.email === options.email)) create(options, known.length + index);
    });
  });

  const namespace = (id: string): Namespace | undefined => records.get<Namespace>('namespace', id);
  const must = (id: string): Namespace => {
    const found = namespace(id);
    if (!found) throw new Error(`The emulator lost its namespace ${id}.`);
    return found;
  };

  const accounts: Accounts = {
    all: () => records.all<Account>('account'),
    get(id) {
      const account = accounts.all().find((each) => each.id === id);
      if (!account) throw new Error(`The emulator has no account ${id}.`);
      return account;
    },
    namespace,
    namespaces: () => records.all<Namespace>('namespace'),
    view(account, { access }, header) {
      if (access === 'appFolder') return must(account.appNamespace);
      if (header === undefined) return must(account.homeNamespace);
      const { tag, value } = pathRootHeader(parseHeader(header), '');
      if (tag === 'home') return must(account.homeNamespace);
      const asked = namespace(String(value));
      if (tag === 'root' && value !== account.rootNamespace) {
        throw wrongPathRoot(tagged('invalid_root', accounts.rootInfo(account)));
      }
      if (!asked || asked.tree !== account.tree || !accounts.maySee(account, keyOf(asked.root))) {
        throw wrongPathRoot(tagged('no_permission'));
      }
      return asked;
    },
    maySee(account, key) {
      if (account.tree !== teamTree) return true;
      return accounts
        .all()
        .filter((other) => other.tree === teamTree && other.id !== account.id)
        .every((other) => !isWithin(key, keyOf(must(other.homeNamespace).root)));
    },
    rootInfo(account) {
      const ids = { root_namespace_id: account.rootNamespace, home_namespace_id: account.homeNamespace };
      return account.rootNamespace === account.homeNamespace
        ? { '.tag': 'user', ...ids }
        : { '.tag': 'team', ...ids, home_path: must(account.homeNamespace).root };
    },
    shareFolder(account, display) {
      const root = must(account.homeNamespace).root + display;
      tree.putFolder(account.tree, root);
      return addNamespace('shared', account.tree, root);
    },
    owner(treeName, key) {
      const holders = accounts
        .namespaces()
        .filter((each) => each.tree === treeName && isWithin(key, keyOf(each.root)))
        .sort((a, b) => b.root.length - a.root.length);
      return holders[0]?.id ?? treeName;
    },
    replaceTeamRoot() {
      const old = accounts.namespaces().find((each) => each.tree === teamTree && each.root === '');
      if (old) records.remove('namespace', old.id);
      const root = addNamespace('team', teamTree, '');
      for (const account of accounts.all()) {
        if (account.tree === teamTree) {
          records.put('account', String(account.uid), { ...account, rootNamespace: root.id });
        }
      }
    },
  };
  return accounts;
}
