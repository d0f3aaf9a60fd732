import { isDossierError, toDossierError } from '../../core/errors.ts';
import { contentHashOf, digestsOf } from '../../core/hashing.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Drive } from '../../drive/drive.ts';
import type { UploadSession } from '../../drive/uploadSession.ts';
import { Broken, holds, refuses, same, type TrialBench } from './trialBench.ts';

/** One thing that Dossier asks of every drive. */
export interface Obligation {
  readonly id: string;
  /** What the drive keeps. */
  readonly promise: Sentence;
  /** What it means when the drive does not keep it. */
  readonly consequence: Sentence;
  readonly applies?: (drive: Drive) => boolean;
  /** Rejects with `Broken` where the drive does otherwise. */
  readonly tried: (bench: TrialBench) => Promise<void>;
}

const difficultNames = ['émile.txt', 'Übung.txt', '日本語.txt', 'percent %41 & plus+.txt', "quote' (1) [2] #3;=@!.txt"];

async function namesComeBack({ home, put, names, read, child, bytes }: TrialBench): Promise<void> {
  const content = bytes(20);
  const altered: string[] = [];
  for (const name of difficultNames) {
    const outcome = await put(home, name, content).then(
      (entry) => entry.name === name.normalize('NFC'),
      (error: unknown) => {
        if (isDossierError(error, 'invalid-path')) return false;
        throw error;
      },
    );
    if (!outcome) altered.push(name);
  }
  const listed = await names(home);
  for (const name of difficultNames.filter((each) => !altered.includes(each))) {
    if (!listed.includes(name.normalize('NFC'))) altered.push(name);
    else same(await read(child(home, name)), content, say`The file ${name} holds something else than was written`);
  }
  holds(altered.length === 0, say`These names are refused or altered: ${altered.join(', ')}`);
}

/** Clients that make one folder at once. */
const racers = 6;

async function oneWinner({ drive, home, context, names }: TrialBench): Promise<void> {
  for (const name of ['race 1', 'race 2', 'race 3']) {
    const outcomes = await Promise.all(
      Array.from({ length: racers }, () =>
        drive.createFolder(home, name, context).then(
          () => 'won',
          (error: unknown) => toDossierError(error).code,
        ),
      ),
    );
    const winners = outcomes.filter((each) => each === 'won').length;
    holds(winners <= 1, say`${winners} of ${racers} clients were told that they alone had made one folder`);
    const unexpected = outcomes.find((each) => !['won', 'already-exists', 'locked', 'rate-limited'].includes(each));
    holds(unexpected === undefined, say`A client that lost was told ${unexpected ?? ''}`);
  }
  holds((await names(home)).length <= 3, say`More folders were made than were asked for`);
}

async function sessionOf({ drive, context }: TrialBench, target: UploadSession['target'], content: Uint8Array) {
  const { chunkMin, chunkMultiple } = drive.capabilities.upload;
  const chunkSize = Math.ceil(Math.max(chunkMin, 4096) / chunkMultiple) * chunkMultiple;
  const [begun] = await drive.startUploads([{ target, size: content.length, chunkSize }], context);
  let session = begun as UploadSession;
  for (let index = 0; index < Math.ceil(content.length / chunkSize); index++) {
    const bytes = content.subarray(index * chunkSize, (index + 1) * chunkSize);
    const piece = { session, index, bytes, contentHash: contentHashOf(bytes) };
    const [outcome] = await drive.append([piece], context);
    if (!outcome?.ok) throw outcome?.error ?? new Broken(say`A chunk was sent, and nothing was said of it`);
    session = outcome.value;
  }
  return session;
}

function twoChunks({ drive, bytes }: TrialBench): Uint8Array {
  const { chunkMin, chunkMultiple } = drive.capabilities.upload;
  return bytes(Math.ceil(Math.max(chunkMin, 4096) / chunkMultiple) * chunkMultiple + 1000);
}

async function sessionsArrive(bench: TrialBench): Promise<void> {
  const { drive, home, context, read } = bench;
  const content = twoChunks(bench);
  const session = await sessionOf(bench, { folder: home, name: 'large.bin' }, content);
  const [outcome] = await drive.commit([{ session, digests: digestsOf(content) }], context);
  if (!outcome?.ok) throw outcome?.error ?? new Broken(say`A file was finished, and nothing was said of it`);
  same(await read(outcome.value.entry), content, say`A file that went in pieces holds something else than was sent`);
}

async function sessionsNeverOverwrite(bench: TrialBench): Promise<void> {
  const { drive, home, context, read, put, bytes, child } = bench;
  const content = twoChunks(bench);
  const session = await sessionOf(bench, { folder: home, name: 'race.bin' }, content);
  const theirs = bytes(20);
  await put(home, 'race.bin', theirs);
  const [outcome] = await drive.commit([{ session, digests: digestsOf(content) }], context);
  holds(outcome?.ok === false, say`A large file replaced one that somebody else had put there meanwhile`);
  same(await read(child(home, 'race.bin')), theirs, say`The file of somebody else was changed`);
}

const hasSessions = ({ capabilities }: Drive) => capabilities.upload.sessions;

/** What Dossier asks of a drive, in the order in which it is tried. */
export const obligations: readonly Obligation[] = [
  {
    id: 'reads-see-writes',
    promise: say`What was written is seen at once`,
    consequence: say`Submitting can fail here, or need several tries`,
    async tried({ drive, home, context, put, names, read, bytes }) {
      const content = bytes(70_000);
      const entry = await put(home, 'seen.bin', content);
      holds((await drive.stat(entry, context)) !== undefined, say`A file that was just written is not found`);
      holds((await names(home)).includes('seen.bin'), say`A file that was just written is in no listing`);
      same(await read(entry), content, say`A file holds something else than was written`);
    },
  },
  {
    id: 'ranges',
    promise: say`Parts of a file can be read`,
    consequence: say`Large ledgers and downloads can fail here`,
    async tried({ home, put, read, bytes }) {
      const content = bytes(10_000);
      const entry = await put(home, 'range.bin', content);
      same(
        await read(entry, { start: 100, end: 350 }),
        content.subarray(100, 350),
        say`Another part came than was asked for`,
      );
    },
  },
  {
    id: 'empty-files',
    promise: say`A file may be empty`,
    consequence: say`Attachments without content do not arrive`,
    async tried({ home, put, read }) {
      const entry = await put(home, 'empty.txt', new Uint8Array());
      holds((await read(entry)).length === 0, say`An empty file came back with content`);
    },
  },
  {
    id: 'names',
    promise: say`Names come back as they were given`,
    consequence: say`Attachments with such names arrive under plainer ones`,
    tried: namesComeBack,
  },
  {
    id: 'missing',
    promise: say`What is not there is said not to be there`,
    consequence: say`Dossier cannot tell a file that is gone from a server that fails`,
    async tried({ drive, home, context, child, read }) {
      holds(
        (await drive.stat(child(home, 'nothing.txt'), context)) === undefined,
        say`Something is found where nothing is`,
      );
      await refuses(read(child(home, 'nothing.txt')), ['not-found'], say`Something was read where nothing is`);
    },
  },
  {
    id: 'exclusive-folder',
    promise: say`A folder is never made twice`,
    consequence: say`Two reports of one title could be mixed in one folder: send from one place at a time`,
    async tried({ drive, home, context, folder, put, names, bytes }) {
      const taken = await folder(home, 'taken');
      await put(taken, 'mine.txt', bytes(5));
      await refuses(
        drive.createFolder(home, 'taken', context),
        ['already-exists'],
        say`A folder that is there was made once more`,
      );
      holds((await names(taken)).join() === 'mine.txt', say`A folder that is there lost its content`);
    },
  },
  {
    id: 'one-winner',
    promise: say`Of several clients at once, one makes a folder`,
    consequence: say`Two windows or workers could take the same work: send from one place at a time`,
    tried: oneWinner,
  },
  {
    id: 'no-overwrite',
    promise: say`An upload never overwrites`,
    consequence: say`A file of somebody else that arrives at the same moment could be lost`,
    async tried({ drive, home, context, put, read, bytes, child }) {
      const [mine, theirs] = [bytes(30), bytes(30)];
      await put(home, 'taken.bin', theirs);
      const target = { folder: home, name: 'taken.bin' };
      await refuses(
        drive.upload(target, mine, digestsOf(mine), context),
        ['already-exists'],
        say`A file that is there was overwritten`,
      );
      same(await read(child(home, 'taken.bin')), theirs, say`A file that is there was changed`);
    },
  },
  {
    id: 'stale-replace',
    promise: say`A newer version is not replaced by mistake`,
    consequence: say`Somebody who saves at the same moment could lose a change`,
    async tried({ drive, home, context, put, read, bytes, child }) {
      const first = await put(home, 'doc.txt', bytes(30));
      const [second, third] = [bytes(31), bytes(32)];
      const target = { folder: home, name: 'doc.txt', replace: first.revision };
      await drive.upload(target, second, digestsOf(second), context);
      await refuses(
        drive.upload(target, third, digestsOf(third), context),
        ['revision-conflict'],
        say`An outdated version replaced a newer one`,
      );
      same(await read(child(home, 'doc.txt')), second, say`A newer version was changed`);
    },
  },
  {
    id: 'checksum',
    promise: say`Damaged content is refused`,
    consequence: say`A damaged attachment could be taken for a good one`,
    async tried({ drive, home, context, names, bytes }) {
      const upload = drive.upload({ folder: home, name: 'bad.bin' }, bytes(30), digestsOf(bytes(30)), context);
      await refuses(upload, ['integrity-mismatch'], say`Content with a wrong checksum was accepted`);
      holds((await names(home)).length === 0, say`Content with a wrong checksum was left behind`);
    },
  },
  {
    id: 'move',
    promise: say`A move takes the content along and replaces nothing`,
    consequence: say`Do not move or rename with Dossier on this drive`,
    async tried({ drive, home, context, put, read, bytes, child, folder }) {
      const [one, two] = [bytes(50), bytes(60)];
      const first = await put(home, 'one.txt', one);
      await put(home, 'two.txt', two);
      await refuses(drive.move(first, home, 'two.txt', context), ['already-exists'], say`A move replaced a file`);
      same(await read(child(home, 'two.txt')), two, say`A move changed a file that was there`);
      const inner = await folder(home, 'inner');
      const moved = await drive.move(first, inner, 'three.txt', context);
      same(await read(moved), one, say`A moved file holds something else`);
    },
  },
  {
    id: 'remove',
    promise: say`A folder is removed with what is in it`,
    consequence: say`What Dossier removes may stay`,
    async tried({ drive, home, context, put, names, bytes, folder }) {
      const inner = await folder(home, 'inner');
      await put(inner, 'a.txt', bytes(5));
      await drive.remove(inner, context);
      holds((await names(home)).length === 0, say`A removed folder is still listed`);
      await drive.remove(inner, context);
    },
  },
  {
    id: 'listing',
    promise: say`A listing is whole`,
    consequence: say`Files of linked folders could be overlooked`,
    async tried({ home, put, names, bytes }) {
      const wanted = Array.from({ length: 12 }, (_, index) => `page ${String(index).padStart(2, '0')}.txt`);
      for (const name of wanted) await put(home, name, bytes(1));
      holds((await names(home)).join() === wanted.join(), say`A listing leaves out files that are there`);
    },
  },
  {
    id: 'changes',
    promise: say`Changes are told once`,
    consequence: say`Changes in linked folders could be missed: look into every folder by hand`,
    async tried({ drive, home, context, put, bytes }) {
      await put(home, 'old.txt', bytes(3));
      const cursor = await drive.latestCursor(home, context);
      await put(home, 'new.txt', bytes(3));
      const told: string[] = [];
      for await (const page of drive.changes(home, cursor, context))
        told.push(...page.changes.map((change) => (change.type === 'present' ? change.entry.name : change.path)));
      holds(told.join() === 'new.txt', say`Of one new file, this was told: ${told.join(', ')}`);
    },
  },
  {
    id: 'sessions',
    promise: say`Large files arrive in pieces`,
    consequence: say`Large attachments cannot be sent`,
    applies: hasSessions,
    tried: sessionsArrive,
  },
  {
    id: 'sessions-no-overwrite',
    promise: say`A large file never overwrites`,
    consequence: say`A file of somebody else that arrives at the same moment could be lost`,
    applies: hasSessions,
    tried: sessionsNeverOverwrite,
  },
];
