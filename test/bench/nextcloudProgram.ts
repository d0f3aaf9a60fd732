/**
 * Ours at work on a Nextcloud: delivers all files of a folder as one report would. Run by `upload-nextcloud.ts`; prints
 * one line of JSON.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { ByteSource } from '../../shared/drive/source.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { createUploader } from '../../shared/upload/uploader.ts';
import { createMemoryJournal } from '../support/uploads.ts';

const [url = '', userId = '', user = '', password = '', source = ''] = process.argv.slice(2);
const http = withBasicAuth(createNodeHttp(), url, { user, password }, nodeClock);
const drive = createNextcloudDrive({ http, clock: nodeClock, url, userId, dav: webdavParts });

async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    size,
    open: ({ start = 0, end } = {}) =>
      createReadStream(path, { start, ...(end === undefined ? {} : { end: end - 1 }) }),
    async fingerprint() {
      const { size: now, mtimeMs, ino } = await stat(path);
      return `${ino}-${now}-${mtimeMs}`;
    },
  };
}

const names = await readdir(source);
const sources = await Promise.all(names.map((name) => fileSource(join(source, name))));
const modified = await Promise.all(names.map(async (name) => (await stat(join(source, name))).mtimeMs));
const started = performance.now();
const folder = await drive.createFolder({ path: rootPath }, 'Report');
const outcomes = await createUploader({ drive, clock: nodeClock, journal: createMemoryJournal() }).deliver(
  names.map((name, index) => ({
    id: name,
    source: sources[index] as ByteSource,
    target: { folder, name, modified: modified[index] as number },
  })),
);
const seconds = (performance.now() - started) / 1000;
const failed = outcomes.find(({ ok }) => !ok);
if (failed && !failed.ok) throw failed.error;
process.stdout.write(JSON.stringify({ seconds, peakRss: process.resourceUsage().maxRSS * 1024 }));
