import type { BodyLimit } from './bodyLimit.ts';
import type { Locator } from './locate.ts';
import type { Prover } from './prove.ts';
import type { Client, Files, WebdavParts } from './webdavParts.ts';

/** What chunked uploads and their commit are made of. */
export interface SessionsOptions {
  /** Of the files of the user, and of the place where chunks wait. */
  readonly client: Client;
  readonly uploads: Client;
  readonly files: Files;
  readonly locator: Locator;
  readonly prover: Prover;
  readonly dav: Pick<WebdavParts, 'temporaryName'>;
  readonly limit: BodyLimit;
}
