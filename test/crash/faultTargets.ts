import { dropboxTarget } from './dropboxTarget.ts';
import type { FaultTargetKind } from './faultTarget.ts';
import { nextcloudTarget } from './nextcloudTarget.ts';
import { webdavTarget } from './webdavTarget.ts';

/** Every server of a kind has the whole campaign to itself. */
const kinds: readonly FaultTargetKind[] = [
  dropboxTarget,
  nextcloudTarget('local'),
  nextcloudTarget('s3v2'),
  webdavTarget,
];

/** What to say to get which targets: a kind of server, or one of its variants alone. */
export const targetNames: Readonly<Record<string, readonly string[]>> = {
  'dropbox': ['dropbox'],
  'nextcloud': ['nextcloud local', 'nextcloud s3v2'],
  'nextcloud-local': ['nextcloud local'],
  'nextcloud-s3v2': ['nextcloud s3v2'],
  'webdav': ['webdav'],
};

/** Names go from one thread to another, targets do not. */
export function faultTarget(name: string): FaultTargetKind {
  const kind = kinds.find((each) => each.name === name);
  if (!kind) throw new TypeError(`No target is named ${name}`);
  return kind;
}
