import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromUtf8, isDossierError, type StateStore, utf8 } from '../../shared/index.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';

/** A place for records, and any number of clients of it. */
export interface SuitePlace {
  /** A client of its own, as another process would have. */
  open(): Promise<StateStore>;
  remove(): Promise<void>;
}

/** The obligations of `StateStore`, for any implementation. `shared` is false where records live in one client only. */
export function stateSuite(name: string, make: () => Promise<SuitePlace>, { shared }: { shared: boolean }): void {
  describe(`state contract: ${name}`, () => {
    let place: SuitePlace;
    let store: StateStore;
    const opened: StateStore[] = [];
    const open = async (): Promise<StateStore> => {
      const client = await place.open();
      opened.push(client);
      return client;
    };
    beforeEach(async () => {
      place = await make();
      store = await open();
    });
    afterEach(async () => {
      for (const client of opened.splice(0)) await client.close();
      await place.remove();
    });

    const put = async (client: StateStore, key: string, text: string, expectedVersion: number): Promise<number> =>
      (await client.commit([{ key, value: utf8(text), expectedVersion }]))[0]!;
    const text = async (client: StateStore, key: string): Promise<string | undefined> => {
      const record = await client.get(key);
      return record && fromUtf8(record.value);
    };
    const codeOf = async (work: Promise<unknown>): Promise<string> => {
      try {
        await work;
        return 'none';
      } catch (error) {
        return isDossierError(error) ? error.code : String(error);
      }
    };

    test('what was never written is not there', async () => {
      expect(await store.get('a/b')).toBeUndefined();
      expect(await store.list('')).toEqual([]);
    });

    test('a record comes back byte for byte, with its version', async () => {
      const value = seededBytes(70_000, 'value');
      const [version] = await store.commit([{ key: 'a/b.c_d-1', value, expectedVersion: 0 }]);
      expect(await store.get('a/b.c_d-1')).toEqual({ key: 'a/b.c_d-1', value, version });
      await store.commit([{ key: 'empty', value: new Uint8Array(), expectedVersion: 0 }]);
      expect((await store.get('empty'))?.value).toEqual(new Uint8Array());
    });

    test('list gives what begins with the prefix, sorted, and nothing else', async () => {
      const keys = ['b', 'a/2', 'a/10', 'a', 'a-b', 'a/2/x'];
      await store.commit(keys.map((key) => ({ key, value: utf8(key), expectedVersion: 0 })));
      expect((await store.list('a/')).map(({ key }) => key)).toEqual(['a/10', 'a/2', 'a/2/x']);
      expect((await store.list('')).map(({ key }) => key)).toEqual([...keys].sort());
      expect(await store.keys('a/')).toEqual(['a/10', 'a/2', 'a/2/x']);
      expect((await store.list('a/')).map(({ value }) => fromUtf8(value))).toEqual(['a/10', 'a/2', 'a/2/x']);
    });

    test('several records are read at once: those that are there, as one commit left them', async () => {
      const [version] = await store.commit(
        ['a', 'b', 'c'].map((key) => ({ key, value: utf8(`${key} 0`), expectedVersion: 0 })),
      );
      const found = await store.getAll(['c', 'missing', 'a', 'a']);
      expect(
        [...found].map(([key, record]) => [key, record.key, fromUtf8(record.value), record.version]).sort(),
      ).toEqual(['a', 'c'].map((key) => [key, key, `${key} 0`, version]));
      expect((await store.getAll([])).size).toBe(0);
      await expect(store.getAll(['a', 'A'])).rejects.toThrow(TypeError);

      const reader = shared ? await open() : store;
      let [expectedVersion, torn] = [version!, 0];
      const write = async (): Promise<void> => {
        for (let turn = 1; turn <= 10; turn++)
          [expectedVersion] = (await store.commit(
            ['a', 'b', 'c'].map((key) => ({ key, value: utf8(`${key} ${turn}`), expectedVersion })),
          )) as [number];
      };
      const read = async (): Promise<void> => {
        for (let turn = 0; turn < 10; turn++)
          if (new Set([...(await reader.getAll(['a', 'b', 'c'])).values()].map((record) => record.version)).size !== 1)
            torn++;
      };
      await Promise.all([write(), read()]);
      expect(torn).toBe(0);
      expect(fromUtf8((await reader.getAll(['b'])).get('b')!.value)).toBe('b 10');
    });

    test('a commit compares every version and is all or nothing', async () => {
      const first = await put(store, 'a', 'one', 0);
      const stale = [
        { key: 'b', value: utf8('new'), expectedVersion: 0 },
        { key: 'a', value: utf8('two'), expectedVersion: first + 1 },
      ];
      expect(await codeOf(store.commit(stale))).toBe('revision-conflict');
      expect(await text(store, 'a')).toBe('one');
      expect(await store.get('b')).toBeUndefined();
      expect(await codeOf(put(store, 'a', 'again', 0))).toBe('revision-conflict');
      expect(await codeOf(store.commit([{ key: 'missing', value: undefined, expectedVersion: 7 }]))).toBe(
        'revision-conflict',
      );
    });

    test('versions grow and never repeat, over removal too', async () => {
      const seen = new Set<number>();
      let version = 0;
      for (let round = 0; round < 5; round++) {
        version = await put(store, 'a', `round ${round}`, version);
        expect(version).toBeGreaterThan(Math.max(0, ...seen));
        seen.add(version);
        if (round % 2 === 0) {
          expect(await store.commit([{ key: 'a', value: undefined, expectedVersion: version }])).toEqual([0]);
          version = 0;
        }
      }
      expect(seen.size).toBe(5);
    });

    test('what callers do with bytes afterwards changes nothing', async () => {
      const value = utf8('mine');
      await store.commit([{ key: 'a', value, expectedVersion: 0 }]);
      value.fill(0);
      const read = await store.get('a');
      read!.value.fill(0);
      expect(await text(store, 'a')).toBe('mine');
    });

    test('a wrong key, or one key twice, is a mistake of the program', async () => {
      for (const key of ['', '/a', 'a/', 'a//b', 'A', 'ä', 'a b'])
        await expect(store.get(key)).rejects.toThrow(TypeError);
      const twice = [1, 2].map(() => ({ key: 'a', value: utf8('x'), expectedVersion: 0 }));
      await expect(store.commit(twice)).rejects.toThrow(TypeError);
    });

    test('an aborted signal stops before anything is written', async () => {
      const signal = AbortSignal.abort();
      expect(await codeOf(store.commit([{ key: 'a', value: utf8('x'), expectedVersion: 0 }], signal))).toBe(
        'cancelled',
      );
      expect(await codeOf(store.get('a', signal))).toBe('cancelled');
      expect(await store.get('a')).toBeUndefined();
    });

    test('records outlive the client', async (context) => {
      context.skip(!shared, 'one client only');
      await put(store, 'a', 'kept', 0);
      await store.close();
      expect(await text(await open(), 'a')).toBe('kept');
    });

    test('two clients see each other, and only one of two equal wishes comes true', async (context) => {
      context.skip(!shared, 'one client only');
      const other = await open();
      const version = await put(store, 'a', 'mine', 0);
      expect(await text(other, 'a')).toBe('mine');
      await put(other, 'a', 'theirs', version);
      expect(await text(store, 'a')).toBe('theirs');
      expect(await codeOf(put(store, 'a', 'late', version))).toBe('revision-conflict');
    });

    test('many clients counting together lose nothing', async (context) => {
      context.skip(!shared, 'one client only');
      const clients = [store, ...(await Promise.all([open(), open(), open()]))];
      let conflicts = 0;
      const raise = async (client: StateStore): Promise<void> => {
        for (;;) {
          const record = await client.get('counter');
          try {
            await put(client, 'counter', String(Number(record ? fromUtf8(record.value) : 0) + 1), record?.version ?? 0);
            return;
          } catch (error) {
            if (!isDossierError(error, 'revision-conflict')) throw error;
            conflicts++;
          }
        }
      };
      await Promise.all(
        clients.map(async (client) => {
          for (let turn = 0; turn < 5; turn++) await raise(client);
        }),
      );
      expect(await text(store, 'counter')).toBe('20');
      expect(conflicts).toBeGreaterThanOrEqual(0);
    });

    test('a random history equals a map', async () => {
      const random = seeded(`state ${name}`);
      const model = new Map<string, { text: string; version: number }>();
      for (let step = 0; step < 60; step++) {
        const keys = [
          ...new Set(Array.from({ length: 1 + seededInteger(random, 3) }, () => `k/${seededInteger(random, 6)}`)),
        ];
        const wrong = random() < 0.2;
        const changes = keys.map((key, index) => ({
          key,
          value: random() < 0.25 ? undefined : utf8(`step ${step}`),
          expectedVersion: (model.get(key)?.version ?? 0) + (wrong && index === 0 ? 1 : 0),
        }));
        if (wrong) {
          expect(await codeOf(store.commit(changes))).toBe('revision-conflict');
        } else {
          const versions = await store.commit(changes);
          changes.forEach(({ key, value }, index) => {
            if (value === undefined) model.delete(key);
            else model.set(key, { text: fromUtf8(value), version: versions[index]! });
          });
        }
        const listed = await store.list('k/');
        expect(listed.map(({ key, value, version }) => [key, { text: fromUtf8(value), version }])).toEqual(
          [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
      }
    });
  });
}
