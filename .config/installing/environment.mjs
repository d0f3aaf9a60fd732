// What installers are given: the environment that the user has, and nothing of the npm that started us.
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Which registry, by which way, with whose certificates: of an npm's settings only these mean the machine. npm exports
 * all that it is set to, so that a user's own variable and its copy of an npmrc look the same; both are what he wants.
 */
const connection =
  /^(registry|(https?_)?proxy|noproxy|ca|cafile|cert|key|certfile|keyfile|strict_ssl|userconfig|globalconfig|cache|fetch_.+|maxsockets|local_address|(prefer_)?offline|replace_registry_host|\/\/.+|@.+)$/i;

/**
 * Whether a setting of npm, under its name in an npmrc, says how the registry is reached.
 *
 * @param {string} name
 * @returns {boolean}
 */
export const isConnectionSetting = (name) => connection.test(name.replace(/-/g, '_'));

/** Of NODE_OPTIONS, too: a debugger, a preload or a flag of another version of Node has no place in an installer. */
const connectionOption = /^--(use-(system|openssl|bundled)-ca|use-env-proxy|tls-.+|dns-result-order=.+)$/;

/** What npm and its like set for the scripts they run, and what changes which packages they install. */
const ofOuterNpm =
  /^(npm_.*|npm_config_.*|INIT_CWD|NODE|NODE_ENV|NODE_OPTIONS|NODE_PATH|PROJECT_CWD|BERRY_BIN_FOLDER)$/i;

/**
 * Arguments of npm for a package of ours: what npmrc says about another kind of work does not hold for it. The prefix
 * keeps npm from taking a workspace above for its root.
 *
 * @param {string} folder Where package.json lies.
 */
const ours = (folder) => [
  ...[`--prefix=${folder}`, '--global=false', '--dry-run=false', '--bin-links=true'],
  ...['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'],
];

/**
 * Installs a lock file as it is written and runs no script: `omit=dev` of an npmrc would leave out all, `engine-strict`
 * refuse packages that run on the Node 24 which is yet to come.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function ci(folder) {
  return [
    ...['ci', '--ignore-scripts', ...ours(folder)],
    ...['--include=dev', '--include=optional', '--include=peer', '--install-strategy=hoisted'],
    ...['--engine-strict=false', '--package-lock=true', '--legacy-peer-deps=false', '--strict-peer-deps=false'],
  ];
}

/**
 * Runs the install scripts of these packages. npm hands its arguments on to the npms that they start, so there are few.
 *
 * @param {string} folder
 * @param {readonly string[]} packages
 * @returns {string[]}
 */
export function rebuild(folder, packages) {
  return ['rebuild', '--ignore-scripts=false', ...ours(folder), ...packages];
}

/**
 * The environment for an installer, made of the one that we were given. npm comes from the user's own PATH; his home
 * is named also where nobody has named it; and where it cannot be written, npm keeps its cache beside ours.
 *
 * @param {NodeJS.ProcessEnv} given
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(given) {
  /** @type {NodeJS.ProcessEnv} */
  const env = {};
  for (const [name, value] of Object.entries(given))
    if (!ofOuterNpm.test(name) || (value && isConnectionSetting(name.replace(/^npm_config_/i, '')))) env[name] = value;
  const options = (given.NODE_OPTIONS ?? '').split(/\s+/).filter((option) => connectionOption.test(option));
  if (options.length > 0) env.NODE_OPTIONS = options.join(' ');
  env.PATH = ownPath(given.PATH ?? '');
  env.HOME = given.HOME || home() || join(root, 'build', 'home');
  env.DOSSIER_CACHE = cacheFolder(given);
  const npmCache = Object.keys(env).find((name) => name.toLowerCase() === 'npm_config_cache');
  if (!isWritable((npmCache && env[npmCache]) || join(env.HOME, '.npm'))) {
    if (npmCache) delete env[npmCache];
    env.npm_config_cache = join(env.DOSSIER_CACHE, 'npm');
  }
  return env;
}

/**
 * Where hosts are installed, once per machine and not once per clone: DOSSIER_CACHE, else in the home, else, where that
 * cannot be written, in the clone.
 *
 * @param {NodeJS.ProcessEnv} given
 * @returns {string}
 */
export function cacheFolder(given) {
  if (given.DOSSIER_CACHE) return resolve(root, given.DOSSIER_CACHE);
  const atHome = join(given.HOME || home() || '/nonexistent', '.cache', 'dossier');
  return isWritable(atHome) ? atHome : join(root, 'build', 'cache');
}

/**
 * npm puts the `.bin` folders of all folders above, and last its own `node-gyp-bin`, before the user's PATH.
 *
 * @param {string} path
 */
function ownPath(path) {
  const entries = path.split(delimiter);
  const added = entries.map((entry) => /[/\\]node-gyp-bin$/.test(entry)).lastIndexOf(true) + 1;
  // Where npm was called by its path, it lies beside the Node that runs it.
  const last = entries.includes(dirname(process.execPath)) ? [] : [dirname(process.execPath)];
  return [...entries.slice(added), ...last].join(delimiter);
}

/** An account without an entry among the users, as containers have them, has no home. */
function home() {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
