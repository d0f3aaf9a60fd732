import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import {
  type Drive,
  type Entry,
  type EntryRef,
  type ErrorCode,
  isDossierError,
  joinPath,
  type Outcome,
  readBytes,
  retry,
  rootPath,
} from '../../shared/index.ts';
import { type ChangePage, type Cursor, contentHashOf, digestsOf, type UploadSession } from '../../shared/testing.ts';
import { seededBytes } from '../support/seeded.ts';

/** An opened drive with an empty folder in it that the suite may fill. */
export interface SuiteDrive {
  readonly drive: Drive;
  readonly root: EntryRef;
  /** A second, independent client of the same place. */
  readonly other?: Drive;
  /** Lets the service forget all upload sessions, where abandoning one does not end it there. */
  endSessions?(): void;
  /** Where revisions are made of the second: lets the next write have one of its own. */
  letSecondPass?(): void | Promise<void>;
  close(): Promise<void>;
}

export interface SuiteOptions {
  /** Clients that race for one folder. */
  readonly racers?: number;
  /** Names this kind refuses; each must be `invalid-path` and leave nothing behind. */
  readonly refusedNames?: readonly string[];
}

/** The obligations of `Drive`, one test each, for any implementation. */
export function driveSuite(kind: string, open: () => Promise<SuiteDrive>, options: SuiteOptions = {}): void {
  describe(`drive contract: ${kind}`, () => {
    let opened: SuiteDrive;
    let drive: Drive;
    let counter = 0;

    beforeAll(async () => {
      opened = await open();
      drive = opened.drive;
    });
    afterAll(() => opened?.close());

    /** A new empty folder, so that tests cannot see each other. */
    const folder = async (): Promise<EntryRef> => drive.createFolder(opened.root, `case ${++counter}`);
    const put = async (parent: EntryRef, name: string, bytes: Uint8Array) =>
      (await drive.upload({ folder: parent, name }, bytes, digestsOf(bytes))).entry;
    const listed = async (parent: EntryRef, recursive = false): Promise<Entry[]> => {
      const entries: Entry[] = [];
      for await (const page of drive.list(parent, { recursive })) entries.push(...page);
      return entries;
    };
    const content = (ref: EntryRef, range?: { start?: number; end?: number }) =>
      readBytes(drive.read(ref, range), 2 ** 26);
    const child = (parent: EntryRef, name: string): EntryRef => ({ path: joinPath(parent.path, name) });

    describe('identity and reading', () => {
      test('kind and account are told', async () => {
        expect(drive.kind).toBe(kind.split(' ')[0]);
        const account = await drive.account();
        expect(account.id).not.toBe('');
        expect(account.label).not.toBe('');
      });

      test('stat answers undefined where nothing is', async () => {
        expect(await drive.stat(child(await folder(), 'nothing here.txt'))).toBeUndefined();
      });

      test('stat tells size, revision and name of a file', async () => {
        const home = await folder();
        await put(home, 'note.txt', seededBytes(1234, 'note'));
        const entry = await drive.stat(child(home, 'note.txt'));
        expect(entry).toMatchObject({ type: 'file', name: 'note.txt', size: 1234, downloadable: true });
        expect(entry?.type === 'file' && entry.revision).toBeTruthy();
      });

      test('reads see completed writes: stat, list and read', async () => {
        const home = await folder();
        const bytes = seededBytes(70_000, 'seen');
        const entry = await put(home, 'seen.bin', bytes);
        expect((await drive.stat(entry))?.name).toBe('seen.bin');
        expect((await listed(home)).map(({ name }) => name)).toEqual(['seen.bin']);
        same(await content(entry), bytes);
      });

      test('read gives exactly the range asked for', async () => {
        const home = await folder();
        const bytes = seededBytes(10_000, 'range');
        const entry = await put(home, 'range.bin', bytes);
        same(await content(entry, { start: 100, end: 350 }), bytes.subarray(100, 350));
        same(await content(entry, { start: 9_990 }), bytes.subarray(9_990));
      });

      test('read of an empty file gives no bytes', async () => {
        const home = await folder();
        const entry = await put(home, 'empty.txt', new Uint8Array());
        expect(entry.size).toBe(0);
        expect(await content(entry)).toHaveLength(0);
      });

      test('read and list of what is not there: not-found', async () => {
        const home = await folder();
        await rejects(content(child(home, 'gone.txt')), 'not-found');
        await rejects(listed(child(home, 'gone')), 'not-found');
      });

      test('read of a folder and list of a file: type-mismatch', async () => {
        const home = await folder();
        const file = await put(home, 'file.txt', seededBytes(10, 'mismatch'));
        const inner = await drive.createFolder(home, 'inner');
        await rejects(content(inner), 'type-mismatch');
        await rejects(listed(file), 'type-mismatch');
      });

      test('list gives direct children only, recursive gives all levels, folders before their content', async () => {
        const home = await folder();
        const a = await drive.createFolder(home, 'a');
        const b = await drive.createFolder(a, 'b');
        await put(home, 'top.txt', seededBytes(3, 'top'));
        await put(a, 'middle.txt', seededBytes(4, 'middle'));
        await put(b, 'deep.txt', seededBytes(5, 'deep'));
        expect((await listed(home)).map(({ name }) => name).sort()).toEqual(['a', 'top.txt']);
        const all = (await listed(home, true)).map(({ path }) => path.slice(home.path.length + 1));
        expect([...all].sort()).toEqual(['a', 'a/b', 'a/b/deep.txt', 'a/middle.txt', 'top.txt']);
        expect(all.indexOf('a')).toBeLessThan(all.indexOf('a/middle.txt'));
        expect(all.indexOf('a/b')).toBeLessThan(all.indexOf('a/b/deep.txt'));
      });

      test('list of an empty folder is empty', async () => {
        expect(await listed(await folder(), true)).toEqual([]);
      });

      test('a long listing comes whole, over as many pages as it takes', async () => {
        const home = await folder();
        const names = Array.from({ length: 25 }, (_, index) => `page ${String(index).padStart(3, '0')}.txt`);
        for (const name of names) await put(home, name, seededBytes(1, name));
        expect((await listed(home)).map(({ name }) => name).sort()).toEqual(names);
      });

      test.each([
        'émile.txt',
        'e\u0301mile 2.txt',
        '日本語.txt',
        'percent %41 & plus+.txt',
        "quote' (1) [2] #3;=@!.txt",
        'a.b.c..txt',
        ' leading.txt',
      ])('the name %j comes back as it was given (NFC)', async (name) => {
        const home = await folder();
        const bytes = seededBytes(20, name);
        const entry = await put(home, name, bytes);
        expect(entry.name).toBe(name.normalize('NFC'));
        expect((await listed(home)).map((each) => each.name)).toEqual([name.normalize('NFC')]);
        same(await content(child(home, name)), bytes);
      });

      test.each(['..', '.', '', 'a/b', 'nul\0.txt', ...(options.refusedNames ?? [])])(
        'the name %j is refused and nothing is written',
        async (name) => {
          const home = await folder();
          const bytes = seededBytes(5, 'refused');
          await rejects((async () => drive.upload({ folder: home, name }, bytes, digestsOf(bytes)))(), 'invalid-path');
          await rejects((async () => drive.createFolder(home, name))(), 'invalid-path');
          expect(await listed(home, true)).toEqual([]);
        },
      );

      test('stable ids survive rename and move, where the drive has them', async () => {
        const home = await folder();
        const entry = await put(home, 'before.txt', seededBytes(10, 'id'));
        if (!drive.capabilities.stableIds) {
          expect(entry.id).toBeUndefined();
          return;
        }
        expect(entry.id).toBeTruthy();
        const other = await drive.createFolder(home, 'other');
        const moved = await drive.move(entry, other, 'after.txt');
        expect(moved.id).toBe(entry.id);
        expect((await drive.stat({ path: moved.path, id: entry.id as string }))?.path).toBe(moved.path);
      });
    });

    describe('references', () => {
      /** Ids that name nothing: no id at all, one of another service, and one that only looks right. */
      const strangers = ['', 'no such id', 'id:nothing-there', '999999999999', '../..', '/'];
      const stranger = (id: string): EntryRef => ({ path: rootPath, id });
      /** What is in the whole of the place, as far down as the suite puts things. */
      const everything = async () => (await listed({ path: rootPath }, true)).map(({ path }) => path).sort();

      test.each(strangers)('the id %j, which names nothing, is never taken for the root', async (id) => {
        const home = await folder();
        await put(home, 'kept.txt', seededBytes(3, 'kept'));
        const before = await everything();
        const bytes = seededBytes(3, 'stray');
        const nothing = ['not-found', 'invalid-input', 'parent-missing'] as const;
        const ref = stranger(id);
        expect(await orRefused(drive.stat(ref))).toBeUndefined();
        await orRefused(drive.remove(ref));
        expect(await orRefused(drive.prove(ref, 3, digestsOf(bytes)))).toBeUndefined();
        await rejects(listed(ref), ...nothing);
        await rejects(content(ref), ...nothing);
        await rejects(drive.move(ref, home, 'moved'), ...nothing);
        await rejects(drive.move(child(home, 'kept.txt'), ref, 'stray'), ...nothing);
        await rejects(drive.createFolder(ref, 'stray'), ...nothing);
        await rejects(drive.upload({ folder: ref, name: 'stray' }, bytes, digestsOf(bytes)), ...nothing);
        await rejects(lastCursor(ref, undefined), ...nothing);
        if (drive.capabilities.copy) await rejects(drive.copy(ref, home, 'copied'), ...nothing);
        if (drive.capabilities.links) await rejects(drive.link(ref), ...nothing);
        expect(await everything()).toEqual(before);
      });

      test('with an id only, the path unknown, a reference still names exactly its entry', async () => {
        const home = await folder();
        const inner = await drive.createFolder(home, 'inner');
        await put(inner, 'a.txt', seededBytes(3, 'a'));
        await put(home, 'b.txt', seededBytes(3, 'b'));
        if (!drive.capabilities.stableIds) {
          await rejects(drive.stat({ ...inner, id: '1' }), 'invalid-input');
          return;
        }
        const byId = stranger(inner.id as string);
        expect((await drive.stat(byId))?.path).toBe(inner.path);
        expect((await listed(byId, true)).map(({ name }) => name)).toEqual(['a.txt']);
        await put(byId, 'c.txt', seededBytes(3, 'c'));
        await drive.createFolder(byId, 'd');
        expect((await listed(inner)).map(({ name }) => name).sort()).toEqual(['a.txt', 'c.txt', 'd']);
        await drive.remove(byId);
        expect((await listed(home, true)).map(({ name }) => name)).toEqual(['b.txt']);
      });

      test('the connected folder itself is not removed, moved or copied, however it is named', async () => {
        const home = await folder();
        await put(home, 'kept.txt', seededBytes(3, 'kept'));
        const root = await drive.stat({ path: rootPath });
        const before = await everything();
        for (const ref of [{ path: rootPath }, ...(root ? [root] : [])]) {
          await rejects(drive.remove(ref), 'invalid-input');
          await rejects(drive.move(ref, home, 'moved'), 'invalid-input');
          if (drive.capabilities.copy) await rejects(drive.copy(ref, home, 'copied'), 'invalid-input');
        }
        // Some services do not find their root by its id, and then there is nothing to do.
        if (root?.id !== undefined) await orRefused(drive.remove({ path: home.path, id: root.id }));
        expect(await everything()).toEqual(before);
      });

      test('a folder does not go into itself, and stays as it was', async () => {
        const home = await folder();
        const inner = await drive.createFolder(home, 'inner');
        await put(inner, 'a.txt', seededBytes(3, 'a'));
        await rejects(drive.move(inner, inner, 'deeper'), 'invalid-path', 'invalid-input');
        if (drive.capabilities.copy) await rejects(drive.copy(inner, inner, 'deeper'), 'invalid-path', 'invalid-input');
        expect((await listed(home, true)).map(({ name }) => name)).toEqual(['inner', 'a.txt']);
      });

      const lastCursor = async (ref: EntryRef, cursor: Cursor | undefined) => {
        let last: Cursor | undefined;
        for await (const page of drive.changes(ref, cursor)) last = page.cursor;
        return last;
      };
    });

    describe('folders', () => {
      test('createFolder is exclusive: a folder or a file in the way is already-exists', async () => {
        const home = await folder();
        await drive.createFolder(home, 'taken');
        await put(home, 'file', seededBytes(1, 'f'));
        await rejects(drive.createFolder(home, 'taken'), 'already-exists');
        await rejects(drive.createFolder(home, 'file'), 'already-exists');
      });

      test('createFolder never merges: what is in the folder stays alone', async () => {
        const home = await folder();
        const taken = await drive.createFolder(home, 'taken');
        await put(taken, 'mine.txt', seededBytes(5, 'mine'));
        await rejects(drive.createFolder(home, 'taken'), 'already-exists');
        expect((await listed(taken)).map(({ name }) => name)).toEqual(['mine.txt']);
      });

      test('createFolder below nothing: parent-missing', async () => {
        await rejects(drive.createFolder(child(await folder(), 'absent'), 'new'), 'parent-missing');
      });

      test('createFolder among many clients at once: never two winners, and somebody wins', async () => {
        const home = await folder();
        const clients = [drive, opened.other ?? drive];
        for (let round = 0; round < 5; round++) {
          const name = `race ${round}`;
          const outcomes = await Promise.all(
            Array.from({ length: options.racers ?? 8 }, (_, index) =>
              retry(() => (clients[index % 2] as Drive).createFolder(home, name), { clock: nodeClock }).then(
                () => 'won',
                (error: unknown) => (isDossierError(error) ? error.code : String(error)),
              ),
            ),
          );
          expect(outcomes.filter((each) => each === 'won')).toHaveLength(1);
          expect(new Set(outcomes)).toEqual(new Set(['won', 'already-exists']));
        }
      });
    });

    describe('changing what is there', () => {
      test('remove takes a file, takes a folder with its content, and is content with nothing', async () => {
        const home = await folder();
        const file = await put(home, 'a.txt', seededBytes(5, 'a'));
        const inner = await drive.createFolder(home, 'inner');
        await put(inner, 'b.txt', seededBytes(5, 'b'));
        await drive.remove(file);
        await drive.remove(inner);
        await drive.remove(file);
        expect(await listed(home, true)).toEqual([]);
      });

      test('move renames and moves, with content', async () => {
        const home = await folder();
        const bytes = seededBytes(50, 'move');
        const file = await put(home, 'a.txt', bytes);
        const inner = await drive.createFolder(home, 'inner');
        const renamed = await drive.move(file, home, 'b.txt');
        expect(renamed).toMatchObject({ name: 'b.txt', type: 'file' });
        const moved = await drive.move(renamed, inner, 'c.txt');
        same(await content(moved), bytes);
        expect((await listed(home)).map(({ name }) => name)).toEqual(['inner']);
      });

      test('move of a folder takes everything along', async () => {
        const home = await folder();
        const a = await drive.createFolder(home, 'a');
        await put(a, 'x.txt', seededBytes(5, 'x'));
        const b = await drive.createFolder(home, 'b');
        const moved = await drive.move(a, b, 'a moved');
        expect((await listed(moved)).map(({ name }) => name)).toEqual(['x.txt']);
        expect(await drive.stat(child(home, 'a'))).toBeUndefined();
      });

      test('move never replaces: already-exists, and both stay as they were', async () => {
        const home = await folder();
        const [one, two] = [seededBytes(5, 'one'), seededBytes(6, 'two')];
        const first = await put(home, 'one.txt', one);
        await put(home, 'two.txt', two);
        await rejects(drive.move(first, home, 'two.txt'), 'already-exists');
        same(await content(child(home, 'one.txt')), one);
        same(await content(child(home, 'two.txt')), two);
      });

      test('move of nothing: not-found', async () => {
        const home = await folder();
        await rejects(drive.move(child(home, 'nothing'), home, 'else'), 'not-found');
      });

      test('copy leaves the original, or says that it is unsupported', async () => {
        const home = await folder();
        const bytes = seededBytes(50, 'copy');
        const file = await put(home, 'a.txt', bytes);
        if (!drive.capabilities.copy) {
          await rejects(drive.copy(file, home, 'b.txt'), 'unsupported');
          return;
        }
        const copied = await drive.copy(file, home, 'b.txt');
        same(await content(copied), bytes);
        same(await content(file), bytes);
        await rejects(drive.copy(file, home, 'b.txt'), 'already-exists');
      });

      test('link gives an address, or says that it is unsupported', async () => {
        const file = await put(await folder(), 'a.txt', seededBytes(5, 'link'));
        if (drive.capabilities.links) expect(await drive.link(file)).toMatch(/^https?:\/\//);
        else await rejects(drive.link(file), 'unsupported');
      });
    });

    describe('upload in one request', () => {
      test('stores the bytes and proves it with their digest', async () => {
        const home = await folder();
        const bytes = seededBytes(40_000, 'single');
        const digests = digestsOf(bytes);
        const { entry, proof } = await drive.upload({ folder: home, name: 'single.bin' }, bytes, digests);
        expect(entry).toMatchObject({ type: 'file', name: 'single.bin', size: 40_000 });
        expect(proof.digest).toBe(digests[proof.algorithm]);
        same(await content(entry), bytes);
      });

      test('never overwrites: already-exists, and the old content stays', async () => {
        const home = await folder();
        const [mine, theirs] = [seededBytes(30, 'mine'), seededBytes(30, 'theirs')];
        await put(home, 'taken.bin', theirs);
        await rejects(drive.upload({ folder: home, name: 'taken.bin' }, mine, digestsOf(mine)), 'already-exists');
        same(await content(child(home, 'taken.bin')), theirs);
      });

      test('a folder in the way is already-exists or type-mismatch', async () => {
        const home = await folder();
        await drive.createFolder(home, 'name');
        const bytes = seededBytes(3, 'x');
        await rejects(
          drive.upload({ folder: home, name: 'name' }, bytes, digestsOf(bytes)),
          'already-exists',
          'type-mismatch',
        );
      });

      test('into a folder that is not there: parent-missing', async () => {
        const bytes = seededBytes(3, 'x');
        await rejects(
          drive.upload({ folder: child(await folder(), 'absent'), name: 'a' }, bytes, digestsOf(bytes)),
          'parent-missing',
        );
      });

      test('replace takes exactly the revision it names; a stale one is revision-conflict', async () => {
        const home = await folder();
        const first = await put(home, 'doc.txt', seededBytes(30, 'v1'));
        await opened.letSecondPass?.();
        const second = seededBytes(31, 'v2');
        const { entry } = await drive.upload(
          { folder: home, name: 'doc.txt', replace: first.revision },
          second,
          digestsOf(second),
        );
        expect(entry.revision).not.toBe(first.revision);
        const third = seededBytes(32, 'v3');
        await rejects(
          drive.upload({ folder: home, name: 'doc.txt', replace: first.revision }, third, digestsOf(third)),
          'revision-conflict',
        );
        same(await content(child(home, 'doc.txt')), second);
      });

      test('bytes that are not what the digest says are refused, and nothing is left', async () => {
        const home = await folder();
        await rejects(
          drive.upload({ folder: home, name: 'bad.bin' }, seededBytes(30, 'a'), digestsOf(seededBytes(30, 'b'))),
          'integrity-mismatch',
        );
        expect(await listed(home)).toEqual([]);
      });
    });

    describe('upload streamed', () => {
      const streamed = (bytes: Uint8Array) => ({
        size: bytes.length,
        async *open() {
          for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
        },
      });

      test('a large file goes in one streamed request where there are no sessions; elsewhere it is unsupported', async () => {
        const home = await folder();
        const bytes = seededBytes(9_000_001, 'streamed');
        const digests = digestsOf(bytes);
        const target = { folder: home, name: 'streamed.bin' };
        if (drive.capabilities.upload.sessions) {
          await rejects(
            drive.uploadStreamed(target, streamed(bytes), () => digests),
            'unsupported',
          );
          return;
        }
        const { entry, proof } = await drive.uploadStreamed(target, streamed(bytes), () => digests);
        expect(entry).toMatchObject({ name: 'streamed.bin', size: bytes.length });
        expect(proof.digest).toBe(digests[proof.algorithm]);
        same(await content(entry), bytes);
        await rejects(
          drive.uploadStreamed(target, streamed(bytes), () => digests),
          'already-exists',
        );
        expect((await listed(home)).map(({ name }) => name)).toEqual(['streamed.bin']);
      });

      test('a source that ends early leaves nothing under the name', async (context) => {
        context.skip(drive.capabilities.upload.sessions, 'large files go by session here');
        const home = await folder();
        const bytes = seededBytes(100_000, 'short');
        const lying = { size: 200_000, open: streamed(bytes).open };
        await expect(
          drive.uploadStreamed({ folder: home, name: 'short.bin' }, lying, () => digestsOf(bytes)),
        ).rejects.toThrow();
        expect((await listed(home)).map(({ name }) => name)).not.toContain('short.bin');
      });
    });

    describe('upload sessions', () => {
      /** Registered for every drive, and reported as skipped for one without sessions, which has to refuse them below. */
      const withSessions = (name: string, work: () => Promise<void>) =>
        test(name, async (context) => {
          context.skip(!drive.capabilities.upload.sessions, 'no upload sessions');
          await work();
        });

      test('a drive without sessions says so', async (context) => {
        context.skip(drive.capabilities.upload.sessions, 'has upload sessions');
        await rejects(
          (async () => drive.startUploads([{ target: { folder: opened.root, name: 'x' }, size: 1, chunkSize: 1 }]))(),
          'unsupported',
        );
      });

      const session = async (
        parent: EntryRef,
        name: string,
        bytes: Uint8Array,
        chunks: number,
      ): Promise<UploadSession> => {
        const { chunkMultiple, chunkMin } = drive.capabilities.upload;
        const wanted = Math.max(chunkMin, Math.ceil(bytes.length / chunks), 1);
        const chunkSize = Math.ceil(wanted / chunkMultiple) * chunkMultiple;
        const [started] = await drive.startUploads([
          { target: { folder: parent, name }, size: bytes.length, chunkSize },
        ]);
        return asJson(started as UploadSession);
      };
      const piece = (at: UploadSession, bytes: Uint8Array, index: number) => {
        const chunk = bytes.subarray(index * at.chunkSize, Math.min(at.size, (index + 1) * at.chunkSize));
        return { session: at, index, bytes: chunk, contentHash: contentHashOf(chunk) };
      };
      const sendAll = async (at: UploadSession, bytes: Uint8Array, client = drive): Promise<UploadSession> => {
        let current = at;
        for (let index = 0; index < Math.ceil(at.size / at.chunkSize); index++) {
          if (current.received.includes(index)) continue;
          const [outcome] = await client.append([piece(current, bytes, index)]);
          current = asJson(value(outcome));
        }
        return current;
      };
      /** Two whole chunks and a short one, whatever a chunk is here. */
      const threeChunks = () => {
        const { chunkMin, chunkMultiple } = drive.capabilities.upload;
        const chunk = Math.ceil(Math.max(chunkMin, 4096) / chunkMultiple) * chunkMultiple;
        return seededBytes(2 * chunk + 1000, 'three');
      };

      withSessions('chunks arrive, commit names the file and proves it', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const sent = await sendAll(await session(home, 'large.bin', bytes, 3), bytes);
        expect(sent.received).toEqual([0, 1, 2]);
        expect(await drive.stat(child(home, 'large.bin'))).toBeUndefined();
        const digests = digestsOf(bytes);
        const [outcome] = await drive.commit([{ session: sent, digests }]);
        const { entry, proof } = value(outcome);
        expect(entry).toMatchObject({ name: 'large.bin', size: bytes.length });
        expect(proof.digest).toBe(digests[proof.algorithm]);
        same(await content(entry), bytes);
        expect((await listed(home)).map(({ name }) => name)).toEqual(['large.bin']);
      });

      withSessions('a file of no bytes goes through a session', async () => {
        const home = await folder();
        const empty = new Uint8Array();
        const started = await session(home, 'empty.bin', empty, 1);
        const [outcome] = await drive.commit([{ session: started, digests: digestsOf(empty) }]);
        expect(value(outcome).entry).toMatchObject({ name: 'empty.bin', size: 0 });
      });

      withSessions('the record is plain JSON: another client finishes what this one began', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const started = await session(home, 'handed over.bin', bytes, 3);
        const [first] = await drive.append([piece(started, bytes, 0)]);
        const client = opened.other ?? drive;
        const resumed = await client.inspectUpload(asJson(value(first)));
        expect(resumed.received).toEqual([0]);
        const [outcome] = await client.commit([
          { session: await sendAll(resumed, bytes, client), digests: digestsOf(bytes) },
        ]);
        same(await content(value(outcome).entry), bytes);
      });

      withSessions('a chunk sent again is a success, and the content stays right', async () => {
        const home = await folder();
        const bytes = threeChunks();
        let current = await session(home, 'twice.bin', bytes, 3);
        current = value((await drive.append([piece(current, bytes, 0)]))[0]);
        const again = await drive.append([piece({ ...current, received: [] }, bytes, 0)]);
        expect(value(again[0]).received).toContain(0);
        const [outcome] = await drive.commit([{ session: await sendAll(current, bytes), digests: digestsOf(bytes) }]);
        same(await content(value(outcome).entry), bytes);
      });

      withSessions('a commit whose answer was lost is settled by looking: success, one copy', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const sent = await sendAll(await session(home, 'settled.bin', bytes, 3), bytes);
        const digests = digestsOf(bytes);
        value((await drive.commit([{ session: sent, digests }]))[0]);
        const [second] = await drive.commit([{ session: sent, digests }]);
        expect(value(second).entry).toMatchObject({ name: 'settled.bin', size: bytes.length });
        expect((await listed(home)).map(({ name }) => name)).toEqual(['settled.bin']);
      });

      withSessions('commit never overwrites what somebody else put there meanwhile', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const sent = await sendAll(await session(home, 'race.bin', bytes, 3), bytes);
        const theirs = seededBytes(20, 'theirs');
        await put(home, 'race.bin', theirs);
        const [outcome] = await drive.commit([{ session: sent, digests: digestsOf(bytes) }]);
        expect(codeOf(outcome)).toBe('already-exists');
        same(await content(child(home, 'race.bin')), theirs);
      });

      withSessions('commit without all chunks is offset-mismatch, and nothing gets the name', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const started = await session(home, 'short.bin', bytes, 3);
        const [first] = await drive.append([piece(started, bytes, 0)]);
        const [outcome] = await drive.commit([{ session: value(first), digests: digestsOf(bytes) }]);
        expect(codeOf(outcome)).toBe('offset-mismatch');
        expect(await drive.stat(child(home, 'short.bin'))).toBeUndefined();
      });

      withSessions('a session that is gone is session-expired', async () => {
        const home = await folder();
        const bytes = threeChunks();
        const started = await session(home, 'abandoned.bin', bytes, 3);
        await drive.abandonUploads([started]);
        await drive.abandonUploads([started]);
        opened.endSessions?.();
        // Some services cannot tell of a session before something is sent to it.
        const inspected = await drive
          .inspectUpload(started)
          .catch((error: unknown) => isDossierError(error) && error.code);
        expect([started, 'session-expired']).toContainEqual(inspected);
        const [outcome] = await drive.append([piece(started, bytes, 0)]);
        expect(codeOf(outcome)).toBe('session-expired');
        expect(await drive.stat(child(home, 'abandoned.bin'))).toBeUndefined();
      });

      test('what was cut off is cleared from a folder, and nothing else', async () => {
        const home = await folder();
        const hidden = ['upload', 'tmp', 'claim'].map((kind) => `.dossier-${'ab'.repeat(16)}.${kind}`);
        for (const name of [...hidden, 'kept.txt']) await put(home, name, seededBytes(10, name));
        const before = (await listed(home)).map(({ name }) => name).sort();
        expect(before).toContain('kept.txt');
        await drive.clearUnfinished(home);
        await drive.clearUnfinished(home);
        expect((await listed(home)).map(({ name }) => name).sort()).toEqual(before);
        for (const name of hidden) {
          const stays = before.includes(name) || name.endsWith('.claim');
          expect([name, (await drive.stat(child(home, name))) !== undefined]).toEqual([name, stays]);
        }
      });

      withSessions('many sessions are opened and committed in one go, each with its own outcome', async () => {
        const home = await folder();
        const files = Array.from({ length: 5 }, (_, index) => ({
          name: `many ${index}.bin`,
          bytes: seededBytes(100 + index, `many ${index}`),
        }));
        const { chunkMultiple } = drive.capabilities.upload;
        const sessions = await drive.startUploads(
          files.map(({ name, bytes }) => ({
            target: { folder: home, name },
            size: bytes.length,
            chunkSize: Math.ceil(200 / chunkMultiple) * chunkMultiple,
          })),
        );
        const pieces = sessions.map((each, index) => piece(each, (files[index] as { bytes: Uint8Array }).bytes, 0));
        const perCall = drive.capabilities.upload.piecesPerAppend;
        const appended: UploadSession[] = [];
        for (let at = 0; at < pieces.length; at += perCall)
          appended.push(...(await drive.append(pieces.slice(at, at + perCall))).map(value));
        await put(home, 'many 2.bin', seededBytes(7, 'in the way'));
        const commits = appended.map((each, index) => ({
          session: each,
          digests: digestsOf((files[index] as { bytes: Uint8Array }).bytes),
        }));
        const outcomes = [];
        const perCommit = drive.capabilities.upload.sessionsPerCommit;
        for (let at = 0; at < commits.length; at += perCommit)
          outcomes.push(...(await drive.commit(commits.slice(at, at + perCommit))));
        expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual([
          'ok',
          'ok',
          'already-exists',
          'ok',
          'ok',
        ]);
      });

      test('a session of another kind is refused', async () => {
        const foreign: UploadSession = {
          kind: 'elsewhere',
          target: { folder: opened.root, name: 'x' },
          size: 1,
          chunkSize: 1,
          received: [],
          data: null,
        };
        await rejects(drive.inspectUpload(foreign), 'unsupported');
      });
    });

    describe('proof', () => {
      test('prove finds the right bytes, nothing, and something else', async () => {
        const home = await folder();
        const bytes = seededBytes(5000, 'prove');
        const entry = await put(home, 'proof.bin', bytes);
        const digests = digestsOf(bytes);
        const proved = await drive.prove(entry, bytes.length, digests);
        expect(proved?.proof.digest).toBe(proved && digests[proved.proof.algorithm]);
        expect(await drive.prove(child(home, 'absent.bin'), bytes.length, digests)).toBeUndefined();
        await rejects(drive.prove(entry, bytes.length, digestsOf(seededBytes(5000, 'other'))), 'integrity-mismatch');
      });
    });

    describe('change feed', () => {
      const collect = async (home: EntryRef, cursor: Cursor | undefined) => {
        const pages: ChangePage[] = [];
        for await (const page of drive.changes(home, cursor)) pages.push(page);
        expect(pages.map(({ complete }) => complete)).toEqual(pages.map((_, index) => index === pages.length - 1));
        return { changes: pages.flatMap(({ changes }) => changes), cursor: (pages.at(-1) as ChangePage).cursor, pages };
      };
      const relative = (home: EntryRef, changes: ChangePage['changes']) =>
        changes.map(
          (change) =>
            `${change.type} ${(change.type === 'gone' ? change.path : change.entry.path).slice(home.path.length + 1)}`,
        );

      test('without a cursor: everything that is there', async () => {
        const home = await folder();
        const inner = await drive.createFolder(home, 'inner');
        await put(inner, 'a.txt', seededBytes(3, 'a'));
        const { changes } = await collect(home, undefined);
        expect(relative(home, changes).sort()).toEqual(['present inner', 'present inner/a.txt']);
      });

      test('the latest cursor tells only what comes after it, and then nothing twice', async () => {
        const home = await folder();
        await put(home, 'old.txt', seededBytes(3, 'old'));
        const cursor = await drive.latestCursor(home);
        await put(home, 'new.txt', seededBytes(3, 'new'));
        const seen = await collect(home, cursor);
        expect(relative(home, seen.changes)).toEqual(['present new.txt']);
        const after = await collect(home, seen.cursor);
        expect(after.changes).toEqual([]);
      });

      test('a changed file comes with its new revision', async () => {
        const home = await folder();
        const first = await put(home, 'doc.txt', seededBytes(3, 'v1'));
        const cursor = await drive.latestCursor(home);
        const bytes = seededBytes(4, 'v2');
        const { entry } = await drive.upload(
          { folder: home, name: 'doc.txt', replace: first.revision },
          bytes,
          digestsOf(bytes),
        );
        const { changes } = await collect(home, cursor);
        expect(changes).toHaveLength(1);
        expect(changes[0]).toMatchObject({
          type: 'present',
          entry: { name: 'doc.txt', size: 4, revision: entry.revision },
        });
      });

      test('a removed folder is gone with one or more entries that cover its content', async () => {
        const home = await folder();
        const inner = await drive.createFolder(home, 'inner');
        await put(inner, 'a.txt', seededBytes(3, 'a'));
        const cursor = await drive.latestCursor(home);
        await drive.remove(inner);
        const { changes } = await collect(home, cursor);
        expect(relative(home, changes)).toContain('gone inner');
      });

      test('a move is told as gone and present; with stable ids by the same id', async () => {
        const home = await folder();
        const a = await drive.createFolder(home, 'a');
        const b = await drive.createFolder(home, 'b');
        const file = await put(a, 'file.txt', seededBytes(3, 'file'));
        const cursor = await drive.latestCursor(home);
        await drive.move(file, b, 'file.txt');
        const { changes } = await collect(home, cursor);
        expect(relative(home, changes)).toEqual(expect.arrayContaining(['gone a/file.txt', 'present b/file.txt']));
        const present = changes.find((change) => change.type === 'present' && change.entry.type === 'file');
        if (drive.capabilities.stableIds) expect(present?.type === 'present' && present.entry.id).toBe(file.id);
      });

      test('changes outside the folder are not told', async () => {
        const [home, elsewhere] = [await folder(), await folder()];
        const cursor = await drive.latestCursor(home);
        await put(elsewhere, 'x.txt', seededBytes(3, 'x'));
        expect((await collect(home, cursor)).changes).toEqual([]);
      });

      test('a cursor is a position: the same cursor tells the same again', async () => {
        const home = await folder();
        const cursor = await drive.latestCursor(home);
        await put(home, 'x.txt', seededBytes(3, 'x'));
        const [one, two] = [await collect(home, cursor), await collect(home, cursor)];
        expect(relative(home, two.changes)).toEqual(relative(home, one.changes));
      });

      test('a folder that is gone: not-found', async () => {
        const home = await folder();
        const inner = await drive.createFolder(home, 'inner');
        const cursor = await drive.latestCursor(inner);
        await drive.remove(inner);
        await rejects(collect(inner, cursor), 'not-found');
      });

      test('waitForChange answers', async () => {
        const home = await folder();
        const cursor = await drive.latestCursor(home);
        await put(home, 'wake.txt', seededBytes(3, 'wake'));
        expect(await drive.waitForChange(home, cursor, 30_000)).toBe(true);
      });
    });

    describe('cancelling', () => {
      test('an aborted signal rejects with cancelled, before anything is done', async () => {
        const home = await folder();
        const signal = AbortSignal.abort();
        const bytes = seededBytes(5, 'x');
        await rejects(drive.upload({ folder: home, name: 'x' }, bytes, digestsOf(bytes), { signal }), 'cancelled');
        await rejects(drive.createFolder(home, 'y', { signal }), 'cancelled');
        await rejects(drive.stat(home, { signal }), 'cancelled');
        expect(await listed(home)).toEqual([]);
      });
    });
  });
}

/** Compared by digest: a readable difference of megabytes helps nobody. */
function same(actual: Uint8Array, expected: Uint8Array): void {
  expect([actual.length, digestsOf(actual).sha256]).toEqual([expected.length, digestsOf(expected).sha256]);
}

/** Through JSON and back, as a record that was persisted and read by another process. */
function asJson<T>(record: T): T {
  return JSON.parse(JSON.stringify(record)) as T;
}

function value<T>(outcome: Outcome<T> | undefined): T {
  if (!outcome) throw new Error('an outcome is missing');
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

function codeOf(outcome: Outcome<unknown> | undefined): ErrorCode | 'ok' | undefined {
  return outcome && (outcome.ok ? 'ok' : outcome.error.code);
}

/** What came of it; undefined where a reference was refused as one that this drive cannot know. */
function orRefused<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isDossierError(error, 'invalid-input')) return undefined;
    throw error;
  });
}

async function rejects(work: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  const error: unknown = await work.then(
    (result) => {
      throw new Error(`expected ${codes.join(' or ')}, but it resolved with ${JSON.stringify(result)?.slice(0, 200)}`);
    },
    (thrown: unknown) => thrown,
  );
  if (!isDossierError(error)) throw error;
  expect(codes, error.message).toContain(error.code);
}
