/**
 * Many seeded runs of the epoch log (`npm run test:epochs -- --json [--runs N] [--from SEED]`): most on the memory
 * drive, the others spread over the emulators and Apache mod_dav.
 */
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import { type Drive, type EntryRef, joinPath, rootPath } from '../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { startApache } from '../hosts/webdav/apache.ts';
import { type EpochRun, runEpochModel } from './epochModel.ts';
import { openAddress } from './killAddress.ts';
import { openPlace } from './killPlaces.ts';

interface World {
  readonly name: string;
  readonly runs: number;
  /** An empty drive for one run. */
  drive(seed: number): Promise<Drive>;
  close(): Promise<void>;
}

const flags = process.argv.slice(2);
const number = (name: string, otherwise: number): number =>
  flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : otherwise;
const runs = number('--runs', 2000);
const real = Math.max(1, Math.floor(runs / 40));

const direct = { http: <T>(port: T): T => port, files: <T>(port: T): T => port };
const onPlace = async (name: 'dropbox' | 'nextcloud local' | 'nextcloud s3v2'): Promise<World> => {
  const place = await openPlace(name);
  const drive = openAddress(place.address, direct);
  return { name, runs: real, drive: (seed) => inFolder(drive, `run ${seed}`), close: place.close };
};
const worlds: readonly (() => Promise<World>)[] = [
  async () => ({
    name: 'memory',
    runs: runs - 4 * real,
    drive: async () => createMemoryDrive(createMemoryStorage(() => 0)),
    close: async () => undefined,
  }),
  () => onPlace('dropbox'),
  () => onPlace('nextcloud local'),
  () => onPlace('nextcloud s3v2'),
  async () => {
    const server = await startApache('Basic');
    const drive = createWebdavDrive({
      http: withBasicAuth(createNodeHttp(), server.url, server, nodeClock),
      clock: nodeClock,
      url: server.url,
    });
    return { name: 'Apache mod_dav', runs: real, drive: (seed) => inFolder(drive, `run ${seed}`), close: server.close };
  },
];

const done: EpochRun[] = [];
let seed = number('--from', 1);
for (const open of worlds) {
  const world = await open();
  try {
    for (let count = 0; count < world.runs; count++, seed++) {
      const run = await runEpochModel(seed, await world.drive(seed));
      done.push(run);
      if (run.faults.length > 0) process.stderr.write(`${world.name}, seed ${seed}: ${run.faults.join('; ')}\n`);
    }
    process.stderr.write(`${world.name}: ${world.runs} runs\n`);
  } finally {
    await world.close();
  }
}
const sum = (of: (run: EpochRun) => number): number => done.reduce((total, run) => total + of(run), 0);
const summary = {
  runs: done.length,
  acknowledged: sum(({ acknowledged }) => acknowledged),
  kills: sum(({ kills }) => kills),
  requests: sum(({ requests }) => requests),
  wrong: done.filter(({ faults }) => faults.length > 0).length,
};
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify(summary)}\n`
    : `${Object.entries(summary)
        .map(([key, value]) => `${key}: ${value}`)
        .join(', ')}\n`,
);
process.exitCode = summary.wrong === 0 ? 0 : 1;

/** A drive that calls one of its folders the root. */
async function inFolder(drive: Drive, name: string): Promise<Drive> {
  const home = (await drive.createFolder({ path: rootPath }, name)).path;
  const inside = (ref: EntryRef): EntryRef => ({
    path: ref.path === rootPath ? home : joinPath(home, ...ref.path.slice(1).split('/')),
  });
  return {
    ...drive,
    stat: (ref, ...rest) => drive.stat(inside(ref), ...rest),
    createFolder: (ref, ...rest) => drive.createFolder(inside(ref), ...rest),
    move: (ref, to, ...rest) => drive.move(inside(ref), inside(to), ...rest),
    remove: (ref, ...rest) => drive.remove(inside(ref), ...rest),
    list: (ref, ...rest) => drive.list(inside(ref), ...rest),
    read: (ref, ...rest) => drive.read(inside(ref), ...rest),
    prove: (ref, ...rest) => drive.prove(inside(ref), ...rest),
    upload: (target, ...rest) => drive.upload({ ...target, folder: inside(target.folder) }, ...rest),
  };
}
