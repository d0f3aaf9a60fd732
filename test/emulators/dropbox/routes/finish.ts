import { createBodyReader } from '../body.ts';
import { type CommitInfo, commitFile, commitInfo } from '../commit.ts';
import { hashOfBlocks } from '../contentHash.ts';
import { routeError, type TaggedError, tagged, tagPath } from '../errors.ts';
import { isError, placeOf } from '../lookup.ts';
import { fileMetadata, type Metadata } from '../metadata.ts';
import type { Call } from '../service.ts';
import { lengthOf } from '../sessions.ts';
import { list, struct } from '../stone.ts';
import { type Routes, route } from './route.ts';
import { appendBody, optionalHash, sessionCursor, unready } from './sessions.ts';

const scope = 'files.content.write';

interface Finish {
  readonly cursor: { readonly session_id: string; readonly offset: number };
  readonly commit: CommitInfo;
}

type Prepared = (() => { metadata: Metadata } | TaggedError) | TaggedError;

/** Everything about a finish that takes time; what remains is the commit itself, which is done at once. */
async function prepare(call: Call, { cursor, commit }: Finish, mustBeClosed: boolean): Promise<Prepared> {
  const { sessions, contents } = call.service;
  const session = sessions.find(call.account.id, cursor.session_id);
  if (!session) return tagPath('lookup_failed', 'not_found');
  const error = unready(session, cursor.offset, mustBeClosed);
  if (error) return error;
  const size = lengthOf(session);
  await contents.truncate(session.content, size);
  const hash = await sessions.hash(session);
  return () => {
    const done = commitFile(call, commit, { content: session.content, size, hash });
    if (isError(done)) return tagged('path', done);
    sessions.save({ ...session, finished: true });
    return { metadata: fileMetadata(done.entry, done.view) };
  };
}

/** The namespace whose lock a commit needs; the view's own where the path leads nowhere. */
function ownerOf(call: Call, path: string): string {
  const place = placeOf(call, path);
  return isError(place) ? call.view.id : call.service.accounts.owner(place.tree, place.key);
}

const finishFields = { cursor: sessionCursor, commit: commitInfo, content_hash: optionalHash };

/** Commits all entries, one namespace after the other, each under one hold of its lock. */
async function finishAll(call: Call, entries: readonly Finish[]): Promise<unknown[]> {
  const { locks, database } = call.service;
  const results: unknown[] = new Array<unknown>(entries.length);
  const byNamespace = new Map<string, number[]>();
  const prepared: Prepared[] = [];
  for (const [index, entry] of entries.entries()) {
    prepared.push(await prepare(call, entry, true));
    const owner = ownerOf(call, entry.commit.path);
    byNamespace.set(owner, [...(byNamespace.get(owner) ?? []), index]);
  }
  const fail = (index: number, error: TaggedError): void => {
    results[index] = tagged('failure', error);
  };
  for (const [owner, indexes] of byNamespace) {
    const commitThem = (): void =>
      database.transaction(() => {
        for (const index of indexes) {
          const ready = prepared[index]!;
          const planned = call.failing?.indexes.includes(index) ? call.failing.error : undefined;
          const done = planned ?? (typeof ready === 'function' ? ready() : ready);
          if (isError(done)) fail(index, done);
          else results[index] = { '.tag': 'success', ...done.metadata };
        }
      });
    await locks.hold(owner, commitThem, () => {
      for (const index of indexes) fail(index, tagged('too_many_write_operations'));
    });
  }
  return results;
}

export const finishRoutes: Routes = {
  'files/upload_session/finish': route(
    { style: 'upload', scope, argument: struct(finishFields) },
    async (arg, call) => {
      const { sessions, locks } = call.service;
      const session = sessions.find(call.account.id, arg.cursor.session_id);
      if (!session) throw routeError(tagPath('lookup_failed', 'not_found'));
      let { cursor } = arg;
      const body = createBodyReader(call.body, () => undefined);
      if (await body.isEmpty()) {
        if (arg.content_hash !== null && arg.content_hash !== hashOfBlocks([])) {
          throw routeError(tagged('content_hash_mismatch'));
        }
      } else {
        if (session.type === 'concurrent') throw routeError(tagged('concurrent_session_data_not_allowed'));
        const data = { ...call, body: body.take(Number.POSITIVE_INFINITY) };
        const append = { offset: cursor.offset, length: undefined, close: session.closed };
        await appendBody(data, session, append, arg.content_hash, (error) => tagged('lookup_failed', error));
        const grown = sessions.find(call.account.id, session.id) ?? session;
        cursor = { ...cursor, offset: lengthOf(grown) };
      }
      const ready = await prepare(call, { cursor, commit: arg.commit }, false);
      if (typeof ready !== 'function') throw routeError(ready);
      const owner = ownerOf(call, arg.commit.path);
      const done = await locks.hold(owner, ready, () => {
        throw locks.refusal(tagged('too_many_write_operations'));
      });
      if (isError(done)) throw routeError(done);
      return done.metadata;
    },
  ),

  'files/upload_session/finish_batch_v2': route(
    {
      style: 'rpc',
      scope,
      argument: struct({ entries: list(struct(finishFields), 1000) }),
    },
    async ({ entries }, call) => ({ entries: await finishAll(call, entries) }),
  ),
};
