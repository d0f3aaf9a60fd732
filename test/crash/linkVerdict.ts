import { digestsOf } from '../../shared/core/hashing.ts';
import type { FileEntry } from '../../shared/drive/entry.ts';
import { assetId } from '../../shared/ledger/statement/asset.ts';
import { parseStatement } from '../../shared/ledger/statement/statement.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { assetKey, createWalker, testAccount } from '../support/linking.ts';

export const faultKinds = ['missed', 'doubled', 'wrong_asset', 'false_delete'] as const;

/** What the ledger has otherwise than the model. */
export interface Fault {
  readonly kind: (typeof faultKinds)[number];
  readonly sentence: string;
}

/** A file as the model knows it. `recorded` is what the ledger has to have of it. */
export interface ModelFile {
  entry: FileEntry;
  content: string;
  /** Every content that it had, in order. */
  readonly contents: string[];
  present: boolean;
  /** Went with its folder: the trash holds the folder then, not the file. */
  buried?: true;
  recorded: { versions: number; content: string; live: boolean } | undefined;
}

/** Every statement of the log against the model: nothing missed, nothing doubled, nothing on the wrong asset. */
export async function compare(store: StateStore, kind: string, files: readonly ModelFile[]): Promise<Fault[]> {
  const { log } = createWalker(store);
  const faults: Fault[] = [];
  const size = (await log.head())?.checkpoint.size ?? 0;
  const assets = new Map<
    string,
    { versions: number; registers: number; live: boolean; digests: string[]; events: string[] }
  >();
  for (let index = 0; index < size; index++) {
    const { predicate, subjects } = parseStatement((await log.entry(index))!.envelope.payload);
    if (['Link', 'Unlink', 'GapStart', 'GapEnd'].includes(predicate.event)) continue;
    const asset = assets.get(predicate.asset) ?? { versions: 0, registers: 0, live: false, digests: [], events: [] };
    assets.set(predicate.asset, asset);
    asset.events.push(predicate.event);
    asset.live = predicate.event !== 'Delete';
    if (predicate.event === 'Register') asset.registers++;
    // What could not be read in time has been read since.
    if (predicate.event === 'Attest' && asset.digests.at(-1) === '')
      asset.digests[asset.digests.length - 1] = subjects[0]?.dropboxContentHash ?? '';
    if (predicate.event === 'Register' || predicate.event === 'Publish') {
      asset.versions++;
      asset.digests.push(subjects[0]?.dropboxContentHash ?? '');
      if (predicate.version !== asset.versions)
        faults.push({
          kind: 'doubled',
          sentence: `version ${predicate.version} of ${predicate.asset} is its ${asset.versions}.`,
        });
    }
  }
  for (const { entry, contents, recorded } of files) {
    const id = assetId(assetKey, { kind, account: testAccount, file: entry.id as string });
    const found = assets.get(id);
    assets.delete(id);
    const say = (kind: Fault['kind'], fault: string) =>
      faults.push({ kind, sentence: `${entry.path}: ${fault} (${found?.events.join(' ') ?? 'nothing recorded'})` });
    if (!recorded) {
      // Seen by a walk that was killed, and gone before the next: then it is recorded as such.
      if (found?.live) say('wrong_asset', 'recorded and never there');
      continue;
    }
    if (!found) say('missed', 'missed');
    else {
      if (found.registers !== 1) say('doubled', `registered ${found.registers} times`);
      if (found.live !== recorded.live)
        say(
          recorded.live ? 'false_delete' : 'missed',
          recorded.live ? 'is there, recorded as gone' : 'is gone, recorded as there',
        );
      // A walk that was killed may have seen a later content of a file that is gone by now.
      if (recorded.live && found.digests.at(-1) !== digestOf(recorded.content))
        say('missed', 'another content is its last version');
      if (found.versions < recorded.versions)
        say('missed', `${recorded.versions} versions, ${found.versions} recorded`);
      if (found.digests.some((digest, at) => digest !== '' && digest === found.digests[at - 1]))
        say('doubled', 'a version was doubled');
      if (!isInOrder(found.digests, contents.map(digestOf)))
        say('wrong_asset', 'has versions that the file never had in this order');
    }
  }
  for (const [asset, { events }] of assets)
    faults.push({ kind: 'wrong_asset', sentence: `${asset} is no file of ours (${events.join(' ')})` });
  return faults;
}

/** Assets that the log has as present. */
export async function liveAssets(store: StateStore): Promise<Set<string>> {
  const { log } = createWalker(store);
  const live = new Set<string>();
  const size = (await log.head())?.checkpoint.size ?? 0;
  for (let index = 0; index < size; index++) {
    const { event, asset } = parseStatement((await log.entry(index))!.envelope.payload).predicate;
    if (['Link', 'Unlink', 'GapStart', 'GapEnd'].includes(event)) continue;
    if (event === 'Delete') live.delete(asset);
    else live.add(asset);
  }
  return live;
}

/** Files that are there and were recorded as present, and are recorded as gone since a listing kept something back. */
export function falseDeletes(
  kind: string,
  files: readonly ModelFile[],
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): Fault[] {
  return files.flatMap(({ entry }): Fault[] => {
    const id = assetId(assetKey, { kind, account: testAccount, file: entry.id as string });
    if (!before.has(id) || after.has(id)) return [];
    return [{ kind: 'false_delete', sentence: `${entry.path}: is there, recorded as gone after a listing in part` }];
  });
}

const digestOf = (content: string) => digestsOf(new TextEncoder().encode(content)).dropboxContentHash;

/**
 * A killed or late walk may see fewer contents than there were, never others and never in another order. One that was
 * overwritten while it was to be read is recorded as a version of unknown bytes: it stands for any.
 */
function isInOrder(some: readonly string[], all: readonly string[]): boolean {
  let at = 0;
  for (const each of all) if (each === some[at] || some[at] === '') at++;
  return at === some.length;
}
