import { describe, expect, it } from 'vitest';
import { DossierError, type Drive, reportIdOfKey, type Submission, submitOnce } from '../../../shared/index.ts';
import { createDeliveryJournal, createMemoryDrive, createMemoryState, submit } from '../../../shared/testing.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { createScene, listing, root, type Scene, textOf } from './submitting.ts';

const changing = ['createFolder', 'upload', 'startUploads', 'append', 'commit', 'remove', 'move'] as const;
const asking = ['stat', 'prove', 'inspectUpload'] as const;
const watched: readonly string[] = [...changing, ...asking];

/** Calls `around` for each call into the drive, listings included. */
function tapped(drive: Drive, around: (call: () => Promise<unknown>) => Promise<unknown>): Drive {
  const wrapped = Object.fromEntries(
    Object.entries(drive).map(([name, value]) => [
      name,
      watched.includes(name) && typeof value === 'function'
        ? (...given: unknown[]) => around(() => value.apply(drive, given))
        : value,
    ]),
  ) as unknown as Drive;
  return {
    ...wrapped,
    async *list(...given) {
      await around(async () => undefined);
      yield* drive.list(...given);
    },
  };
}

class Killed extends Error {}

/** Dies before or after its Nth call: nothing that it does later has any effect. */
function dying(drive: Drive, at: number, when: 'before' | 'after'): { drive: Drive; died: () => boolean } {
  let calls = 0;
  let dead = false;
  const around = async (call: () => Promise<unknown>) => {
    if (dead) throw new Killed();
    const number = ++calls;
    if (number === at && when === 'before') dead = true;
    if (dead) throw new Killed();
    const done = await call().finally(() => (dead ||= number === at));
    if (dead) throw new Killed();
    return done;
  };
  return { drive: tapped(drive, around), died: () => dead };
}

/** One run of the scene's report under one key, as a process that knows nothing but the destination. */
function run(scene: Scene, drive: Drive, content: Partial<Scene['report']> = {}): Promise<Submission> {
  const now = scene.clock.now();
  const report = {
    ...scene.report,
    ...content,
    id: reportIdOfKey(root, 'key'),
    created: now,
    modified: now,
  };
  const state = createMemoryState();
  const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
  return submitOnce(scene.order({ report, drive, journal }));
}

const expected = deliveredNames(['empty.txt', 'photo.jpg', 'video.mp4']);

async function reportFolders(scene: Scene): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { path, type } of await listing(scene.drive)) {
    const [, , folder, name] = path.split('/');
    if (folder === '.dossier') continue;
    if (name === undefined && type === 'folder') found[folder!] ??= [];
    else if (folder !== undefined) (found[folder] ??= []).push(name!);
  }
  for (const names of Object.values(found)) names.sort();
  return found;
}

describe('a report that is submitted by a key', () => {
  it('is delivered once; a second run answers the same and sends nothing', async () => {
    const scene = createScene();
    const first = await run(scene, scene.drive);
    let changes = 0;
    const counting = tapped(scene.drive, (call) => (changes++, call()));
    const before = (await listing(scene.drive)).filter(({ type }) => type === 'file');
    await scene.clock.sleep(60_000);
    const second = await run(scene, counting);
    expect(second.manifest).toEqual(first.manifest);
    expect(second.destination).toEqual(first.destination);
    expect(second.files.map(({ entry }) => entry.path)).toEqual(first.files.map(({ entry }) => entry.path));
    expect((await listing(scene.drive)).filter(({ type }) => type === 'file')).toEqual(before);
    expect(changes).toBeLessThan(20);
    expect(await reportFolders(scene)).toEqual({ 'Flood at the mill': expected });
  });

  it('costs three requests more than without a key, once its folders are there', async () => {
    const scene = createScene();
    await run(scene, scene.drive);
    const count = async (send: (drive: Drive) => Promise<unknown>) => {
      let calls = 0;
      await send(tapped(scene.drive, (call) => (calls++, call())));
      return calls;
    };
    const report = { ...scene.report, id: reportIdOfKey(root, 'other'), title: 'Other' };
    const fresh = () => {
      const state = createMemoryState();
      return createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
    };
    const keyed = await count((drive) => submitOnce(scene.order({ report, drive, journal: fresh() })));
    const plain = await count((drive) =>
      submit(scene.order({ report: { ...report, title: 'Plain' }, drive, journal: fresh() })),
    );
    expect(keyed - plain).toBe(3);
  });

  it.each([
    ['another description', { description: 'Water fell.' }],
    ['another title', { title: 'Flood at the bridge' }],
    ['one file less', { attachments: [] }],
  ])('refuses %s under the same key, and leaves what is there', async (_what, content) => {
    const scene = createScene();
    await run(scene, scene.drive);
    const before = await reportFolders(scene);
    await expect(run(scene, scene.drive, content)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('a key of its own'),
    });
    expect(await reportFolders(scene)).toEqual(before);
  });

  it('refuses an attachment of the same size with other bytes, by its name', async () => {
    const scene = createScene();
    await run(scene, scene.drive);
    const bytes = scene.originals.bytes.get('a1')!;
    scene.originals.bytes.set('a1', new Uint8Array([bytes[0]!, ...bytes.subarray(1).map((byte) => byte ^ 1)]));
    await expect(run(scene, scene.drive)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('photo.jpg'),
    });
    expect(await reportFolders(scene)).toEqual({ 'Flood at the mill': expected });
  });

  it('puts back a file that somebody took away since', async () => {
    const scene = createScene();
    const first = await run(scene, scene.drive);
    await scene.drive.remove({ path: first.files[2]!.entry.path });
    const second = await run(scene, scene.drive);
    expect(second.manifest).toEqual(first.manifest);
    expect(await reportFolders(scene)).toEqual({ 'Flood at the mill': expected });
  });

  it('gives two keys two folders, and one key in two folders two reports', async () => {
    expect(reportIdOfKey(root, 'a')).not.toBe(reportIdOfKey(root, 'b'));
    expect(reportIdOfKey(root, 'a')).not.toBe(reportIdOfKey({ ...root, id: 'id:1' }, 'a'));
    expect(reportIdOfKey(root, 'a')).toBe(reportIdOfKey(root, 'a'));
  });
});

describe('a run that is killed', () => {
  it.each(['before', 'after'] as const)(
    '%s any of its requests is found and finished by the next one',
    async (when) => {
      let at = 1;
      for (; ; at++) {
        const scene = createScene();
        // Somebody else's folder of the same name, which must stay as it is.
        await scene.drive.createFolder({ path: '/' as never }, 'Reports');
        const taken = await scene.drive.createFolder(root, 'Flood at the mill');
        await scene.drive.createFolder(taken, 'theirs');
        const { drive, died } = dying(scene.drive, at, when);
        const outcome = await run(scene, drive).catch((error: unknown) => error);
        await scene.clock.sleep(1000);
        const again = await run(scene, scene.drive);
        expect(await reportFolders(scene), `killed ${when} ${at}`).toEqual({
          'Flood at the mill': ['theirs'],
          'Flood at the mill 1': expected,
        });
        const manifest = JSON.parse(await textOf(scene.drive, again.destination.path, 'dossier.json'));
        expect(manifest, `killed ${when} ${at}`).toEqual(JSON.parse(JSON.stringify(again.manifest)));
        if (!died()) {
          expect(outcome).toMatchObject({ destination: again.destination });
          break;
        }
      }
      expect(at).toBeGreaterThan(10);
    },
  );

  it('twice, at any two of its requests, still ends with one folder', async () => {
    for (let first = 1; first <= 14; first++) {
      for (let second = 1; second <= 18; second++) {
        const scene = createScene({ names: ['photo.jpg'] });
        await run(scene, dying(scene.drive, first, 'after').drive).catch(() => undefined);
        await run(scene, dying(scene.drive, second, 'after').drive).catch(() => undefined);
        await run(scene, scene.drive);
        expect(Object.values(await reportFolders(scene)), `killed at ${first}, then at ${second}`).toEqual([
          deliveredNames(['photo.jpg']),
        ]);
      }
    }
  });
});

describe('two runs at once', () => {
  it('make one report, wherever the first one stalls while the second one runs', async () => {
    for (let at = 1; at <= 30; at++) {
      const scene = createScene({ names: ['photo.jpg'] });
      let calls = 0;
      let other: Promise<unknown> | undefined;
      const stalling = tapped(scene.drive, async (call) => {
        if (++calls === at) await (other = run(scene, createMemoryDrive(scene.storage)).catch((error) => error));
        return call();
      });
      const first = await run(scene, stalling).catch((error: unknown) => error);
      const second = await other;
      const results = [first, second].filter((result) => result !== undefined);
      const submitted = results.filter((result): result is Submission => !(result instanceof Error));
      expect(submitted.length, `stalled at ${at}`).toBeGreaterThan(0);
      for (const failed of results.filter((result) => result instanceof Error))
        expect(failed, `stalled at ${at}`).toMatchObject({ code: expect.stringMatching(/^(lease-lost|locked)$/) });
      expect(failedWith(results, 'other'), `stalled at ${at}`).toBe(false);
      const whole = Object.values(await reportFolders(scene)).filter((names) => names.length > 0);
      expect(whole, `stalled at ${at}`).toEqual([deliveredNames(['photo.jpg'])]);
      // Whoever was told to stop finds the result with its next run.
      expect((await run(scene, scene.drive)).manifest).toEqual(submitted[0]!.manifest);
    }
  });
});

const failedWith = (results: readonly unknown[], text: string): boolean =>
  results.some((result) => result instanceof DossierError && result.message.includes(`${text} content`));
