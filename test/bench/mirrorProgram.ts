/** Ours at work: one run of a mirror of a folder, which remembers beside it. Run by `mirror.ts`; prints one line of JSON. */
import { randomBytes } from 'node:crypto';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { proxyAgents } from '../../extension/src/node/proxy.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { parsePath, rootPath } from '../../shared/core/paths.ts';
import { createDropboxDrive } from '../../shared/drives/dropbox/index.ts';
import { createLocalFolderDrive } from '../../shared/drives/localFolder/index.ts';
import { usualRules } from '../../shared/mirror/mirror.ts';
import { runMirror } from '../../shared/mirror/runMirror.ts';
import { withToken } from '../support/dropbox.ts';

const [token = '', source = ''] = process.argv.slice(2);
const { hostname, port } = new URL(process.env['HTTPS_PROXY'] ?? '');
const agents = proxyAgents({ type: 'http', address: hostname, port: Number(port) });
const destination = createDropboxDrive({ http: withToken(createNodeHttp({ agents }), token), clock: nodeClock });
const local = createLocalFolderDrive({ files: nodeFiles, root: source, randomBytes, clock: nodeClock });
const store = createSqliteState(`${source}.sqlite`);
const started = performance.now();
const { ending, error, sent, unchanged } = await runMirror(
  {
    id: 'bench',
    source: { drive: local, folder: rootPath },
    destination: { drive: destination, folder: parsePath('/Report') },
    rules: usualRules,
  },
  { store, clock: nodeClock, holder: `process ${process.pid}` },
);
const seconds = (performance.now() - started) / 1000;
await store.close();
if (ending !== 'done') throw error ?? new Error(ending);
process.stdout.write(JSON.stringify({ seconds, sent, unchanged, peakRss: process.resourceUsage().maxRSS * 1024 }));
agents?.['https:'].destroy();
