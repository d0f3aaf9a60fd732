import * as vscode from 'vscode';
import {
  type Connection,
  type FileEntry,
  type FolderEntry,
  type Link,
  nameOf,
  rootPath,
  type Unread,
  type WalkProgress,
} from '../../../shared/index.ts';
import { placeOfConnection } from '../connections/connectionTree.ts';
import { hostKindOf } from '../kinds/index.ts';
import type { FileState } from '../model/links/linkedFolders.ts';
import { formatSize, formatTime } from '../ui/format.ts';
import { remoteUri } from './remoteUri.ts';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** What is shown of a folder beside its name. */
export interface FolderLook {
  /** The link that binds this very folder. */
  readonly link?: Link | undefined;
  /** While folders are chosen: it lies in a ticked folder. */
  readonly isCovered: boolean;
  readonly progress?: WalkProgress | undefined;
  readonly problem?: string | undefined;
  /** What the last scan could not read. */
  readonly unread?: readonly Unread[];
  /** While folders are chosen. */
  readonly tick?: boolean | undefined;
}

export function connectionItem(connection: Connection, look: FolderLook): vscode.TreeItem {
  const { label, icon } = hostKindOf(connection);
  const item = new vscode.TreeItem(connection.name, Collapsed);
  item.id = `remote:${connection.id}`;
  const place = placeOfConnection({ ...connection, folder: rootPath });
  item.description = describe(look) || (place === connection.name ? '' : place);
  item.iconPath = iconOf(look, icon);
  item.contextValue = `remoteConnection;${flagsOf(look)}`;
  item.tooltip = new vscode.MarkdownString().appendText([connection.name, label, ...unreadLines(look)].join('\n'));
  tickable(item, connection.name, look);
  return item;
}

/** `isAway`: shown elsewhere than at its place, and so with its path. */
export function folderItem(id: string, folder: FolderEntry, look: FolderLook, isAway: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(folder.name, Collapsed);
  item.id = id;
  item.description = [isAway ? folder.path : '', describe(look)].filter((text) => text !== '').join(' · ');
  item.iconPath = iconOf(look, 'folder');
  item.contextValue = `remoteFolder;${flagsOf(look)}`;
  item.tooltip = new vscode.MarkdownString().appendText(
    [folder.path, item.description, ...unreadLines(look)].filter((line) => line !== '').join('\n'),
  );
  tickable(item, folder.name, look);
  return item;
}

export function fileItem(
  id: string,
  connection: string,
  file: FileEntry,
  state: FileState | undefined,
): vscode.TreeItem {
  const item = new vscode.TreeItem(file.name, None);
  const words = state ? stateWords(state) : formatSize(file.size);
  item.id = id;
  item.resourceUri = remoteUri(connection, file, state);
  item.description = words;
  item.iconPath = vscode.ThemeIcon.File;
  if (file.downloadable)
    item.command = {
      command: 'vscode.open',
      title: vscode.l10n.t('Open'),
      arguments: [remoteUri(connection, file), { preview: true }],
    };
  item.contextValue = `remoteFile;${state ? 'linked;' : ''}${state && state.state !== 'new' ? 'recorded;' : ''}`;
  item.tooltip = new vscode.MarkdownString().appendText(
    [file.path, words, formatSize(file.size), formatTime(file.modified)].join('\n'),
  );
  item.accessibilityInformation = { label: `${file.name}, ${words}` };
  return item;
}

export function moreItem(shown: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Show more…'), None);
  item.description = vscode.l10n.t('{0} are shown', shown);
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  return item;
}

export function emptyItem(isChoosing: boolean): vscode.TreeItem {
  return new vscode.TreeItem(
    isChoosing ? vscode.l10n.t('There are no folders here') : vscode.l10n.t('There are no files here'),
    None,
  );
}

export function problemItem(sentence: string, mend: string): vscode.TreeItem {
  const item = new vscode.TreeItem(sentence, None);
  item.description = mend;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = 'remoteProblem;';
  item.tooltip = new vscode.MarkdownString().appendText(sentence);
  item.accessibilityInformation = { label: `${sentence} ${mend}` };
  return item;
}

function stateWords(state: FileState): string {
  if (state.state === 'new') return vscode.l10n.t('not recorded yet');
  return state.state === 'recorded'
    ? vscode.l10n.t('version {0}', state.version)
    : vscode.l10n.t('changed since version {0}', state.version);
}

/** Lines of a tooltip. */
const mostLines = 20;

function unreadLines({ unread = [] }: FolderLook): string[] {
  return unread.slice(0, mostLines).map(({ path, spelling, reason }) => `${spelling ?? path}: ${reason}`);
}

function describe({ link, isCovered, progress, problem, unread = [], tick }: FolderLook): string {
  if (isCovered) return vscode.l10n.t('linked with its parent');
  if (tick !== undefined) return '';
  if (progress) return vscode.l10n.t('looking through: {0} files', progress.files);
  if (problem) return problem;
  if (link && unread.length > 0) return vscode.l10n.t('linked, {0} could not be read', unread.length);
  if (link) return link.privacy === 'public' ? vscode.l10n.t('linked') : vscode.l10n.t('linked, private');
  return '';
}

function iconOf({ link, progress, problem, unread = [], tick }: FolderLook, icon: string): vscode.ThemeIcon {
  if (tick !== undefined || !link) return new vscode.ThemeIcon(icon);
  if (progress) return new vscode.ThemeIcon('sync~spin');
  if (problem || unread.length > 0)
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  return new vscode.ThemeIcon('link', new vscode.ThemeColor('charts.green'));
}

function flagsOf({ link, isCovered, tick }: FolderLook): string {
  return isCovered || tick !== undefined ? 'choosing;' : link ? 'linked;' : '';
}

function tickable(item: vscode.TreeItem, name: string, { tick }: FolderLook): void {
  if (tick === undefined) return;
  const state = tick ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
  const tooltip = tick
    ? vscode.l10n.t('Linked with all its subfolders')
    : vscode.l10n.t('Tick to link it with all its subfolders');
  item.checkboxState = { state, tooltip, accessibilityInformation: { label: name } };
}

/** What a linked folder is called in a sentence. */
export function titleOf({ folder }: Link, connection: Connection): string {
  return folder.path === '/' ? connection.name : nameOf(folder.path);
}
