/** Ours at work: delivers all files of a folder as one report would. Run by `upload.ts`; prints one line of JSON. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attachmentOf, createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { proxyAgents } from '../../extension/src/node/proxy.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { ByteSource } from '../../shared/drive/source.ts';
import { createDropboxDrive } from '../../shared/drives/dropbox/index.ts';
import { createUploader } from '../../shared/upload/uploader.ts';
import { withToken } from '../support/dropbox.ts';
import { createMemoryJournal } from '../support/uploads.ts';

const [token = '', source = ''] = process.argv.slice(2);
const { hostname, port } = new URL(process.env['HTTPS_PROXY'] ?? '');
const agents = proxyAgents({ type: 'http', address: hostname, port: Number(port) });
const http = withToken(createNodeHttp({ agents }), token);
const drive = createDropboxDrive({ http, clock: nodeClock });

const names = await readdir(source);
const files = createFileSources(nodeFiles);
const sources = await Promise.all(
  names.map(async (name) => files.open(await attachmentOf(nodeFiles, join(source, name)))),
);
const started = performance.now();
const folder = await drive.createFolder({ path: rootPath }, 'Report');
const outcomes = await createUploader({ drive, clock: nodeClock, journal: createMemoryJournal() }).deliver(
  names.map((name, index) => ({ id: name, source: sources[index] as ByteSource, target: { folder, name } })),
);
const seconds = (performance.now() - started) / 1000;
const failed = outcomes.find(({ ok }) => !ok);
if (failed && !failed.ok) throw failed.error;
process.stdout.write(JSON.stringify({ seconds, peakRss: process.resourceUsage().maxRSS * 1024 }));
agents?.['https:'].destroy();
