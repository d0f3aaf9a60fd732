import { createBodyReader, type Received, receive } from '../body.ts';
import { createContentHasher } from '../contentHash.ts';
import { routeError, type TaggedError, tagged } from '../errors.ts';
import type { Call } from '../service.ts';
import { type Append, lengthOf, type Session } from '../sessions.ts';
import { contentHash, flag, integer, list, optional, struct, text, union } from '../stone.ts';
import { payloadTooLarge } from './files.ts';
import { type Routes, route } from './route.ts';

const scope = 'files.content.write';

export const sessionCursor = struct({
  session_id: text(undefined, { min: 1 }),
  offset: integer(0, Number.MAX_SAFE_INTEGER),
});
export const optionalHash = optional<string | null>(contentHash, null);
const sessionType = optional(union({ sequential: null, concurrent: null }), { tag: 'sequential', value: undefined });

/**
 * Takes the call's body into a session: refused, hashed and counted by the rules of appends. `wrap` turns a lookup
 * error into that of the route.
 */
export async function appendBody(
  call: Call,
  session: Session,
  append: Append,
  hash: string | null,
  wrap: (error: TaggedError) => TaggedError,
): Promise<void> {
  const { sessions, contents, limits, behaviour } = call.service;
  const refuse = (length: number | undefined): void => {
    const current = sessions.find(call.account.id, session.id);
    const error = current ? sessions.refuse(current, { ...append, length }) : tagged('not_found');
    if (error) throw routeError(wrap(error));
  };
  refuse(call.declaredBytes);
  if ((call.declaredBytes ?? 0) > limits.requestBytes) throw payloadTooLarge(call);
  const place = session.type === 'sequential' ? session.id : `${session.id}@${append.offset}`;
  await sessions.takeOver(place, async (signal) => {
    signal.addEventListener('abort', () => call.connection.destroy());
    const received = await receive(contents, session.content, append.offset, call.body, limits.requestBytes, signal);
    if (received.tooLarge) throw payloadTooLarge(call);
    if (received.broken) {
      if (behaviour.cutAppend === 'keepsReceived' && session.type === 'sequential') {
        keep(call, session.id, { ...append, close: false }, received);
      }
      throw received.broken;
    }
    if (hash !== null && hash !== received.hash) throw routeError(tagged('content_hash_mismatch'));
    refuse(received.bytes);
    keep(call, session.id, append, received);
  });
}

function keep(call: Call, id: string, append: Append, received: Received): void {
  const { sessions } = call.service;
  const session = sessions.find(call.account.id, id);
  if (!session) return;
  sessions.accept(session, { ...append, length: received.bytes }, received);
  sessions.save(session);
}

export const sessionRoutes: Routes = {
  'files/upload_session/start': route(
    {
      style: 'upload',
      scope,
      argument: struct({ close: optional(flag, false), session_type: sessionType, content_hash: optionalHash }),
    },
    async (arg, call) => {
      const { sessions } = call.service;
      const concurrent = arg.session_type.tag === 'concurrent';
      if (concurrent && arg.close) throw routeError(tagged('concurrent_session_close_not_allowed'));
      const session = sessions.start(call.account.id, arg.session_type.tag);
      if (concurrent) {
        if (!(await createBodyReader(call.body, () => undefined).isEmpty())) {
          throw routeError(tagged('concurrent_session_data_not_allowed'));
        }
      } else {
        const append = { offset: 0, length: undefined, close: arg.close };
        await appendBody(call, session, append, arg.content_hash, (error) => error);
      }
      return { session_id: session.id };
    },
  ),

  'files/upload_session/start_batch': route(
    {
      style: 'rpc',
      scope,
      argument: struct({ session_type: sessionType, num_sessions: integer(1, 1000) }),
    },
    (arg, { service, account }) =>
      service.database.transaction(() => ({
        session_ids: Array.from(
          { length: arg.num_sessions },
          () => service.sessions.start(account.id, arg.session_type.tag).id,
        ),
      })),
  ),

  'files/upload_session/append_v2': route(
    {
      style: 'upload',
      scope,
      argument: struct({ cursor: sessionCursor, close: optional(flag, false), content_hash: optionalHash }),
    },
    async ({ cursor, close, content_hash }, call) => {
      const session = call.service.sessions.find(call.account.id, cursor.session_id);
      if (!session) throw routeError(tagged('not_found'));
      const append = { offset: cursor.offset, length: undefined, close };
      await appendBody(call, session, append, content_hash, (error) => error);
      return null;
    },
  ),

  'files/upload_session/append_batch': route(
    {
      style: 'upload',
      scope,
      argument: struct({
        entries: list(
          struct({
            cursor: sessionCursor,
            length: integer(0, Number.MAX_SAFE_INTEGER),
            close: optional(flag, false),
          }),
          1000,
        ),
        content_hash: optionalHash,
      }),
    },
    async ({ entries, content_hash }, call) => {
      const { sessions, contents, limits } = call.service;
      const total = entries.reduce((sum, entry) => sum + entry.length, 0);
      if (total > limits.requestBytes || (call.declaredBytes ?? 0) > limits.requestBytes) throw payloadTooLarge(call);
      const whole = createContentHasher();
      const body = createBodyReader(call.body, (bytes) => whole.update(bytes));
      const drafts = new Map<string, Session>();
      const accepted: (() => void)[] = [];
      const results: unknown[] = [];
      let complete = true;

      for (const [index, { cursor, length, close }] of entries.entries()) {
        const found = drafts.get(cursor.session_id) ?? sessions.find(call.account.id, cursor.session_id);
        const append = { offset: cursor.offset, length, close };
        const planned = call.failing?.indexes.includes(index) ? call.failing.error : undefined;
        const error = planned ?? (found ? sessions.refuse(found, append) : tagged('not_found'));
        if (error || !found) {
          for await (const skipped of body.take(length)) void skipped;
          results.push(tagged('failure', error));
          continue;
        }
        drafts.set(found.id, found);
        const received = await receive(contents, found.content, append.offset, body.take(length), length);
        if (received.broken) throw received.broken;
        complete &&= received.bytes === length;
        // Later entries of the same session see this one, but nothing is saved before the whole body proved right.
        sessions.accept(found, append, received);
        accepted.push(() => sessions.save(found));
        results.push(tagged('success'));
      }
      if ((await body.hasMore()) || !complete) throw routeError(tagged('length_mismatch'));
      if (content_hash !== null && content_hash !== whole.end().hash) throw routeError(tagged('content_hash_mismatch'));
      call.service.database.transaction(() => accepted.forEach((save) => save()));
      return { entries: results };
    },
  ),
};

/** Whether a session holds all its bytes, and is as long as the cursor says; else the error of `finish`. */
export function unready(session: Session, offset: number, mustBeClosed: boolean): TaggedError | undefined {
  if (session.type === 'concurrent') {
    if (!session.closed) return tagged('concurrent_session_not_closed');
    const [first, ...others] = session.ranges;
    if (others.length > 0 || (first && first[0] !== 0)) return tagged('concurrent_session_missing_data');
  }
  if (offset !== lengthOf(session)) {
    return tagged('lookup_failed', tagged('incorrect_offset', { correct_offset: lengthOf(session) }));
  }
  return mustBeClosed && !session.closed ? tagged('lookup_failed', tagged('not_closed')) : undefined;
}
