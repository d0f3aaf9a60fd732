import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const nodePackage = join(import.meta.dirname, '../../node_modules/node/package.json');

/** The root's own Node 24, which the hosts run on whatever Node the system has. */
export const node24 = join(dirname(nodePackage), 'bin', 'node');

/** An environment in which `node`, and all that is started through it, is Node 24. */
export function node24Environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [dirname(node24), process.env['PATH']].join(delimiter) };
}

/** Native modules are compiled against Node 24's own headers; node-gyp would take the system's or try to download some. */
export function compileEnvironment(): NodeJS.ProcessEnv {
  const distribution = `node-${process.platform}-${process.arch}/package.json`;
  return { ...node24Environment(), npm_config_nodedir: dirname(createRequire(nodePackage).resolve(distribution)) };
}
