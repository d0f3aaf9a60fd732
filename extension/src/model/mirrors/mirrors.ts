import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Clock,
  DossierError,
  forgetMirror,
  type Log,
  type MirrorContext,
  type MirrorPlan,
  type MirrorProgress,
  type MirrorStatus,
  type MirrorSummary,
  planMirror,
  putConflictsAway,
  readMirrorStatus,
  runMirror,
  type StateStore,
  type StoredConflict,
} from '../../../../shared/index.ts';
import { type JobPorts, openJob, recordingOf } from './mirrorJob.ts';
import { createMirrorStore, type Mirror } from './mirrorStore.ts';

/** The mirrors of this computer, and what goes on with them in this window. */
export interface Mirrors extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  /** Somebody else may have changed them. */
  changed(): void;
  list(): Promise<Mirror[]>;
  get(id: string): Promise<Mirror>;
  save(mirror: Mirror): Promise<void>;
  /** Forgets a mirror, and ends a run of it in any window. What it made at the destination stays. */
  remove(id: string): Promise<void>;
  status(id: string): Promise<MirrorStatus>;
  putAway(conflicts: readonly StoredConflict[]): Promise<void>;
  plan(mirror: Mirror, context: MirrorContext): Promise<MirrorPlan>;
  run(mirror: Mirror, context: MirrorContext): Promise<MirrorSummary>;
  /** What is under way in this window. */
  running(id: string): MirrorProgress | undefined;
}

export interface MirrorsOptions extends JobPorts {
  readonly state: StateStore;
  readonly log: Log;
}

const begun: MirrorProgress = { phase: 'looking', files: 0, ofFiles: 0, bytes: 0, ofBytes: 0 };

export function createMirrors(options: MirrorsOptions): Mirrors {
  const { state, clock, log } = options;
  const store = createMirrorStore(state);
  const changed = new vscode.EventEmitter<void>();
  const running = new Map<string, MirrorProgress>();
  const runs = new Map<string, { readonly life: AbortController; readonly ended: Promise<unknown> }>();
  const ports = { store: state, clock, log, holder: `window ${randomBytes(8).toString('hex')}` };
  const tell = (id: string, progress: MirrorProgress | undefined) => {
    if (progress) running.set(id, progress);
    else running.delete(id);
    changed.fire();
  };
  const andTell = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work;
    changed.fire();
    return done;
  };
  return {
    onDidChange: changed.event,
    changed: () => changed.fire(),
    dispose: () => changed.dispose(),
    list: store.list,
    get: store.get,
    save: (mirror) => andTell(store.save(mirror)),
    async remove(id) {
      await store.remove(id);
      const run = runs.get(id);
      run?.life.abort(new DossierError('cancelled'));
      await run?.ended.catch(() => undefined);
      await andTell(forgetMirror(state, id));
    },
    status: (id) => readMirrorStatus(state, id),
    putAway: (conflicts) => andTell(putConflictsAway(state, conflicts)),
    plan: async (mirror, context) => planMirror(await openJob(options, mirror), ports, context),
    async run(mirror, context) {
      // It may have been removed while it waited for its turn.
      await store.get(mirror.id);
      tell(mirror.id, begun);
      const life = new AbortController();
      const signal = context.signal ? AbortSignal.any([context.signal, life.signal]) : life.signal;
      const onProgress = nowAndThen(clock, (progress: MirrorProgress) => {
        tell(mirror.id, progress);
        context.onProgress?.(progress);
      });
      try {
        const ended = openJob(options, mirror).then((job) =>
          runMirror(job, { ...ports, ...recordingOf(options, mirror, job) }, { ...context, signal, onProgress }),
        );
        runs.set(mirror.id, { life, ended });
        return await ended;
      } finally {
        runs.delete(mirror.id);
        tell(mirror.id, undefined);
      }
    },
    running: (id) => running.get(id),
  };
}

/** Thousands of small files would have the window draw nothing else. */
function nowAndThen<T>(clock: Clock, tell: (news: T) => void): (news: T) => void {
  let last = 0;
  return (news) => {
    if (clock.now() - last < 200) return;
    last = clock.now();
    tell(news);
  };
}
