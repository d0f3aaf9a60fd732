import { describe, expect, test } from 'vitest';
import { isDossierError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { createLog, type Log, type Occurrence } from '../../../shared/ledger/log/log.ts';
import { consistencyProof, hashLeaf, isConsistent, rootFromInclusion } from '../../../shared/ledger/log/merkle.ts';
import { openCheckpoint } from '../../../shared/ledger/signing/checkpoint.ts';
import { encodeLeaf } from '../../../shared/ledger/signing/envelope.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { parseStatement } from '../../../shared/ledger/statement/statement.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import type { StateStore } from '../../../shared/state/state.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const logKey = logKeyFromSeed(seededBytes(32, 'log'));
const statementKey = statementKeyFromSeed(seededBytes(32, 'statement'));
let call = 0;

function open(store: StateStore, seenElsewhere: readonly string[] = []): Log {
  return createLog({
    store,
    ledger: 'main',
    origin: 'dossier.example/main',
    logKey,
    statementKey,
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, `log random ${call++}`),
    seenElsewhere: async () => seenElsewhere,
  });
}

const happened = (asset: string, event: Occurrence['event'], occasion: string): Occurrence => ({
  event,
  asset,
  occasion,
  observedAt: Date.UTC(2026, 0, 1),
  subjects: [{ sha256: sha256Hex(new TextEncoder().encode(`${asset} ${occasion}`)) }],
  masked: { name: 'hidden.jpg' },
});

async function expectWhole(log: Log, size: number): Promise<void> {
  const head = await log.head();
  expect(head?.checkpoint.size).toBe(size);
  for (let index = 0; index < size; index++) {
    const entry = await log.entry(index);
    const leaf = hashLeaf(encodeLeaf(entry!.envelope));
    expect(rootFromInclusion(leaf, index, size, await log.prove(index, size))).toEqual(head!.checkpoint.root);
  }
}

describe('log', () => {
  test('what is appended is covered by the signed head and can be proved', async () => {
    const log = open(createMemoryState());
    expect(await log.head()).toBeUndefined();
    const recorded = await log.append([
      happened('a', 'Register', 'r1'),
      happened('b', 'Register', 'r1'),
      happened('a', 'Publish', 'r2'),
    ]);
    expect(recorded.map(({ index, version, known }) => [index, version, known])).toEqual([
      [0, 1, false],
      [1, 1, false],
      [2, 2, false],
    ]);
    await expectWhole(log, 3);
  });

  test('statements of one asset form a chain', async () => {
    const log = open(createMemoryState());
    await log.append([
      happened('a', 'Register', 'r1'),
      happened('b', 'Register', 'r1'),
      happened('a', 'Publish', 'r2'),
    ]);
    const third = await log.entry(2);
    const { prev } = parseStatement(third!.envelope.payload).predicate;
    const first = await log.entry(third!.previous!);
    expect(prev).toBe(Buffer.from(hashLeaf(encodeLeaf(first!.envelope))).toString('hex'));
  });

  test('the same occasion is recorded once, within a batch and across batches', async () => {
    const log = open(createMemoryState());
    const [one, two] = await log.append([happened('a', 'Register', 'r1'), happened('a', 'Register', 'r1')]);
    const [three] = await log.append([happened('a', 'Register', 'r1')]);
    expect([one!.known, two!.known, three!.known]).toEqual([false, true, true]);
    expect([two!.index, three!.index, three!.version]).toEqual([0, 0, 1]);
    await expectWhole(log, 1);
  });

  test('heads are consistent with one another over batches across tile borders', async () => {
    const store = createMemoryState();
    const log = open(store);
    let before = undefined;
    for (const count of [1, 200, 300, 40]) {
      await log.append(
        Array.from({ length: count }, (_, index) =>
          happened(`asset ${count} ${index}`.replaceAll(' ', '-'), 'Register', 'r'),
        ),
      );
      const head = (await log.head())!.checkpoint;
      if (before) {
        const proof = await consistencyProof(log.nodes(head.size), before.size, head.size);
        expect(isConsistent(before.size, before.root, head.size, head.root, proof)).toBe(true);
      }
      before = head;
    }
    expect(before?.size).toBe(541);
  });

  test('found by digest, whoever asks', async () => {
    const log = open(createMemoryState());
    const occurrence = happened('a', 'Register', 'r1');
    await log.append([occurrence, happened('b', 'Register', 'r1')]);
    expect(await log.find(occurrence.subjects[0]!.sha256!)).toEqual([0]);
    expect(await log.find('0'.repeat(64))).toEqual([]);
  });

  test('four writers on one store leave one gapless log', async () => {
    const store = createMemoryState();
    const writers = [open(store), open(store), open(store), open(store)];
    await Promise.all(
      writers.flatMap((log, writer) =>
        Array.from({ length: 10 }, (_, turn) =>
          log.append([happened(`w${writer}-${turn}`, 'Register', 'r'), happened('shared', 'Register', 'once')]),
        ),
      ),
    );
    await expectWhole(writers[0]!, 41);
  });

  test('a process that is killed between taking in and signing: the next one signs exactly that tree', async () => {
    const store = createMemoryState();
    let commits = 0;
    const dying: StateStore = {
      ...store,
      commit: async (changes) => {
        if (++commits > 1) throw new Error('killed');
        return store.commit(changes);
      },
    };
    await expect(open(dying).append([happened('a', 'Register', 'r1')])).rejects.toThrow('killed');
    const next = open(store);
    await next.append([happened('b', 'Register', 'r1')]);
    await expectWhole(next, 2);
  });

  test('a restored backup stops, with a sentence that explains', async () => {
    const store = createMemoryState();
    const log = open(store);
    await log.append([happened('a', 'Register', 'r1')]);
    const backup = createMemoryState();
    for (const { key, value } of await store.list('ledger/')) await backup.commit([{ key, value, expectedVersion: 0 }]);
    await log.append([happened('b', 'Register', 'r1')]);
    const newest = (await log.head())!.note;
    await expect(open(backup, [newest]).append([happened('c', 'Register', 'r1')])).rejects.toThrow(/restored backup/);
    await open(store, [newest]).append([happened('c', 'Register', 'r1')]);
    const forked = open(backup);
    await forked.append([happened('x', 'Register', 'r1'), happened('y', 'Register', 'r1')]);
    await expect(open(store, [(await forked.head())!.note]).append([happened('d', 'Register', 'r1')])).rejects.toThrow(
      /another history/,
    );
  });

  test('a batch takes the same few looks at the store, however many statements it has', async () => {
    const looks = async (count: number): Promise<number> => {
      const store = createMemoryState();
      const log = open(store);
      await log.append([happened('first', 'Register', 'r1')]);
      let asked = 0;
      const counted =
        <T extends unknown[], R>(ask: (...given: T) => R) =>
        (...given: T): R => (asked++, ask(...given));
      Object.assign(store, {
        get: counted(store.get),
        getAll: counted(store.getAll),
        list: counted(store.list),
        keys: counted(store.keys),
      });
      await log.append(Array.from({ length: count }, (_, index) => happened(`asset-${index}`, 'Register', 'r1')));
      return asked;
    };
    expect(await looks(256)).toBe(await looks(2));
    expect(await looks(256)).toBeLessThanOrEqual(2);
  });

  test('a record that lies where the next one belongs is named as damage, and not waited for', async () => {
    const store = createMemoryState();
    await open(store).append([happened('a', 'Register', 'r1')]);
    await store.commit([{ key: 'ledger/main/entry/000000000001', value: new Uint8Array(1), expectedVersion: 0 }]);
    const clock = createVirtualClock({ auto: true });
    const log = createLog({
      store,
      ledger: 'main',
      origin: 'dossier.example/main',
      logKey,
      statementKey,
      clock,
      random: (length) => seededBytes(length, 'misfit'),
    });
    await expect(log.append([happened('b', 'Register', 'r1')])).rejects.toMatchObject({
      code: 'ledger-broken',
      message: expect.stringContaining('does not fit'),
    });
    expect(clock.slept).toBe(0);
  });

  test('a damaged head is ledger-broken, never an empty log', async () => {
    const store = createMemoryState();
    const log = open(store);
    await log.append([happened('a', 'Register', 'r1')]);
    const head = (await store.get('ledger/main/head'))!;
    const broken = async (value: string) => {
      const copy = createMemoryState();
      for (const record of await store.list('ledger/'))
        await copy.commit([
          {
            key: record.key,
            value: record.key === head.key ? new TextEncoder().encode(value) : record.value,
            expectedVersion: 0,
          },
        ]);
      return open(copy)
        .head()
        .then(
          () => 'accepted',
          (error: unknown) => (isDossierError(error) ? error.code : String(error)),
        );
    };
    const text = new TextDecoder().decode(head.value);
    expect(await broken('')).toBe('ledger-broken');
    expect(await broken('{}')).toBe('ledger-broken');
    expect(await broken(text.replace('"size":1', '"size":2'))).toBe('ledger-broken');
    expect(await broken(text.replace('dossier.example/main\\n1', 'dossier.example/main\\n2'))).toBe('ledger-broken');
    expect(openCheckpoint((await log.head())!.note, log.identity).size).toBe(1);
  });
});
