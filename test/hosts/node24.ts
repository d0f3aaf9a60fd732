import { delimiter, dirname, join } from 'node:path';
import { cleanEnvironment, root } from '../../.config/installing/environment.mjs';
import { nodeHeaders } from '../../.config/installing/plan.mjs';

/** The root's own Node 24, which the hosts run on whatever Node the system has. */
export const node24 = join(root, 'node_modules', 'node', 'bin', 'node');

/** What an installer works with besides what the user has. */
export interface Tools {
  /** The folder that holds `include/node`. */
  headers?: string | undefined;
  /** The folder of the programs `npm` and `npx`, where it shall not be the user's. */
  npm?: string | undefined;
}

/**
 * For installers: the user's own environment without that of the npm which started us, and Node 24's own headers,
 * without which node-gyp takes the system's or downloads some.
 *
 * @throws Error where npm has taken the headers away; the next `npm start` brings them back.
 */
export function installEnvironment({ headers = nodeHeaders(), npm }: Tools = {}): NodeJS.ProcessEnv {
  if (headers === undefined)
    throw new Error(
      'The headers of Node 24 are not installed. Run this once and try again: node .config/bootstrap.mjs',
    );
  const env = cleanEnvironment(process.env);
  const path = [dirname(node24), ...(npm ? [npm] : []), env['PATH']].join(delimiter);
  return { ...env, PATH: path, npm_config_nodedir: headers };
}

/**
 * For hosts: nothing of what the user or a test runner has set (`NODE_ENV=test` makes n8n exit in silence), and a home
 * of their own.
 */
export function hostEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: [dirname(node24), process.env['PATH']].join(delimiter), HOME: home, LANG: 'C.UTF-8' };
}
