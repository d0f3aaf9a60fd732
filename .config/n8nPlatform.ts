/**
 * What the bundled libraries may see of a platform inside n8n, whose package rules allow neither Node's globals nor its
 * modules. buildN8n.ts puts these names in the place of the globals that the rules forbid.
 */
import { webcrypto } from 'node:crypto';

const refused = () => Promise.reject(new Error('Requests go through the HTTP port of the host'));

/** Stands for `globalThis`: random numbers and digests for age, nothing else. */
export const platformGlobal = { crypto: webcrypto, fetch: refused };

/** Stands for `process`, which libraries ask for their surroundings at load. */
export const platformProcess = { env: {}, platform: 'linux', cwd: () => '/' };

/** Stands for `console`: libraries are silent in n8n. */
export const platformConsole = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** Stands for `setTimeout`, which libraries use only to get out of the current call. */
export const platformDefer = (action: () => void): void => queueMicrotask(action);

/** Stands for `fetch`: a request of a library's own would pass by n8n's proxy, credentials and access policy. */
export const platformFetch = refused;
