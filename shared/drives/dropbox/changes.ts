import type { files } from 'dropbox';
import { isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';
import type { Change, ChangePage } from '../../drive/changes.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';
import type { DropboxApi } from './api.ts';
import type { Listing, Page } from './listing.ts';

/**
 * What a long poll may be asked to wait, seconds.
 * https://www.dropbox.com/developers/documentation/http/documentation#files-list_folder-longpoll
 */
const shortestPoll = 30;
const longestPoll = 480;

/**
 * The change feed. Dropbox tells a move as a delete without id and an entry with its old id, in either order and on any
 * page: whoever applies the pages holds deletes back until `complete`. A rename that changes only the case is not told
 * at all.
 */
export function createChanges(
  api: DropboxApi,
  listing: Listing,
  clock: Clock,
): Pick<Drive, 'changes' | 'waitForChange' | 'latestCursor'> {
  // After a poll that says `backoff`, the next one waits.
  let notBefore = 0;

  async function* everything(folder: EntryRef, context: Context | undefined): AsyncIterable<ChangePage> {
    for await (const page of listing.pages(folder, true, 'changes', context)) yield changePage(page);
  }

  return {
    latestCursor: (folder, context) => listing.latestCursor(folder, context),

    async *changes(folder, cursor, context) {
      if (cursor === undefined) {
        yield* everything(folder, context);
        return;
      }
      try {
        for await (const page of listing.pagesFrom(folder, cursor, 'changes', context)) yield changePage(page);
        return;
      } catch (error) {
        if (!isDossierError(error, 'cursor-reset')) throw error;
      }
      let first = true;
      for await (const page of everything(folder, context)) {
        yield first ? { ...page, reset: true } : page;
        first = false;
      }
    },

    async waitForChange(folder, cursor, timeoutMs, context) {
      const until = clock.now() + timeoutMs;
      const pause = Math.min(notBefore, until) - clock.now();
      if (pause > 0) await clock.sleep(pause, context?.signal);
      const left = until - clock.now();
      if (left <= 0) return false;
      const timeout = Math.min(longestPoll, Math.max(shortestPoll, Math.floor(left / 1000)));
      const argument = { cursor, timeout } satisfies files.ListFolderLongpollArg;
      try {
        const answer = await api.poll(
          'files/list_folder/longpoll',
          argument,
          left,
          { operation: 'waitForChange', path: folder.path },
          context,
        );
        if (!isRecord(answer)) return true;
        notBefore = clock.now() + (typeof answer['backoff'] === 'number' ? answer['backoff'] * 1000 : 0);
        return answer['changes'] === true;
      } catch (error) {
        // Dropbox adds up to 90 s of its own to what it was asked to wait.
        if (isDossierError(error, 'timeout')) return false;
        if (isDossierError(error, 'cursor-reset')) return true;
        throw error;
      }
    },
  };
}

function changePage({ listed, cursor, more }: Page): ChangePage {
  const changes = listed.flatMap((each): Change[] => {
    if ('unreadable' in each) return [];
    return 'gone' in each ? [{ type: 'gone', path: each.gone }] : [{ type: 'present', entry: each.entry }];
  });
  const unreadable = listed.flatMap((each) => ('unreadable' in each ? [each.unreadable] : []));
  return { changes, cursor, complete: !more, ...(unreadable.length > 0 && { unreadable }) };
}
