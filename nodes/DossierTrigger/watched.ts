import { type IPollFunctions, type IWebhookFunctions, isResourceLocatorValue } from 'n8n-workflow';
import { type DrivePath, type EntryRef, foldedName, isWithin, parsePath } from '../../shared/index.ts';
import { given } from '../fields/given.ts';
import { entryRef } from '../fields/locators.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { type NodeContext, nodeParameter } from '../host/context.ts';
import { type ChangeItem, folderOfPath } from './change.ts';
import { type Everywhere, everywhereAfterMs } from './lookEverywhere.ts';
import { type NamePattern, namePatterns } from './namePatterns.ts';

/** What the node type itself decides, where it has no field for it: the triggers of before have none for most. */
export interface Fixed {
  readonly listen?: 'webhook' | 'poll';
  readonly record?: boolean;
  readonly watch?: 'linked' | 'folder';
  /** Items carry the fields of before too, with the events of the ledger. */
  readonly formerFields?: boolean;
}

/** What a trigger is to do, read from its fields. */
export interface Watched {
  readonly listen: 'webhook' | 'poll';
  readonly record: boolean;
  /** All linked folders of the account instead of one that is named. */
  readonly allLinked: boolean;
  readonly formerFields: boolean;
  readonly includeExisting: boolean;
  readonly links: boolean;
  readonly everywhereAfterMs: number | undefined;
  /** Hours; 0 for never. */
  readonly silentHours: number;
  /** Whether somebody asked for such a change. */
  wants(change: ChangeItem, folder: DrivePath | undefined): boolean;
}

/** What is asked of the next look of a trigger. */
export interface Look {
  /** With whose help it goes: all that ask are still there when it ends. */
  readonly context: IPollFunctions | IWebhookFunctions;
  readonly watched: Watched;
  /** The accounts that notices named; undefined where somebody wants a look in any case. */
  readonly accounts?: readonly string[] | undefined;
}

interface Options {
  readonly includeExisting?: boolean;
  readonly lookEverywhere?: Everywhere;
  readonly names?: string;
  readonly subfolders?: boolean;
  readonly links?: boolean;
  readonly silentHours?: number;
}

export function watchedBy(context: NodeContext, fixed: Fixed = {}): Watched {
  const field = (name: string) => nodeParameter(context, name, 0, null);
  const record = fixed.record ?? field('record') === true;
  const webhook = field('connection') === 'dropboxOAuth2' && field('listen') !== 'poll';
  const options = (field('options') ?? {}) as Options;
  return {
    listen: fixed.listen ?? (webhook ? 'webhook' : 'poll'),
    record,
    allLinked: record && (fixed.watch ?? field('watch')) === 'linked',
    formerFields: fixed.formerFields === true,
    includeExisting: options.includeExisting === true,
    links: options.links === true,
    everywhereAfterMs: everywhereAfterMs(options.lookEverywhere),
    silentHours: options.silentHours ?? 24,
    wants: filterOf(field('events'), options),
  };
}

/** The folder that is watched; `invalid-input` where an expression names none. */
export function namedFolder(context: NodeContext, { connection }: OpenedConnection): EntryRef {
  const locator = nodeParameter(context, 'folder', 0);
  const located = given(context, 'folder', isResourceLocatorValue(locator) ? locator.value : locator);
  return entryRef(locator, String(located ?? ''), { connection, otherwise: connection.folder });
}

/** Said of the trigger itself, not of a file that somebody chose. */
const warnings: ReadonlySet<string> = new Set(['unreadable', 'unreachable']);

function filterOf(chosen: unknown, { names = '', subfolders = true }: Options): Watched['wants'] {
  const events = Array.isArray(chosen) && chosen.length > 0 ? new Set(chosen.map(String)) : undefined;
  const patterns = namePatterns(names);
  return (change, folder) => {
    const places = [change.path, change.previousPath].filter((path) => path !== undefined);
    if (folder !== undefined && places.length > 0 && !places.some((path) => isIn(folder, path, subfolders)))
      return false;
    if (warnings.has(change.event)) return true;
    if (events?.has(change.event) === false) return false;
    return patterns.length === 0 || places.some((path) => patterns.some((matches: NamePattern) => matches(path)));
  };
}

function isIn(folder: DrivePath, path: string, subfolders: boolean): boolean {
  const [inner, outer] = [foldedName(parsePath(path)), foldedName(folder)] as [DrivePath, DrivePath];
  return subfolders ? isWithin(inner, outer) : folderOfPath(inner) === outer;
}
