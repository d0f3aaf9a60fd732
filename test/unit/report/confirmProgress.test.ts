import { describe, expect, test } from 'vitest';
import {
  createKey,
  type Delivery,
  type Drive,
  type FileEntry,
  parseKey,
  parsePath,
  parseReceipt,
  parseStatement,
  recordReport,
  type Submission,
  type UploadRecord,
  utf8,
} from '../../../shared/index.ts';
import type { DeliveryJournal } from '../../../shared/report/content/delivery.ts';
import {
  confirmProgress,
  createMemoryState,
  digestsOf,
  openLedger,
  submit,
  verifyReceipt,
} from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { contentOf, createScene, paths, textOf } from './submitting.ts';

const folder = '/Reports/Flood at the mill';
let call = 0;
const ledgerOf = (seed: string) =>
  openLedger({
    store: createMemoryState(),
    key: parseKey(createKey((length) => seededBytes(length, seed))),
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, call++),
  });

/** A journal as an item carries it. */
function carried(given: { delivery?: Delivery | undefined; uploads: readonly UploadRecord[] }): DeliveryJournal {
  let { delivery } = given;
  const records = new Map(given.uploads.map((record) => [record.id, record]));
  const all = async () => [...records.values()];
  return {
    load: async () => delivery,
    save: async (next) => void (delivery = next),
    uploads: { load: all, save: async (changed) => changed.forEach((record) => records.set(record.id, record)) },
    uploadRecords: all,
    forget: async (ids) => ids.forEach((id) => records.delete(id)),
  };
}

const silent = (drive: Drive): Drive => {
  const refuse = () => Promise.reject(new Error('Nothing may be sent'));
  return {
    ...drive,
    upload: refuse,
    uploadStreamed: refuse,
    startUploads: refuse,
    append: refuse,
    commit: refuse,
    createFolder: refuse,
  };
};

/** What is written down once all is delivered and recorded. */
async function delivered() {
  const scene = createScene();
  const order = scene.order();
  await submit(order);
  return { scene, delivery: (await order.journal.load())!, uploads: await order.journal.uploadRecords() };
}

describe('progress that came from outside', () => {
  test('what is true is kept: nothing is sent again and no second report is made', async () => {
    const { scene, delivery, uploads } = await delivered();
    const order = scene.order({ journal: carried({ delivery, uploads }), drive: silent(scene.drive) });
    await confirmProgress(order);
    expect((await submit(order)).destination.path).toBe(folder);
    expect(await order.journal.load()).toEqual(delivery);
  });

  test('a file that is said to have arrived and has not is sent', async () => {
    const { scene, delivery, uploads } = await delivered();
    const fresh = createScene();
    await fresh.drive.createFolder({ path: parsePath('/') }, 'Reports');
    await fresh.drive.createFolder({ path: parsePath('/Reports') }, 'Flood at the mill');
    const { path } = delivery.folder!;
    const journal = carried({ delivery: { ...delivery, folder: { path } }, uploads });
    const order = fresh.order({ report: scene.report, sources: scene.originals, journal });
    await confirmProgress(order);
    await submit(order);
    expect(await contentOf(fresh.drive, folder, 'video.mp4')).toEqual(
      await contentOf(scene.drive, folder, 'video.mp4'),
    );
  });

  test('a file that has another name at the destination is found under it, and none counts for two', async () => {
    const { scene, delivery, uploads } = await delivered();
    const at = (name: string) => ({ path: parsePath(`${folder}/${name}`) });
    const moved = await scene.drive.move(at('photo.jpg'), { path: parsePath(folder) }, 'photo plain.jpg');
    const claim = uploads.map((record) =>
      record.committed?.entry.name === 'photo.jpg'
        ? { ...record, committed: { ...record.committed, entry: moved as FileEntry } }
        : record,
    );
    const order = scene.order({ journal: carried({ delivery, uploads: claim }), drive: silent(scene.drive) });
    await confirmProgress(order);
    expect((await order.journal.uploadRecords()).map(({ committed }) => committed?.entry.name)).toContain(
      'photo plain.jpg',
    );

    const twins = createScene({ names: ['one.txt', 'two.txt'] });
    twins.originals.bytes.set('a1', twins.originals.bytes.get('a0')!);
    const report = {
      ...twins.report,
      attachments: twins.report.attachments.map((each) => ({
        ...each,
        size: 0,
        fingerprint: twins.report.attachments[0]!.fingerprint,
      })),
    };
    const sent = twins.order({ report });
    await submit(sent);
    await twins.drive.remove(at('two.txt'));
    const records = await sent.journal.uploadRecords();
    const one = records.find(({ committed }) => committed?.entry.name === 'one.txt')!.committed!;
    const lying = records.map((record) =>
      record.committed?.entry.name === 'two.txt' ? { ...record, committed: one } : record,
    );
    const again = twins.order({ report, journal: carried({ delivery: (await sent.journal.load())!, uploads: lying }) });
    await confirmProgress(again);
    expect(
      (await again.journal.uploadRecords()).filter(({ committed }) => committed?.entry.name === 'one.txt'),
    ).toHaveLength(1);
  });

  test('digests that were made up are never recorded', async () => {
    const { scene, delivery, uploads } = await delivered();
    const lie = digestsOf(utf8('what was never sent'));
    const forged = uploads.map((record) => ({ ...record, digests: { ...record.digests!, sha256: lie.sha256 } }));
    const ledger = await ledgerOf('own');
    const order = scene.order({
      journal: carried({ delivery, uploads: forged }),
      append: (submission, { signal, earlier }) => recordReport(ledger, submission, signal, earlier),
    });
    await confirmProgress(order);
    await submit(order);
    const { subjects } = parseStatement((await ledger.log.entry(0))!.envelope.payload);
    expect(subjects.map(({ sha256 }) => sha256)).not.toContain(lie.sha256);
    const actual = await Promise.all(
      ['description.txt', 'empty.txt', 'photo.jpg', 'video.mp4'].map(
        async (name) => digestsOf(await contentOf(scene.drive, folder, name)).sha256,
      ),
    );
    expect(subjects.map(({ sha256 }) => sha256)).toEqual(actual);
  });

  test('a submission that was never made is made', async () => {
    const { scene } = await delivered();
    const fresh = createScene();
    const journal = carried({
      delivery: {
        schema: 1,
        sent: 5,
        attempt: 0,
        names: { a0: 'empty.txt', a1: 'photo.jpg', a2: 'video.mp4' },
        complete: true,
        recorded: { receipt: 'made up' },
      },
      uploads: [],
    });
    const order = fresh.order({ report: scene.report, sources: scene.originals, journal });
    await confirmProgress(order);
    await submit(order);
    expect(await paths(fresh.drive)).toHaveLength(6);
    expect((await journal.load())!.recorded).toBeUndefined();
  });
});

describe('a receipt that came from outside', () => {
  const send = async (change: (receipt: string, other: string) => string) => {
    const { scene, delivery, uploads } = await delivered();
    const [own, strange] = [await ledgerOf('own'), await ledgerOf('strange')];
    let submission: Submission | undefined;
    await submit(
      scene.order({ journal: carried({ delivery, uploads }), append: async (given) => ((submission = given), {}) }),
    );
    const genuine = await recordReport(own, submission!);
    // The ledger grows: a receipt that is made now reads otherwise.
    await recordReport(own, { ...submission!, report: 'another' });
    const earlier = change(genuine.receipt, (await recordReport(strange, submission!)).receipt);
    const journal = carried({ delivery: { ...delivery, recorded: { receipt: earlier } }, uploads });
    const order = scene.order({ journal, append: (given, { signal }) => recordReport(own, given, signal, earlier) });
    await confirmProgress(order);
    await submit(order);
    return { own, genuine: genuine.receipt, laid: await textOf(scene.drive, folder, 'dossier.sigstore.json') };
  };

  test('is taken when it is the ledger’s own, to the letter', async () => {
    const { genuine, laid } = await send((receipt) => receipt);
    expect(laid).toBe(genuine);
  });

  test.each<[string, (receipt: string, other: string) => string]>([
    ['of another ledger', (_, other) => other],
    ['that is no receipt', () => 'made up'],
    [
      'with a byte of its signature changed',
      (receipt) => receipt.replace(/"sig": "(.{30})./, (_all, head: string) => `"sig": "${head}A`),
    ],
    ['with more in it than the ledger wrote', (receipt) => receipt.replace('{', '{"note": "hello", ')],
  ])('is passed over when it is one %s, and the ledger’s own lies beside the files', async (_what, change) => {
    const { own, laid } = await send(change);
    const receipt = parseReceipt(utf8(laid));
    expect(verifyReceipt(receipt, own.trust).holds).toBe(true);
    expect(receipt).toMatchObject({ index: 0, treeSize: 2 });
  });

  test('an id that was recorded with other files gets an entry of its own', async () => {
    const ledger = await ledgerOf('own');
    const report = (text: string) => ({
      report: 'r1',
      manifest: { title: 't' },
      files: [{ digests: digestsOf(utf8(text)) }],
    });
    expect((await recordReport(ledger, report('one'))).index).toBe(0);
    expect((await recordReport(ledger, report('two'))).index).toBe(1);
    expect((await recordReport(ledger, report('two'))).index).toBe(1);
    expect((await recordReport(ledger, report('one'))).index).toBe(0);
  });
});
