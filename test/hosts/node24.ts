import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const nodePackage = join(import.meta.dirname, '../../node_modules/node/package.json');

/** The root's own Node 24, which the hosts run on whatever Node the system has. */
export const node24 = join(dirname(nodePackage), 'bin', 'node');

const path = [dirname(node24), process.env['PATH']].join(delimiter);

/**
 * For installers: all that the user has set, and Node 24's own headers, without which node-gyp takes the system's or
 * downloads some.
 */
export function installEnvironment(): NodeJS.ProcessEnv {
  const distribution = `node-${process.platform}-${process.arch}/package.json`;
  return { ...process.env, PATH: path, npm_config_nodedir: dirname(createRequire(nodePackage).resolve(distribution)) };
}

/**
 * For hosts: nothing of what the user or a test runner has set (`NODE_ENV=test` makes n8n exit in silence), and a home
 * of their own.
 */
export function hostEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: path, HOME: home, LANG: 'C.UTF-8' };
}
