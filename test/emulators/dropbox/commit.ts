import { type TaggedError, tagged, tagPath } from './errors.ts';
import { isError, isRootOfView, type Place, placeOf } from './lookup.ts';
import { alternativeName, keyOf, type Namespace, nameOf, parentOf } from './paths.ts';
import type { Call } from './service.ts';
import {
  anything,
  type Checked,
  flag,
  list,
  optional,
  revision,
  struct,
  timestamp,
  union,
  writePathOrId,
} from './stone.ts';
import type { Entry } from './tree.ts';

export const commitFields = {
  path: writePathOrId,
  mode: optional(union({ add: null, overwrite: null, update: revision }), { tag: 'add', value: undefined }),
  autorename: optional(flag, false),
  client_modified: optional<number | null>(timestamp, null),
  mute: optional(flag, false),
  property_groups: optional(list(anything, 100), []),
  strict_conflict: optional(flag, false),
};
export const commitInfo = struct(commitFields);
export type CommitInfo = Checked<typeof commitInfo>;

export interface Committed {
  readonly entry: Entry;
  readonly view: Namespace;
}

/** A `WriteError` in the way of writing to a place at all, whatever is to be written. */
export function obstacle(call: Call, place: Place): TaggedError | undefined {
  const { tree } = call.service;
  if (place.problem) return tagged(place.problem);
  if (isRootOfView(place)) return tagPath('conflict', 'folder');
  for (let above = parentOf(place.key); above !== ''; above = parentOf(above)) {
    if (tree.get(place.tree, above)?.kind === 'file') return tagPath('conflict', 'file_ancestor');
  }
  // The root of a team space holds members' and team folders and nothing else.
  if (place.view.kind === 'team' && parentOf(place.key) === '') return tagged('no_write_permission');
  return undefined;
}

/** Puts a content at its path by the rules of `WriteMode`, or gives the `WriteError`. */
export function commitFile(
  call: Call,
  info: CommitInfo,
  file: { readonly content: string; readonly size: number; readonly hash: string },
): Committed | TaggedError {
  const { tree, clock, limits, watch } = call.service;
  const place = placeOf(call, info.path);
  // An id that is not there cannot be written into.
  if (isError(place)) return tagPath('conflict', 'other');
  const inTheWay = obstacle(call, place);
  if (inTheWay) return inTheWay;

  const old = tree.get(place.tree, place.key);
  let display = place.display;
  const verdict = judge(old, info, file.hash);
  if (verdict === 'same' && old) return { entry: old, view: place.view };
  if (verdict !== 'write') {
    if (!info.autorename || verdict === 'same') {
      return tagPath('conflict', old?.kind === 'folder' ? 'folder' : 'file');
    }
    display = freeName(call, place, verdict.mark);
  }
  const replaced = verdict === 'write' && old?.kind === 'file' ? old.size : 0;
  if (tree.used(place.tree) + file.size - replaced > limits.quotaBytes) return tagged('insufficient_space');
  const now = Math.floor(clock.now() / 1000) * 1000;
  const entry = tree.putFile(place.tree, display, {
    ...file,
    serverModified: now,
    clientModified: info.client_modified ?? now,
  });
  watch.changed(place.tree, entry.path);
  return { entry, view: place.view };
}

type Verdict = 'write' | 'same' | { readonly mark: 'number' | 'conflicted copy' };

function judge(old: Entry | undefined, info: CommitInfo, hash: string): Verdict {
  const there = old && old.kind !== 'deleted' ? old : undefined;
  // Identical content is never a conflict and writes nothing, unless conflicts are strict.
  const same = there?.kind === 'file' && there.hash === hash && !info.strict_conflict;
  if (same) return 'same';
  if (there?.kind === 'folder') return { mark: 'number' };
  switch (info.mode.tag) {
    case 'overwrite':
      return 'write';
    case 'add':
      return there ? { mark: 'number' } : 'write';
    case 'update': {
      const asExpected = there ? there.rev === info.mode.value : !info.strict_conflict;
      return asExpected ? 'write' : { mark: 'conflicted copy' };
    }
  }
}

/** The first name beside `place` that is free. */
export function freeName(call: Call, place: Place, mark: 'number' | 'conflicted copy'): string {
  const { tree } = call.service;
  for (let number = mark === 'number' ? 2 : 1; ; number += 1) {
    const text = mark === 'number' ? String(number) : number === 1 ? mark : `${mark} ${number}`;
    const display = `${parentOf(place.display)}/${alternativeName(nameOf(place.display), text)}`;
    const there = tree.get(place.tree, keyOf(display));
    if (!there || there.kind === 'deleted') return display;
  }
}
