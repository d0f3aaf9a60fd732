import { DossierError } from '../../shared/core/errors.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import { type DrivePath, isWithin, nameOf, parentOf } from '../../shared/core/paths.ts';
import type { FileEntry, FolderEntry } from '../../shared/drive/entry.ts';
import type { Link } from '../../shared/link/link.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { type Coalescer, createCoalescer } from '../../shared/webhook/coalescer.ts';
import { createWalker, testAccount } from '../support/linking.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { compare, type Fault, falseDeletes, liveAssets, type ModelFile } from './linkVerdict.ts';
import type { LinkWorld } from './linkWorlds.ts';

export interface HistoryVerdict {
  readonly seed: number;
  readonly operations: number;
  readonly walks: number;
  /** Walks whose listings kept something back. */
  readonly partial: number;
  readonly kills: number;
  readonly versions: number;
  readonly notices: number;
  /** Empty when all is well. */
  readonly faults: readonly Fault[];
}

/** For servers that do not tell case apart. */
const isOneName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
const bytes = (text: string) => new TextEncoder().encode(text);

/** One random history of a linked folder, with walkers that are killed, meet each other, and are called too often. */
export async function runLinkHistory(seed: number, world: LinkWorld, steps = 24): Promise<HistoryVerdict> {
  const random = seeded(`link history ${seed}`);
  const below = (count: number) => seededInteger(random, count);
  const pick = <T>(from: readonly T[]): T | undefined => from[below(from.length)];
  const { drive, linked, outside } = world;
  const store = createMemoryState();
  const clock = createVirtualClock({ auto: true });
  const files: ModelFile[] = [];
  const folders: FolderEntry[] = [linked, outside];
  let link: Link | undefined;
  const tally = { operations: 0, notices: 0, walks: 0, partial: 0, kills: 0 };
  const faults: Fault[] = [];

  const present = () => files.filter(({ present }) => present);
  const isIn = (file: ModelFile) => file.present && isWithin(file.entry.path, linked.path);
  let names = 0;
  const newName = () => `${pick(['Note', 'note', 'Photo é', 'Plan #1'])} ${++names}.txt`;
  const newContent = () => (below(4) === 0 ? `common ${below(3)}` : `content ${seed} ${++names}`);
  const moveFolder = (from: DrivePath, to: FolderEntry) => {
    const moved = (path: DrivePath) => (to.path + path.slice(from.length)) as DrivePath;
    for (const file of files)
      if (file.present && isWithin(file.entry.path, from)) file.entry = { ...file.entry, path: moved(file.entry.path) };
    folders.forEach((folder, at) => {
      if (isWithin(folder.path, from))
        folders[at] = { ...folder, path: moved(folder.path), name: nameOf(moved(folder.path)) };
    });
  };
  const ownFolders = () => folders.filter(({ path }) => path !== linked.path && path !== outside.path);
  const upload = async (folder: FolderEntry, name: string, content: string, replace?: string) =>
    (
      await drive.upload(
        { folder, name, ...(replace === undefined ? {} : { replace }) },
        bytes(content),
        digestsOf(bytes(content)),
      )
    ).entry;

  const operations: Readonly<Record<string, () => Promise<void>>> = {
    async create() {
      const content = newContent();
      files.push({
        entry: await upload(pick([linked, ...folders]) as FolderEntry, newName(), content),
        content,
        contents: [content],
        present: true,
        recorded: undefined,
      });
    },
    async edit() {
      const file = pick(present());
      if (!file) return;
      file.content = newContent();
      if (file.contents.at(-1) !== file.content) file.contents.push(file.content);
      const current = (await drive.stat(file.entry)) as FileEntry;
      file.entry = await upload(
        { type: 'folder', path: parentOf(file.entry.path), name: '' },
        file.entry.name,
        file.content,
        current.revision,
      );
    },
    async touch() {
      const file = pick(present());
      if (!file) return;
      const current = (await drive.stat(file.entry)) as FileEntry;
      file.entry = await upload(
        { type: 'folder', path: parentOf(file.entry.path), name: '' },
        file.entry.name,
        file.content,
        current.revision,
      );
    },
    async move() {
      const file = pick(present());
      if (file) file.entry = (await drive.move(file.entry, pick(folders) as FolderEntry, newName())) as FileEntry;
    },
    async rename() {
      const file = pick(present());
      if (file)
        file.entry = (await drive.move(file.entry, { path: parentOf(file.entry.path) }, newName())) as FileEntry;
    },
    async recase() {
      const file = pick(present());
      if (!file) return;
      const { name } = file.entry;
      const recased = name.startsWith('N') ? `n${name.slice(1)}` : `${name[0]!.toUpperCase()}${name.slice(1)}`;
      if (recased !== name)
        file.entry = (await drive.move(file.entry, { path: parentOf(file.entry.path) }, recased)) as FileEntry;
    },
    async copy() {
      const file = pick(present());
      if (file)
        files.push({
          entry: (await drive.copy(file.entry, pick(folders) as FolderEntry, newName())) as FileEntry,
          content: file.content,
          contents: [file.content],
          present: true,
          recorded: undefined,
        });
    },
    async swap() {
      const [one, other] = [pick(present()), pick(present())];
      if (!one || !other || one === other) return;
      const [first, second] = [one.entry, other.entry];
      one.entry = (await drive.move(first, outside, newName())) as FileEntry;
      other.entry = (await drive.move(second, { path: parentOf(first.path) }, first.name)) as FileEntry;
      one.entry = (await drive.move(one.entry, { path: parentOf(second.path) }, second.name)) as FileEntry;
    },
    async remove() {
      const file = pick(present());
      if (!file) return;
      await drive.remove(file.entry);
      file.present = false;
    },
    async replaceByNew() {
      const file = pick(present());
      if (!file) return;
      await drive.remove(file.entry);
      file.present = false;
      const content = newContent();
      files.push({
        entry: await upload({ type: 'folder', path: parentOf(file.entry.path), name: '' }, file.entry.name, content),
        content,
        contents: [content],
        present: true,
        recorded: undefined,
      });
    },
    async restore() {
      const file = pick(
        files.filter(
          ({ present, buried, entry }) =>
            !present &&
            !buried &&
            files.filter((other) => isOneName(other.entry.name, entry.name)).length === 1 &&
            folders.some(({ path }) => path === parentOf(entry.path)) &&
            !files.some((other) => other.present && isOneName(other.entry.path, entry.path)),
        ),
      );
      if (!file || !world.restore) return;
      await world.restore(file.entry);
      file.entry = (await drive.stat({ path: file.entry.path })) as FileEntry;
      file.present = true;
    },
    async makeFolder() {
      folders.push(await drive.createFolder(pick(folders) as FolderEntry, `Folder ${++names}`));
    },
    async moveFolder() {
      const folder = pick(ownFolders());
      const target = folder && pick(folders.filter(({ path }) => !isWithin(path, folder.path)));
      if (!folder || !target) return;
      moveFolder(folder.path, (await drive.move(folder, target, `Folder ${++names}`)) as FolderEntry);
    },
    async removeFolder() {
      const folder = pick(ownFolders());
      if (!folder) return;
      await drive.remove(folder);
      for (const file of files) {
        if (!file.present || !isWithin(file.entry.path, folder.path)) continue;
        file.present = false;
        file.buried = true;
      }
      for (let at = folders.length; at-- > 0; )
        if (isWithin((folders[at] as FolderEntry).path, folder.path)) folders.splice(at, 1);
    },
    async resetCursors() {
      world.resetCursors?.();
    },
    async pause() {
      if (!link) return;
      await createWalker(store, clock).links.unlink(link.id, createWalker(store, clock).ledger);
      link = undefined;
    },
  };
  const chances = {
    create: 9,
    edit: 8,
    touch: 2,
    move: 3,
    rename: 2,
    recase: 1,
    copy: 2,
    swap: 2,
    remove: 2,
    replaceByNew: 1,
    restore: 2,
    makeFolder: 2,
    moveFolder: 2,
    removeFolder: 1,
    resetCursors: 1,
    pause: 1,
  };
  const bag = Object.entries(chances).flatMap(([name, count]) => Array.from({ length: count }, () => name));

  /** What a complete walk has to have recorded. */
  const expectWalked = () => {
    for (const file of files) {
      if (isIn(file)) {
        const before = file.recorded;
        file.recorded = {
          versions: (before?.versions ?? 0) + (before?.content === file.content ? 0 : 1),
          content: file.content,
          live: true,
        };
      } else if (file.recorded) file.recorded.live = false;
    }
  };

  const linkAgain = async () => (link ??= await createWalker(store, clock).link(drive, linked, world.hashPolicy));
  /**
   * Processes that live as long as the history; what each has in memory may be older than what the other stored. When
   * their walks begin depends on the moment, so they draw from numbers of their own: what happens to the files is the
   * same each time.
   */
  const receivers = [0, 1].map((each) => {
    const walker = createWalker(store, clock);
    const own = seeded(`link history ${seed}, receiver ${each}`);
    // Time that is waited passes at once here, while the walk that is waited for talks to a real server.
    const walkOrAskAgain = async (sweep: boolean, tries = 20): Promise<void> => {
      if (!link) return;
      await walker.walk(link, drive, { sweep }).catch((error: unknown) => {
        if (tries === 1 || !(error instanceof DossierError) || error.code !== 'locked') throw error;
        return walkOrAskAgain(sweep, tries - 1);
      });
    };
    return createCoalescer({
      walk: () => walkOrAskAgain(seededInteger(own, 6) === 0),
      clock,
      settleMs: 0,
    });
  });
  /**
   * A notice comes at either of them. It says only that something changed, so that one which is repeated or late looks
   * like any other.
   */
  const notify = () => {
    tally.notices++;
    return (pick(receivers) as Coalescer).notify(testAccount);
  };
  /** A walk whose listings keep something back: it may know less, and must state nothing that is not so. */
  const walkInPart = async (linkedNow: Link) => {
    if (!world.partly) return;
    const walker = createWalker(store, clock);
    const look = async () => {
      const before = await liveAssets(store);
      await walker.walk(linkedNow, drive, { sweep: below(2) === 0 }).catch((error: unknown) => {
        if (!(error instanceof DossierError)) throw error;
      });
      tally.partial++;
      faults.push(...falseDeletes(drive.kind, files.filter(isIn), before, await liveAssets(store)));
    };
    // What cannot be read may stay so for several looks, and the world goes on.
    await world.partly(1 + below(3), async () => {
      for (let looks = 1 + below(3); looks > 0; looks--) {
        await look();
        if (looks > 1 && world.coalesces && below(2) === 0) await operate();
      }
    });
  };
  const walk = async () => {
    for (let kills = below(3); kills > 0; kills--) {
      const dying = createWalker(dyingStore(store, below(8)), clock);
      await dying.walk(await linkAgain(), drive, { sweep: below(5) === 0 }).then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof DossierError) || error.code !== 'cancelled') throw error;
          tally.kills++;
        },
      );
      // The world does not wait for the restart.
      if (world.coalesces && below(2) === 0) await operate();
    }
    link = await linkAgain();
    if (below(2) === 0) await walkInPart(link);
    await Promise.all(Array.from({ length: 1 + below(4) }, () => notify()));
    tally.walks++;
    expectWalked();
  };
  const operate = async () => {
    // While something changes, a notice about what was before may still be on its way.
    const late = world.coalesces && below(6) === 0 ? notify() : undefined;
    await (operations[pick(bag) as string] as () => Promise<void>)();
    await late;
    tally.operations++;
  };

  for (let step = 0; step < steps && faults.length === 0; step++) {
    await operate();
    if (!world.coalesces || below(3) === 0) {
      await walk();
      faults.push(...(await compare(store, drive.kind, files)));
    }
  }
  await walk();
  faults.push(...(await compare(store, drive.kind, files)));
  return { seed, ...tally, versions: files.reduce((sum, { recorded }) => sum + (recorded?.versions ?? 0), 0), faults };
}

/** A store whose process dies at one of its commits. */
function dyingStore(store: StateStore, lives: number): StateStore {
  let left = lives;
  return {
    ...store,
    async commit(changes, signal) {
      if (left-- <= 0) throw new DossierError('cancelled', 'Killed');
      return store.commit(changes, signal);
    },
  };
}
