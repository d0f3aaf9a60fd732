import type { files } from 'dropbox';
import { DossierError, toDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Commit, Committed, Outcome } from '../../drive/uploadSession.ts';
import type { DropboxApi } from './api.ts';
import { commitInfo, conflictOf, targetPath } from './commitInfo.ts';
import { entryError } from './errors.ts';
import type { Lookup } from './files.ts';
import { isRoot, parseFile, unknown } from './metadata.ts';
import { holds, type Proving, proved } from './prove.ts';
import { isComplete, sessionId } from './sessionRecord.ts';
import type { Turns } from './turns.ts';

type Outcomes = Outcome<Committed>[];
interface Prepared {
  readonly commit: Commit;
  readonly path: string;
}

/**
 * Many files in one call, which Dropbox answers entry by entry. Two such calls at once are refused as too many writes,
 * so they take turns.
 */
export function createCommit(api: DropboxApi, lookup: Lookup, proving: Proving, turns: Turns): Drive['commit'] {
  const finish = async (prepared: readonly Prepared[], context: Context | undefined): Promise<unknown[]> => {
    const argument = { entries: prepared.map(finishArg) } satisfies files.UploadSessionFinishBatchArg;
    const answer = await api.rpc('files/upload_session/finish_batch_v2', argument, { operation: 'commit' }, context);
    const results = isRecord(answer) ? answer['entries'] : undefined;
    if (!Array.isArray(results) || results.length !== prepared.length)
      throw unknown(say`another number of answers than it got files`);
    return results;
  };

  const judge = async (
    { commit, path }: Prepared,
    result: unknown,
    context: Context | undefined,
  ): Promise<Committed> => {
    const { session, digests } = commit;
    if (isRecord(result) && result['.tag'] === 'success')
      return proving.ours(parseFile(result), session.target, digests, context);
    const failure = isRecord(result) ? result['failure'] : undefined;
    const error = conflictOf(entryError(failure, { operation: 'commit', path: session.target.name }), session.target);
    if (!mayBeDone.has(error.code)) throw error;
    const there = await lookup.at(path, 'commit', context);
    if (there?.type === 'file' && holds(there, digests)) return proved(there, digests, 'server-hash');
    throw error;
  };

  return async (commits, context) => {
    const homes = lookedUpOnce(lookup);
    await homes.prepare(commits, context);
    const outcomes = new Map<Commit, Outcome<Committed>>();
    const prepared: Prepared[] = [];
    for (const commit of commits) {
      await outcomeOf(async () => {
        sessionId(commit.session);
        if (!isComplete(commit.session))
          throw new DossierError('offset-mismatch', 'Parts of the file are not sent yet', {
            operation: 'commit',
            where: 'dropbox',
          });
        prepared.push({ commit, path: await targetPath(commit.session.target, homes, 'commit', context) });
      }).then((outcome) => {
        if (!outcome.ok) outcomes.set(commit, outcome);
      });
    }
    if (prepared.length > 0) {
      const results = await turns.take('commit', () => finish(prepared, context), context?.signal);
      for (const [index, each] of prepared.entries())
        outcomes.set(each.commit, await outcomeOf(() => judge(each, results[index], context)));
    }
    return commits.map((commit) => outcomes.get(commit) as Outcomes[number]);
  };
}

/** Lookups at one time. */
const lookupsAtOnce = 8;

/** Many files of one folder need one look at it, and folders can be looked at side by side. */
function lookedUpOnce(lookup: Lookup) {
  const parents = new Map<string, ReturnType<Lookup['parent']>>();
  const parent: Lookup['parent'] = (ref, operation, context) => {
    const key = JSON.stringify([ref.path, ref.id]);
    const known = parents.get(key) ?? lookup.parent(ref, operation, context);
    parents.set(key, known);
    return known;
  };
  return {
    parent,
    /** Failures show where the folder is needed. */
    async prepare(commits: readonly Commit[], context: Context | undefined): Promise<void> {
      const byPath = commits.map(({ session }) => session.target.folder).filter((ref) => !isRoot(ref) && !ref.id);
      const folders = [...new Map(byPath.map((ref) => [ref.path, ref])).values()];
      for (let at = 0; at < folders.length; at += lookupsAtOnce)
        await Promise.allSettled(
          folders.slice(at, at + lookupsAtOnce).map((folder) => parent(folder, 'commit', context)),
        );
    },
  };
}

/** A session that was finished already is gone, or in conflict with its own file. */
const mayBeDone: ReadonlySet<string> = new Set(['session-expired', 'already-exists', 'revision-conflict']);

function finishArg({ commit: { session }, path }: Prepared): files.UploadSessionFinishArg {
  return { cursor: { session_id: sessionId(session), offset: session.size }, commit: commitInfo(session.target, path) };
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: toDossierError(error) };
  }
}
