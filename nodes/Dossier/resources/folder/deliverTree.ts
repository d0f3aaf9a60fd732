import {
  DossierError,
  distinctNames,
  type EntryRef,
  ensureFolder,
  foldedName,
  isInStore,
  joinPath,
  type Outcome,
  toDossierError,
} from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import { deliverFiles, type NamedFile, type Placed, type WhenThere } from '../file/deliverFiles.ts';
import type { Sent } from '../file/uploadResult.ts';
import type { Content, FileWithPath } from './filesWithPaths.ts';

/** Files that are looked up and sent together. */
const mostAtOnce = 50;

/** Puts files into a folder and those below it. What fails in one of them spoils nothing in another. */
export async function deliverTree(
  call: Call,
  root: EntryRef,
  files: readonly FileWithPath[],
  whenThere: WhenThere,
): Promise<Sent[]> {
  const outcomes: Outcome<Placed>[] = files.map(({ content }) => (content.ok ? unknown : content));
  const placed = files.flatMap(({ content }, index) => (content.ok ? [{ ...content.value, index, whenThere }] : []));
  for (const part of parts(withDistinctNames(placed))) {
    const results = await deliverInto(call, { root, folders: part[0]!.folders, files: part }, part[0]!.whenThere);
    for (const [at, { index }] of part.entries()) outcomes[index] = results[at] ?? unknown;
  }
  return files.map(({ item, relativePath, brought }, index) => ({
    item,
    name: relativePath.slice(relativePath.lastIndexOf('/') + 1),
    about: { relativePath, ...(brought === undefined ? {} : { field: brought.field }) },
    ...(brought && { brought }),
    outcome: outcomes[index]!,
  }));
}

const unknown: Outcome<Placed> = {
  ok: false,
  error: new DossierError('server-error', 'Nothing is known of the file'),
};

interface Member extends Content {
  readonly index: number;
  /** What has a name that nobody gave it replaces nothing. */
  readonly whenThere: WhenThere;
}

/** Names that a place may take for one are told apart, in each folder. */
function withDistinctNames(members: readonly Member[]): Member[] {
  return grouped(members, ({ folders }) => foldedName(folders.join('/'))).flatMap((group) => {
    const names = distinctNames(group.map(({ name }) => name));
    return group.map((member, index) => {
      const isRenamed = names[index] !== member.name;
      const whenThere = isRenamed && member.whenThere === 'replace' ? 'fail' : member.whenThere;
      return { ...member, name: names[index]!, whenThere };
    });
  });
}

/** Folder by folder, in parts that are sent together. */
function parts(members: readonly Member[]): Member[][] {
  return grouped(members, ({ folders, whenThere }) => `${whenThere} ${folders.join('/')}`).flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / mostAtOnce) }, (_, index) =>
      group.slice(index * mostAtOnce, (index + 1) * mostAtOnce),
    ),
  );
}

function grouped<T>(members: readonly T[], keyOf: (member: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const key = keyOf(member);
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()];
}

interface Part {
  readonly root: EntryRef;
  readonly folders: readonly string[];
  readonly files: readonly NamedFile[];
}

async function deliverInto(call: Call, part: Part, whenThere: WhenThere): Promise<Outcome<Placed>[]> {
  const { root, folders, files } = part;
  try {
    const path = joinPath(root.path, ...folders);
    if (files.some(({ name }) => isInStore(joinPath(path, name))))
      throw new DossierError('invalid-path', 'Nothing is uploaded into the folder in which Dossier keeps its records');
    const { drive } = await call.open();
    const folder = folders.length === 0 ? root : await ensureFolder(drive, path, { signal: call.signal });
    return await deliverFiles(call, folder, files, whenThere);
  } catch (error) {
    const failed: Outcome<Placed> = { ok: false, error: toDossierError(error) };
    return files.map(() => failed);
  }
}
