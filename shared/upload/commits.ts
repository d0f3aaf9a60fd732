import type { DossierError, ErrorCode } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import type { Committed, Outcome, UploadSession } from '../drive/uploadSession.ts';
import type { OnWay } from './onWay.ts';
import { graver, plainer, type Run } from './run.ts';

/** After these the bytes must be sent anew. */
const sendsAgain: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'session-expired',
  'offset-mismatch',
  'integrity-mismatch',
]);

/**
 * Gives the files their names: all in one call where the drive can, and then strictly one call after the other. Never
 * rejects.
 */
export async function commitFiles(run: Run, files: readonly OnWay[]): Promise<void> {
  const { sessionsPerCommit, connections } = run.drive.capabilities.upload;
  const groups: OnWay[][] = [];
  for (let at = 0; at < files.length; at += sessionsPerCommit) groups.push(files.slice(at, at + sessionsPerCommit));
  const atOnce = sessionsPerCommit > 1 ? 1 : connections;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let group = groups.shift(); group; group = groups.shift()) await commitGroup(run, group);
    }),
  );
}

async function commitGroup(run: Run, files: readonly OnWay[]): Promise<void> {
  let left = files;
  try {
    await run.repeat(async () => {
      const commits = left.map(({ record }) => ({
        session: record.session as UploadSession,
        digests: record.digests as Digests,
      }));
      const outcomes = await run.drive.commit(commits, { signal: run.signal });
      const settled = await Promise.all(
        left.map((file, index) => settle(run, file, outcomes[index] as Outcome<Committed>)),
      );
      left = left.filter((_, index) => settled[index] !== undefined);
      const gravest = settled.reduce<DossierError | undefined>(
        (one, other) => (other ? graver(one, other) : one),
        undefined,
      );
      if (gravest) throw gravest;
    });
  } catch (error) {
    for (const file of left) run.failed(file, error);
  }
}

/** Gives back the error of a file whose commit alone should be repeated, on the same session. */
async function settle(run: Run, file: OnWay, outcome: Outcome<Committed>): Promise<DossierError | undefined> {
  if (outcome.ok) {
    await file.committed(outcome.value, file.record.digests as Digests);
    return undefined;
  }
  const { error } = outcome;
  if (sendsAgain.has(error.code))
    await file.sendAgain(error, error.code === 'offset-mismatch' ? await heldOf(run, file) : undefined);
  else if (error.code === 'invalid-path' && (await file.rename())) return plainer(error);
  else if (error.retry === 'now' || error.retry === 'later') return error;
  else run.failed(file, error);
  return undefined;
}

/** What the server says it holds, where that is less than we thought. */
async function heldOf(run: Run, { record }: OnWay): Promise<UploadSession | undefined> {
  const session = record.session as UploadSession;
  const held = await run.drive.inspectUpload(session, { signal: run.signal });
  return held.received.length < session.received.length ? held : undefined;
}
