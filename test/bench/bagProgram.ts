/** A bag at work: made of a folder as an archive or a folder, or checked. Run by `bag.ts`; prints one line of JSON. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { nodeClock as clock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles as files } from '../../extension/src/node/nodeFiles.ts';
import {
  bagOf,
  checkArchive,
  createLocalFolderDrive,
  folderFiles,
  inFolder,
  placeExport,
  rootPath,
  zipOf,
} from '../../shared/index.ts';

const [how = '', from = '', to = ''] = process.argv.slice(2);
const driveOf = (root: string) => createLocalFolderDrive({ files, root, randomBytes });
const folder = { path: rootPath };
const bag = () => bagOf({ payload: folderFiles({ drive: driveOf(from), folder, clock }), name: 'bag', now: 0 });

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  zip: () => pipeline(zipOf(inFolder('bag', bag())), createWriteStream(to)),
  folder: () => placeExport(bag(), { drive: driveOf(to), parent: folder, name: 'bag', clock }),
  async verify() {
    const { size } = await stat(from);
    const verdict = await checkArchive({ size, open: (range) => files.read(from, range) });
    if (verdict.differences.length > 0) throw new Error(JSON.stringify(verdict));
  },
};
const started = performance.now();
await ways[how]!();
process.stdout.write(
  JSON.stringify({ seconds: (performance.now() - started) / 1000, peakRss: process.resourceUsage().maxRSS * 1024 }),
);
