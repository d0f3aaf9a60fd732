import { describe, expect, test } from 'vitest';
import { fromUtf8Lossy, readBytes } from '../../../shared/core/bytes.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { joinPath, parsePath } from '../../../shared/core/paths.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { publishLedger } from '../../../shared/ledger/export/publish.ts';
import { createLog, type Log } from '../../../shared/ledger/log/log.ts';
import { hashLeaf, inclusionProof, rootFromInclusion } from '../../../shared/ledger/log/merkle.ts';
import { decodeEntryBundle, tileNodeReader, tilePath } from '../../../shared/ledger/log/tiles.ts';
import { openCheckpoint } from '../../../shared/ledger/signing/checkpoint.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ auto: true });
const statementKey = statementKeyFromSeed(seededBytes(32, 'statement'));
let call = 0;
const open = (seed = 'log'): Log =>
  createLog({
    store: createMemoryState(),
    ledger: 'main',
    origin: 'main.dossier.example',
    logKey: logKeyFromSeed(seededBytes(32, seed)),
    statementKey,
    clock,
    random: (length) => seededBytes(length, call++),
  });

const planted = {
  name: 'plantedname.heic',
  path: '/plantedfolder/plantedname.heic',
  size: 98_765_432,
  author: 'planted@example.org',
};
const append = (log: Log, from: number, to: number) =>
  log.append(
    Array.from({ length: to - from }, (_, at) => ({
      event: 'Register' as const,
      asset: `a${from + at}`,
      occasion: 'r',
      observedAt: 0,
      subjects: [{ sha256: sha256Hex(seededBytes(4, from + at)) }],
      masked: planted,
    })),
  );

describe('publishing', () => {
  const folder = { path: parsePath('/public') };
  const prepare = async () => {
    const drive = createMemoryDrive();
    await drive.createFolder({ path: parsePath('/') }, 'public');
    const log = open();
    const publish = () =>
      publishLedger({
        log,
        trust: { logs: [log.identity], statementKeys: [statementKey.publicKey], timestampChains: [] },
        drive,
        folder,
        clock,
        isPublic: (_event, index) => index % 2 === 0,
        since: 0,
      });
    const read = (path: string) => readBytes(drive.read({ path: joinPath(folder.path, ...path.split('/')) }), 2 ** 20);
    return { drive, log, publish, read };
  };

  test('the static files alone prove every entry, after each of several rounds', async () => {
    const { log, publish, read } = await prepare();
    for (const [from, to] of [
      [0, 3],
      [3, 300],
      [300, 520],
    ] as const) {
      await append(log, from, to);
      expect(await publish()).toBe(to);
      const checkpoint = openCheckpoint(fromUtf8Lossy(await read('checkpoint')), log.identity);
      expect(checkpoint.size).toBe(to);
      const nodes = tileNodeReader(to, (tile) => read(tilePath(tile)));
      for (const index of [0, from, to - 1]) {
        const width = Math.min(256, to - Math.floor(index / 256) * 256);
        const bundle = decodeEntryBundle(
          await read(tilePath({ level: 'entries', index: Math.floor(index / 256), width })),
          width,
        );
        expect(
          rootFromInclusion(hashLeaf(bundle[index % 256]!), index, to, await inclusionProof(nodes, index, to)),
        ).toEqual(checkpoint.root);
      }
    }
  });

  test('nothing published holds a name, a path, an extension or a size', async () => {
    const { drive, log, publish } = await prepare();
    await append(log, 0, 20);
    await publish();
    let files = 0;
    for await (const page of drive.list(folder, { recursive: true })) {
      for (const entry of page) {
        expect(entry.path).not.toMatch(/planted|heic|98765432/);
        if (entry.type !== 'file') continue;
        files++;
        const text = fromUtf8Lossy(await readBytes(drive.read(entry), 2 ** 20));
        const decoded = (text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []).map((run) =>
          Buffer.from(run, 'base64').toString('latin1'),
        );
        for (const each of [text, ...decoded]) expect(each).not.toMatch(/planted|heic|98765432/);
      }
    }
    expect(files).toBeGreaterThan(10);
  });

  test('only public statements are shown', async () => {
    const { log, publish, read } = await prepare();
    await append(log, 0, 4);
    await publish();
    expect(fromUtf8Lossy(await read('statements/2.json'))).toContain('payload');
    await expect(read('statements/1.json')).rejects.toThrow();
  });

  test('a restored backup and another history do not overwrite what is public', async () => {
    const { drive, log, publish } = await prepare();
    await append(log, 0, 5);
    await publish();
    const again = (other: Log) =>
      publishLedger({
        log: other,
        trust: { logs: [], statementKeys: [], timestampChains: [] },
        drive,
        folder,
        clock,
        isPublic: () => false,
        since: 0,
      });
    const backup = open();
    await append(backup, 0, 2);
    await expect(again(backup)).rejects.toThrow(/restored backup/);
    const fork = open();
    await append(fork, 10, 17);
    await expect(again(fork)).rejects.toThrow(/another history/);
  });
});
