import {
  type ByteSource,
  type Committed,
  createUploader,
  DossierError,
  type Drive,
  digestsOfSource,
  distinctNames,
  type EntryRef,
  type FileEntry,
  isDossierError,
  joinPath,
  type Outcome,
  say,
  toDossierError,
} from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { createItemJournal } from '../../itemJournal.ts';

export type WhenThere = 'fail' | 'keepBoth' | 'replace';

export interface NamedFile {
  readonly name: string;
  readonly source: ByteSource;
}

export interface Placed extends Committed {
  /** The same bytes were there already under this name, and nothing was sent. */
  readonly unchanged?: true;
}

/** Names tried before it is clear that something else is wrong. */
const mostNames = 100;

/** Puts files into a folder, and tells of each what became of it. What is there with the same bytes is not sent. */
export async function deliverFiles(
  call: Call,
  folder: EntryRef,
  files: readonly NamedFile[],
  whenThere: WhenThere,
): Promise<Outcome<Placed>[]> {
  const { drive } = await call.open();
  const place: Place = { call, drive, folder };
  const settled = await Promise.all(files.map((file) => beforeSending(place, file, whenThere)));
  const sending = files.flatMap((file, index) => (isSettled(settled[index]!) ? [] : [{ file, index }]));
  const outcomes = await send(
    place,
    sending.map(({ file, index }) => ({ ...file, ...(settled[index] as { replace?: string }) })),
  );
  const results: Outcome<Placed>[] = settled.map((each, index) => (isSettled(each) ? each : failed(files[index]!)));
  for (const [at, { file, index }] of sending.entries())
    results[index] = await afterSending(place, file, outcomes[at] ?? failed(file));
  if (whenThere !== 'keepBoth') return results;
  const names = files.map(({ name }) => name);
  for (const [index, result] of results.entries())
    if (isTaken(result)) results[index] = await underAnotherName(place, files[index]!, names, result);
  return results;
}

interface Place {
  readonly call: Call;
  readonly drive: Drive;
  readonly folder: EntryRef;
}

type Known = Outcome<Placed> | { readonly replace?: string };

const isSettled = (known: Known): known is Outcome<Placed> => 'ok' in known;
const isTaken = (outcome: Outcome<Placed>): boolean => !outcome.ok && isDossierError(outcome.error, 'already-exists');
const failed = ({ name }: NamedFile): Outcome<Placed> => ({
  ok: false,
  error: new DossierError('server-error', say`Nothing is known of "${name}"`),
});

/** What is known before a byte is sent: it would be sent in vain where the same bytes are there, or the name is taken. */
async function beforeSending({ call, drive, folder }: Place, file: NamedFile, whenThere: WhenThere): Promise<Known> {
  try {
    const path = joinPath(folder.path, file.name);
    const there = await call.again(() => drive.stat({ path }, { signal: call.signal }));
    if (there === undefined) return {};
    if (there.type === 'folder') throw new DossierError('type-mismatch', say`"${path}" is a folder`, { path });
    const same = await sameBytes({ call, drive, folder }, file, there);
    if (same) return { ok: true, value: same };
    if (whenThere === 'replace') return { replace: there.revision };
    throw taken(there);
  } catch (error) {
    return { ok: false, error: toDossierError(error) };
  }
}

async function send(
  { call, drive, folder }: Place,
  files: readonly (NamedFile & { readonly replace?: string })[],
): Promise<Outcome<Committed>[]> {
  const uploader = createUploader({ drive, clock, journal: createItemJournal().uploads });
  const items = files.map(({ name, source, replace }, index) => ({
    id: `${index} ${name}`,
    source,
    target: { folder, name, ...(replace === undefined ? {} : { replace }) },
  }));
  return uploader.deliver(items, { signal: call.signal });
}

/** A name that is taken by the very same bytes is a success: an earlier run has put them there. */
async function afterSending(place: Place, file: NamedFile, outcome: Outcome<Committed>): Promise<Outcome<Placed>> {
  if (!isTaken(outcome)) return outcome;
  const path = joinPath(place.folder.path, file.name);
  const there = await place.call.again(() => place.drive.stat({ path }, { signal: place.call.signal }));
  if (there?.type !== 'file') return outcome;
  const same = await sameBytes(place, file, there);
  return same ? { ok: true, value: same } : { ok: false, error: taken(there) };
}

async function sameBytes({ call, drive }: Place, { source }: NamedFile, there: FileEntry): Promise<Placed | undefined> {
  if (there.size !== source.size) return undefined;
  const digests = await digestsOfSource(source, call.signal);
  try {
    const proved = await call.again(() => drive.prove(there, source.size, digests, { signal: call.signal }));
    return proved && { ...proved, unchanged: true };
  } catch (error) {
    return isDossierError(error, 'integrity-mismatch') ? undefined : Promise.reject(error);
  }
}

function taken({ path }: FileEntry): DossierError {
  return new DossierError('already-exists', say`"${path}" is there already, with other content`, { path });
}

/** Sends a file again whose name was taken, under the next names. */
async function underAnotherName(
  place: Place,
  file: NamedFile,
  names: readonly string[],
  first: Outcome<Placed>,
): Promise<Outcome<Placed>> {
  const tried = [...names];
  let result = first;
  for (let attempt = 0; attempt < mostNames && isTaken(result); attempt++) {
    const [name = ''] = distinctNames([file.name], tried);
    tried.push(name);
    const [next] = await deliverFiles(place.call, place.folder, [{ ...file, name }], 'fail');
    result = next ?? result;
  }
  return result;
}
