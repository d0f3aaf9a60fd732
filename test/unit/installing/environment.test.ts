import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, ci, cleanEnvironment, root } from '../../../.config/installing/environment.mjs';
import { hasNode24, nodeHeaders } from '../../../.config/installing/plan.mjs';
import { installEnvironment, node24 } from '../../hosts/node24.ts';

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-environment-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));

describe('an installer', () => {
  it('is told of Node 24, whatever Node the npm runs on that started us', async () => {
    vi.stubEnv('npm_config_user_agent', 'npm/9.2.0 node/v18.19.0 linux x64 workspaces/false');
    await write('package.json', { scripts: { told: 'echo "$npm_config_user_agent"' } });
    const args = ['run', '--silent', 'told'];
    const { stdout } = await run('npm', args, { cwd: folder, env: installEnvironment() });
    expect(stdout).toMatch(/ node\/v24\./);
  });

  it.each([
    ['npm_config_user_agent', 'npm/9.2.0 node/v18.19.0 linux x64'],
    ['npm_execpath', '/elsewhere/npm-cli.js'],
    ['npm_node_execpath', '/elsewhere/node'],
    ['npm_lifecycle_event', 'start'],
    ['npm_package_json', '/elsewhere/package.json'],
    ['npm_config_ignore_scripts', 'true'],
    ['npm_config_node_gyp', '/elsewhere/node-gyp.js'],
    ['npm_config_omit', 'dev'],
    ['npm_config_global', 'true'],
    ['npm_config_prefix', '/elsewhere'],
    ['npm_config_local_prefix', '/elsewhere'],
    ['NPM_CONFIG_TARGET', '18.19.0'],
    ['NPM_CONFIG_WORKSPACE', 'other'],
    ['INIT_CWD', '/elsewhere'],
    ['NODE', '/elsewhere/node'],
    ['NODE_ENV', 'production'],
    ['NODE_PATH', '/elsewhere'],
    ['NODE_OPTIONS', '--require /elsewhere/debugger.js'],
  ])('is given no %s', (name, value) => {
    vi.stubEnv(name, value);
    expect(installEnvironment()).not.toHaveProperty(name);
  });

  it.each([
    ['npm_config_registry', 'https://packages.example.org/'],
    ['npm_config_//packages.example.org/:_authToken', 'token'],
    ['npm_config_@dossier:registry', 'https://packages.example.org/'],
    ['npm_config_cafile', '/etc/ssl/own.pem'],
    ['npm_config_strict-ssl', 'true'],
    ['NPM_CONFIG_USERCONFIG', '/home/reporter/own-npmrc'],
    ['npm_config_globalconfig', '/usr/etc/npmrc'],
    ['npm_config_https_proxy', 'http://proxy.example.org:3128'],
    ['npm_config_noproxy', 'example.org'],
    ['https_proxy', 'http://proxy.example.org:3128'],
    ['NO_PROXY', 'localhost'],
    ['NODE_EXTRA_CA_CERTS', '/etc/ssl/own.pem'],
    ['SSL_CERT_FILE', '/etc/ssl/own.pem'],
  ])('is given the %s of the user', (name, value) => {
    vi.stubEnv(name, value);
    expect(installEnvironment()[name]).toBe(value);
  });

  it('keeps of NODE_OPTIONS what says whose certificates count', () => {
    vi.stubEnv('NODE_OPTIONS', '--inspect --use-system-ca --max-old-space-size=200');
    expect(installEnvironment()['NODE_OPTIONS']).toBe('--use-system-ca');
  });

  it('finds the headers of Node 24, whatever npmrc names', () => {
    vi.stubEnv('npm_config_nodedir', '/usr');
    expect(installEnvironment()['npm_config_nodedir']).toBe(nodeHeaders());
  });

  it('finds no program that lies above the clone', () => {
    const own = ['/usr/local/bin', '/usr/bin', '/bin'];
    const ofNpm = ['/home/reporter/node_modules/.bin', '/node_modules/.bin', '/usr/lib/node_modules/npm/node-gyp-bin'];
    const path = cleanEnvironment({ PATH: [...ofNpm, ...own].join(delimiter) })['PATH'];
    expect(path?.split(delimiter).slice(0, 3)).toEqual(own);
    expect(path).not.toContain('node_modules/.bin');
  });

  it('is given a home where the environment names none', () => {
    expect(cleanEnvironment({ PATH: '/usr/bin' })['HOME']).toBe(homedir());
  });
});

describe('where the home cannot be written', () => {
  // Nobody makes a folder there, not even root.
  const given = { PATH: '/usr/bin', HOME: '/dev/null' };

  it('hosts and the cache of npm lie in the clone', () => {
    expect(cacheFolder(given)).toBe(join(root, 'build', 'cache'));
    expect(cleanEnvironment(given)).toMatchObject({
      DOSSIER_CACHE: join(root, 'build', 'cache'),
      npm_config_cache: join(root, 'build', 'cache', 'npm'),
    });
  });

  it('a cache that is named counts', () => {
    const env = cleanEnvironment({ ...given, DOSSIER_CACHE: folder, NPM_CONFIG_CACHE: join(folder, 'own') });
    expect(env).toMatchObject({ DOSSIER_CACHE: folder, NPM_CONFIG_CACHE: join(folder, 'own') });
    expect(env).not.toHaveProperty('npm_config_cache');
  });
});

/** A clone with one development dependency, inside of somebody's workspace. */
async function cloneInWorkspace(npmrc: string): Promise<string> {
  const clone = join(folder, 'clone');
  await mkdir(join(clone, 'tool'), { recursive: true });
  await write('package.json', { name: 'above', workspaces: ['clone'] });
  await write('clone/tool/package.json', { name: 'tool', version: '1.0.0', engines: { node: '>=99' } });
  const devDependencies = { tool: 'file:tool' };
  await write('clone/package.json', { name: 'clone', version: '1.0.0', devDependencies });
  await write('clone/package-lock.json', {
    name: 'clone',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'clone', version: '1.0.0', devDependencies },
      'node_modules/tool': { resolved: 'tool', link: true },
      'tool': { version: '1.0.0', dev: true, engines: { node: '>=99' } },
    },
  });
  await writeFile(join(folder, 'npmrc'), npmrc);
  return clone;
}

it.each([
  ['omit=dev', {}],
  ['engine-strict=true', {}],
  ['global=true', {}],
  ['bin-links=false', { CI: 'true' }],
  ['dry-run=true', { NODE_ENV: 'production' }],
])('a lock file is installed as it is written under an npmrc with %s, in a workspace', async (npmrc, env) => {
  const clone = await cloneInWorkspace(`${npmrc}\n`);
  const given = { ...process.env, ...env, npm_config_userconfig: join(folder, 'npmrc') };
  await run('npm', ci(clone), { cwd: clone, env: cleanEnvironment(given) });
  const installed = await readFile(join(clone, 'node_modules/tool/package.json'), 'utf8');
  expect(JSON.parse(installed)).toMatchObject({ name: 'tool' });
  await expect(stat(join(folder, 'node_modules'))).rejects.toThrow('ENOENT');
});

describe('Node 24 is ready', () => {
  const distribution = `node-${process.platform}-${process.arch}`;
  const layOut = async (where: string) => {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
    await write('node_modules/node/package.json', { name: 'node' });
    await writeFile(join(folder, 'node_modules/node/bin/node'), `#!/bin/sh\nexec "${node24}" "$@"\n`, { mode: 0o755 });
    await mkdir(join(folder, where, 'include/node'), { recursive: true });
    await write(join(where, 'package.json'), { name: distribution });
    await writeFile(join(folder, where, 'include/node/node.h'), '');
  };

  it.each([`node_modules/node/node_modules/${distribution}`, `node_modules/${distribution}`])(
    'with its headers in %s, and not without them',
    async (where) => {
      await layOut(where);
      expect(hasNode24(folder)).toBe(true);
      expect(dirname(nodeHeaders(folder) as string)).toBe(dirname(join(folder, where)));
      await rm(join(folder, where, 'include'), { recursive: true });
      expect(hasNode24(folder)).toBe(false);
      await rm(join(folder, where), { recursive: true });
      expect(hasNode24(folder)).toBe(false);
    },
  );
});
