import {
  companionsOf,
  createReportId,
  isRecord,
  newReport,
  parseJsonBytes,
  parseManifest,
  parsePath,
  readBytes,
  sha256Hex,
} from '../../shared/index.ts';
import {
  createMemoryDrive,
  createMemoryState,
  createMemoryStorage,
  createOutbox,
  createReports,
  equalBytes,
  silentLog,
} from '../../shared/testing.ts';
import { companionNames } from '../deliveredNames.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';
import { createOriginals, root } from '../unit/report/submitting.ts';
import { type Client, createClient, createSchedule } from './schedule.ts';

/** What one seeded run of several engines over one outbox came to. */
export interface OutboxRun {
  readonly seed: number;
  readonly requests: number;
  readonly kills: number;
  /** What lies beside a whole report and is none of it: parts or claims of another report of the same title. */
  readonly litter: readonly string[];
  /** Files and manifests that were committed more than once. */
  readonly twice: readonly string[];
  /** Whatever else is not as it should be. */
  readonly lost: readonly string[];
}

const leaseMs = 30_000;

/** One seed, one history: the waits of repetitions draw from it, too. */
export async function runOutboxModel(seed: number): Promise<OutboxRun> {
  const chance = Math.random;
  Math.random = seeded(`waits ${seed}`);
  try {
    return await runSchedule(seed);
  } finally {
    Math.random = chance;
  }
}

/**
 * Two windows and one worker on one outbox; whoever is killed is started anew. Reports of one title, so that they also
 * fight for names.
 */
async function runSchedule(seed: number): Promise<OutboxRun> {
  const random = seeded(`outbox ${seed}`);
  const storage = createMemoryStorage(() => 0);
  const drive = createMemoryDrive(storage);
  const store = createMemoryState();
  const reports = createReports(store);
  const originals = createOriginals();
  const litter: string[] = [];
  const twice: string[] = [];
  const lost: string[] = [];
  const stop = new AbortController();
  const clients: Client[] = [];
  const schedule = createSchedule({
    seed,
    random,
    stallMs: leaseMs,
    troubleEnds: 150 + seededInteger(random, 300),
    clockJumps: true,
    onKill: ({ name }) => start(`${name}'`),
  });

  const ids: string[] = [];
  for (let number = 0; number < 2; number++) {
    const sizes = [0, 20_000, 90_000];
    const attachments = sizes.map((size, index) =>
      originals.attach(`r${number}a${index}`, `file ${index}.bin`, seededBytes(size, `${seed} ${number} ${index}`)),
    );
    const report = newReport(
      { title: 'Same title', attachments },
      {
        id: createReportId(number, () => new Uint8Array(10).fill(seed % 251)),
        connection: number === 0 ? 'a' : 'b',
        now: number,
      },
    );
    await reports.save(report, 0, number);
    ids.push(report.id);
  }

  function start(name: string): void {
    const client = createClient(name);
    clients.push(client);
    const through = schedule.through(client, drive);
    const outbox = createOutbox({
      store: schedule.store(client, store),
      clock: schedule.clockOf(client),
      log: silentLog,
      holder: name,
      sources: originals,
      open: async () => ({ drive: through, root }),
      leaseMs,
      automatic: () => true,
    });
    void outbox.run(stop.signal).catch((error: unknown) => lost.push(`${name}: ${String(error)}`));
  }

  for (const name of ['window 1', 'window 2', 'worker']) start(name);
  const user = createOutbox({
    store,
    clock: schedule.clockOf(createClient('user')),
    log: silentLog,
    holder: 'user',
    sources: originals,
    open: async () => ({ drive, root }),
  });
  for (const id of ids) await user.submit(id);
  let ended = false;
  const looking = async (): Promise<void> => {
    const { reports: all } = await reports.list();
    ended = all.every(({ report }) => report.state === 'submitted');
  };
  const { requests, kills } = await schedule.run(clients, () => {
    void looking();
    return ended;
  });
  stop.abort();
  await inspect();
  return { seed, requests, kills, litter, twice, lost };

  async function inspect(): Promise<void> {
    const entries = [];
    for await (const page of drive.list(root, { recursive: true })) entries.push(...page);
    const manifests = entries.filter(({ name }) => name === 'dossier.json');
    if (manifests.length > ids.length) twice.push(`${manifests.length} manifests for ${ids.length} reports`);
    if (manifests.length < ids.length) lost.push(`${manifests.length} manifests for ${ids.length} reports`);
    for (const id of ids) {
      const report = (await reports.get(id))?.report;
      if (report?.state !== 'submitted') {
        lost.push(`report is ${report?.state}`);
        continue;
      }
      const folder = parsePath(report.destination!.path);
      const manifest = parseJsonBytes(
        await readBytes(drive.read({ path: parsePath(`${folder}/dossier.json`) }), 2 ** 20),
      );
      if (!isRecord(manifest) || manifest.report !== id) lost.push('the manifest is of another report');
      const files = (isRecord(manifest) ? manifest.files : []) as { name: string; sha256: string }[];
      for (const { name, sha256 } of files) {
        const bytes = await readBytes(drive.read({ path: parsePath(`${folder}/${name}`) }), 2 ** 20);
        if (sha256Hex(bytes) !== sha256) lost.push(`${name} is not what the manifest says`);
      }
      for (const [index, attachment] of report.attachments.entries()) {
        const original = originals.bytes.get(String(attachment.source.id))!;
        if (files[index + 1]?.sha256 !== sha256Hex(original)) lost.push(`${attachment.name} is not the original`);
      }
      const described = parseManifest(manifest);
      for (const companion of companionsOf(described, report.description)) {
        const stored = readBytes(drive.read({ path: parsePath(`${folder}/${companion.name}`) }), 2 ** 20);
        const bytes = await stored.catch(() => undefined);
        if (!bytes) lost.push(`${companion.name} is not there`);
        else if (!equalBytes(bytes, companion.bytes)) lost.push(`${companion.name} does not fit the manifest`);
      }
      const own = new Set(files.map((file) => file.sha256));
      for (const entry of entries.filter(
        ({ path, name }) =>
          path.startsWith(`${folder}/`) && !companionNames.includes(name) && !files.some((file) => file.name === name),
      )) {
        const isOwn = entry.type === 'file' && own.has(sha256Hex(await readBytes(drive.read(entry), 2 ** 20)));
        if (isOwn) twice.push(`${entry.name} is there twice`);
        else litter.push(entry.path);
      }
      for (const { name } of files) {
        const history = storage.journal.filter(
          (change) => (change.type === 'gone' ? change.path : change.entry.path) === `${folder}/${name}`,
        );
        const written = history.length - 1 - history.findLastIndex(({ type }) => type === 'gone');
        if (written !== 1) twice.push(`${name} was committed ${written} times`);
      }
    }
    const left = await store.keys('');
    // A window that was about to look may hold the lease of a report that has just been submitted.
    if (left.some((key) => !key.startsWith('reports/') && !key.startsWith('leases/')))
      lost.push(`left in the store: ${left.join(', ')}`);
  }
}
