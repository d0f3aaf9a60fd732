import type { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { isWithin, parentOf, rootPath } from '../core/paths.ts';
import type { Entry, FileEntry } from '../drive/entry.ts';
import type { Contents } from './contents.ts';
import { type DestinationFact, decide, type SourceFact } from './decide.ts';
import type { Intent, Known, KnownFile } from './memory.ts';
import {
  conflictReasons,
  type MirrorPlan,
  type MirrorReason,
  type MirrorRules,
  type MirrorStep,
  type Place,
} from './mirror.ts';
import { createPlaceMap, type PlaceMap } from './places.ts';
import type { Filter } from './rules.ts';
import type { DestinationTree, SourceTree } from './trees.ts';

/** More deletions than this, or more than half of all, are not done before somebody has confirmed them. */
const mostRemovals = 1_000;

export interface Looked {
  readonly source: SourceTree;
  readonly destination: DestinationTree;
  readonly known: ReadonlyMap<Place, Known>;
  readonly intents: ReadonlyMap<Place, Intent>;
  readonly rules: MirrorRules;
  readonly filter: Filter;
  readonly contents: Contents;
}

/** A step with what carrying it out needs. */
export interface PlannedStep extends MirrorStep {
  readonly original?: FileEntry;
  /** What is at the destination now. */
  readonly there?: Entry;
  readonly known?: KnownFile;
  /** Where they are known already. */
  readonly digests?: Digests;
}

export interface DetailedPlan extends MirrorPlan {
  readonly steps: readonly PlannedStep[];
  /** What is as it should be, with what is newly known of it. */
  readonly refreshed: readonly (readonly [Place, KnownFile | null])[];
}

/** Compares both sides and what the mirror remembers. Reads contents only where revisions do not tell. */
export async function makePlan(looked: Looked): Promise<DetailedPlan> {
  const { source, destination, known } = looked;
  const entries = destination.entries;
  const { originals, taken } = apartByCase(source, entries.caseSensitive);
  const mine = filesIn(known);
  const settled = await settleIntents(looked, mine);
  for (const [place, file] of settled) mine.set(place, file);
  const { files, renamed } = followCase(mine, originals, entries.caseSensitive);
  const owners = ownersOf(files, entries.caseSensitive);
  const steps: PlannedStep[] = [];
  const refreshed: (readonly [Place, KnownFile | null])[] = [...settled, ...renamed];
  let unchanged = 0;
  for (const place of new Set([...originals.keys(), ...files.keys()])) {
    const file = files.get(place);
    if (taken.has(place)) continue;
    if (!file && owners.get(place) !== undefined) {
      taken.add(place);
      continue;
    }
    const look = await lookAt(looked, { place, original: originals.get(place), known: file });
    const { action, reason } = decide(look.facts, looked.rules);
    if (action === 'unchanged') unchanged += 1;
    if (look.refreshed) refreshed.push([place, look.refreshed]);
    if (action === 'unchanged' || action === 'nothing' || reason === undefined) continue;
    steps.push({ action, reason, place, size: look.size, ...look.details });
  }
  const withMoves = await findMoves(steps, looked);
  const reason = 'the name is taken by another file of the mirror';
  const blocked = [...taken].map((place): PlannedStep => ({ action: 'leave', reason, place, size: 0 }));
  const all = [...blocked, ...unreadSteps(looked, steps), ...withMoves, ...folderSteps(looked, withMoves, owners)];
  const removals = all.filter(({ action }) => action === 'remove' || action === 'archive').length;
  return {
    steps: all,
    refreshed,
    unchanged,
    ignored: source.ignored.files,
    bytes: all.filter(isSending).reduce((sum, { size }) => sum + size, 0),
    removals,
    needsConfirmation: removals > mostRemovals || removals > files.size / 2,
  };
}

export function isSending({ action }: Pick<MirrorStep, 'action'>): boolean {
  return action === 'send' || action === 'replace' || action === 'keepBoth';
}

/** Changes at the destination that the plan is about. */
export function conflictsIn(steps: readonly MirrorStep[]): MirrorStep[] {
  return steps.filter(({ reason }) => conflictReasons.has(reason));
}

function filesIn(known: ReadonlyMap<Place, Known>): Map<Place, KnownFile> {
  const files = new Map<Place, KnownFile>();
  for (const [place, each] of known) if (each.type === 'file') files.set(place, each);
  return files;
}

/** What a run had sent that was cut off before it could take note. */
async function settleIntents(
  { destination, intents, contents }: Looked,
  files: ReadonlyMap<Place, KnownFile>,
): Promise<(readonly [Place, KnownFile])[]> {
  const settled: (readonly [Place, KnownFile])[] = [];
  for (const { place, size, digests, isDue } of intents.values()) {
    const at = files.get(place)?.at;
    const there = destination.entries.get(at ?? place);
    if (there?.type !== 'file' || !digests || files.get(place)?.revision === there.revision) continue;
    if (!(await contents.isCopy(there, size, digests))) continue;
    const { revision, modified, id } = there;
    const named = { ...(at && { at }), ...(id !== undefined && { id }), ...(isDue && { due: true as const }) };
    settled.push([place, { type: 'file', size, digests, revision, modified, ...named }]);
  }
  return settled;
}

/** Which file of the mirror lies at each place of the destination. */
function ownersOf(files: ReadonlyMap<Place, KnownFile>, caseSensitive: boolean): PlaceMap<Place> {
  const owners = createPlaceMap<Place>(caseSensitive);
  for (const [place, { at = place }] of files) owners.set(at, place);
  return owners;
}

/** The copy of a file whose name changed only in case stays as it is spelled, where that is the same name. */
function followCase(
  files: Map<Place, KnownFile>,
  originals: ReadonlyMap<Place, FileEntry>,
  caseSensitive: boolean,
): { readonly files: Map<Place, KnownFile>; readonly renamed: (readonly [Place, KnownFile | null])[] } {
  const renamed: (readonly [Place, KnownFile | null])[] = [];
  if (caseSensitive) return { files, renamed };
  const spelled = createPlaceMap<Place>(false);
  for (const place of files.keys()) spelled.set(place, place);
  for (const place of originals.keys()) {
    const before = files.has(place) ? undefined : spelled.get(place);
    const known = before === undefined ? undefined : files.get(before);
    if (before === undefined || !known || originals.has(before)) continue;
    const { at = before, ...rest } = known;
    files.delete(before);
    files.set(place, { ...rest, at });
    renamed.push([before, null], [place, { ...rest, at }]);
  }
  return { files, renamed };
}

/** Where the destination does not tell case apart, one of two such names cannot be sent. That of a folder comes first. */
function apartByCase(
  { files, folders }: SourceTree,
  caseSensitive: boolean,
): { readonly originals: Map<Place, FileEntry>; readonly taken: Set<Place> } {
  const first = createPlaceMap<Place>(caseSensitive);
  for (const place of folders) first.set(place, place);
  const originals = new Map<Place, FileEntry>();
  const taken = new Set<Place>();
  for (const place of [...files.keys()].sort()) {
    if (first.get(place) !== undefined) taken.add(place);
    else {
      first.set(place, place);
      originals.set(place, files.get(place) as FileEntry);
    }
  }
  return { originals, taken };
}

interface Subject {
  readonly place: Place;
  readonly original: FileEntry | undefined;
  readonly known: KnownFile | undefined;
}

interface Look {
  readonly facts: { readonly known: boolean; readonly source: SourceFact; readonly destination: DestinationFact };
  readonly size: number;
  readonly details: Pick<PlannedStep, 'original' | 'there' | 'known' | 'digests' | 'error'>;
  readonly refreshed?: KnownFile;
}

async function lookAt(looked: Looked, { place, original, known }: Subject): Promise<Look> {
  const { destination, contents } = looked;
  const at = known?.at ?? place;
  const there = destination.entries.get(at);
  const source = await sourceFact(looked, place, original, known);
  const end = await destinationFact(looked, { place, original, known, there, isAtRisk: source.fact !== 'same' });
  const error = source.error ?? (there ? undefined : destination.unread.covers(at));
  const digests = original && contents.knownDigests(original);
  const refreshed = known && refreshedKnown(known, { original, there, source: source.fact, destination: end });
  return {
    facts: { known: known !== undefined, source: source.fact, destination: end },
    size: original?.size ?? known?.size ?? 0,
    details: {
      ...(original && { original }),
      ...(there && { there }),
      ...(known && { known }),
      ...(digests && { digests }),
      ...(error && { error }),
    },
    ...(refreshed && { refreshed }),
  };
}

async function sourceFact(
  { source, filter, contents }: Looked,
  place: Place,
  original: FileEntry | undefined,
  known: KnownFile | undefined,
): Promise<{ readonly fact: SourceFact; readonly error?: DossierError }> {
  if (original) {
    if (!known) return { fact: 'changed' };
    if (known.fingerprint === original.revision && known.size === original.size) return { fact: 'same' };
    if (known.size !== original.size) return { fact: 'changed' };
    const isSame = await contents.isOriginal(original, known.digests);
    return typeof isSame === 'boolean' ? { fact: isSame ? 'same' : 'changed' } : { fact: 'unread', error: isSame };
  }
  const error = source.unread.covers(place);
  if (error) return { fact: 'unread', error };
  const isLeftOut = source.ignored.has(place) || filter.leavesOut(place, { type: 'file', size: known?.size ?? 0 });
  return { fact: isLeftOut ? 'ignored' : 'none' };
}

interface Ends extends Subject {
  readonly there: Entry | undefined;
  /** What is there may be replaced or removed. */
  readonly isAtRisk: boolean;
}

async function destinationFact(looked: Looked, ends: Ends): Promise<DestinationFact> {
  const { destination, contents } = looked;
  const { place, original, known, there, isAtRisk } = ends;
  if (!there) return destination.unread.covers(known?.at ?? place) ? 'unread' : 'none';
  if (there.type === 'folder') return 'foreign';
  if (known && (isAsLeft(known, there, isAtRisk) || (await contents.isCopy(there, known.size, known.digests))))
    return 'same';
  if (original && (await contents.areEqual(original, there))) return 'equal';
  return known ? 'changed' : 'foreign';
}

function isAsLeft(known: KnownFile, there: FileEntry, isAtRisk: boolean): boolean {
  const { revision, size, modified, unsettled } = known;
  if (revision !== there.revision || size !== there.size || modified !== there.modified) return false;
  return there.digest === undefined ? !(unsettled && isAtRisk) : there.digest === known.digests.dropboxContentHash;
}

/** Revisions change without the content: next time they tell at once. */
function refreshedKnown(
  known: KnownFile,
  ends: {
    readonly original: FileEntry | undefined;
    readonly there: Entry | undefined;
    readonly source: SourceFact;
    readonly destination: DestinationFact;
  },
): KnownFile | undefined {
  const { original, there } = ends;
  if (ends.source !== 'same' || ends.destination !== 'same' || !original || there?.type !== 'file') return undefined;
  const { fingerprint: _, ...rest } = known;
  const settled = original.unsettled ? {} : { fingerprint: original.revision };
  const { revision, modified } = there;
  const isAsBefore =
    known.fingerprint === settled.fingerprint && known.revision === revision && known.modified === modified;
  return isAsBefore ? undefined : { ...rest, ...settled, revision, modified };
}

/** A file that went and one that came with the same content are one that moved. */
async function findMoves(steps: readonly PlannedStep[], { contents }: Looked): Promise<PlannedStep[]> {
  const gone = new Map<number, PlannedStep[]>();
  for (const step of steps)
    if (['keep', 'remove', 'archive'].includes(step.action) && step.size > 0)
      gone.set(step.size, [...(gone.get(step.size) ?? []), step]);
  const left = new Set(steps);
  const moves: PlannedStep[] = [];
  for (const step of steps) {
    const candidates = step.action === 'send' && step.reason === 'new' ? (gone.get(step.size) ?? []) : [];
    for (const candidate of candidates) {
      const { original } = step;
      if (!left.has(candidate) || !original || !candidate.known) continue;
      if ((await contents.isOriginal(original, candidate.known.digests)) !== true) continue;
      left.delete(candidate);
      left.delete(step);
      moves.push({
        ...candidate,
        original,
        action: 'move',
        reason: 'renamed',
        place: step.place,
        from: candidate.place,
      });
      break;
    }
  }
  return [...moves, ...left];
}

/** What the source could not tell and no step speaks of: a file that could never be read is told as one that failed. */
function unreadSteps({ source, filter }: Looked, steps: readonly PlannedStep[]): PlannedStep[] {
  const told = steps.filter(({ reason }) => reason === 'cannot be read').map(({ place }) => place);
  const isLeftOut = (place: Place) =>
    place !== rootPath &&
    (source.ignored.has(place) || (['file', 'folder'] as const).some((type) => filter.leavesOut(place, { type })));
  return source.unread.places
    .filter(({ place }) => !isLeftOut(place))
    .filter(({ place, hasNoName }) => hasNoName || !told.some((each) => isWithin(each, place)))
    .map(({ place, error }) => ({ action: 'leave', reason: 'cannot be read', place, size: 0, error }));
}

function folderSteps(
  { source, destination, known, rules, filter }: Looked,
  steps: readonly PlannedStep[],
  owners: PlaceMap<Place>,
): PlannedStep[] {
  /** A file that stands where a folder is needed gets another name: who made it tells whether that is a conflict. */
  const reasonFor = (place: Place): MirrorReason => {
    if (destination.entries.get(place)?.type !== 'file') return known.has(place) ? 'gone at the destination' : 'new';
    const owner = owners.get(place);
    if (owner === undefined) return 'not made by the mirror';
    return steps.find((step) => step.place === owner && conflictReasons.has(step.reason))?.reason ?? 'new';
  };
  const made = [...source.folders]
    .filter((place) => destination.entries.get(place)?.type !== 'folder' && !destination.unread.covers(place))
    .map((place): PlannedStep => ({ action: 'makeFolder', reason: reasonFor(place), place, size: 0 }));
  if (rules.deletions === 'keep') return made;
  const staying = new Set(steps.filter(({ action }) => action === 'leave').map(({ place }) => parentOf(place)));
  const gone = [...known]
    .filter(([place, { type }]) => type === 'folder' && !source.folders.has(place) && !staying.has(place))
    .filter(([place]) => !source.unread.covers(place) && !source.ignored.has(place))
    .filter(([place]) => !filter.leavesOut(place, { type: 'folder' }))
    .map(([place]): PlannedStep => ({ action: 'removeFolder', reason: 'removed at the source', place, size: 0 }));
  // The innermost first.
  return [...made, ...gone.sort((one, other) => other.place.length - one.place.length)];
}
