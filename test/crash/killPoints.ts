import { appendFileSync } from 'node:fs';
import {
  type Drive,
  type FilesPort,
  fromUtf8,
  type HttpPort,
  type StateStore,
  type UploadRecord,
} from '../../shared/index.ts';

/** Where a sender dies: before or after its Nth step, a step being a request or a write of state. */
export interface KillPoint {
  readonly step: number;
  readonly when: 'before' | 'after';
}

export interface KillPoints {
  readonly steps: () => number;
  http(port: HttpPort): HttpPort;
  files(port: FilesPort): FilesPort;
  state(store: StateStore): StateStore;
}

/** SIGKILL at a point: nothing of this process runs after it, no handler, no flush. */
export function createKillPoints(point: KillPoint | undefined): KillPoints {
  let steps = 0;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    const number = ++steps;
    if (point?.step === number && point.when === 'before') process.kill(process.pid, 'SIGKILL');
    const done = await work();
    if (point?.step === number && point.when === 'after') process.kill(process.pid, 'SIGKILL');
    return done;
  };
  return {
    steps: () => steps,
    http: (port) => ({ send: (request) => step(() => port.send(request)) }),
    files: (port) => ({
      ...port,
      makeFolder: (...given) => step(() => port.makeFolder(...given)),
      write: (...given) => step(() => port.write(...given)),
      publish: (...given) => step(() => port.publish(...given)),
      replace: (...given) => step(() => port.replace(...given)),
      remove: (...given) => step(() => port.remove(...given)),
      removeEmptyFolder: (...given) => step(() => port.removeEmptyFolder(...given)),
    }),
    state: (store) => ({ ...store, commit: (...given) => step(() => store.commit(...given)) }),
  };
}

/** Notes every chunk that leaves and every chunk that is answered, at once and where it outlives the process. */
export function traceChunks(drive: Drive, trace: string): Drive {
  const note = (what: string, file: string, index: number): void => appendFileSync(trace, `${what} ${file}#${index}\n`);
  return {
    ...drive,
    async upload(target, ...rest) {
      note('sent', target.name, 0);
      const committed = await drive.upload(target, ...rest);
      note('answered', target.name, 0);
      return committed;
    },
    async append(pieces, context) {
      for (const { session, index } of pieces) note('sent', session.target.name, index);
      const outcomes = await drive.append(pieces, context);
      pieces.forEach(({ session, index }, at) => {
        if (outcomes[at]?.ok) note('answered', session.target.name, index);
      });
      return outcomes;
    },
  };
}

/** Notes every chunk that a durable record says is received. */
export function traceRecords(store: StateStore, trace: string): StateStore {
  return {
    ...store,
    async commit(changes, signal) {
      const versions = await store.commit(changes, signal);
      for (const { key, value } of changes) {
        if (!key.startsWith('uploads/') || !value) continue;
        const { session, committed } = JSON.parse(fromUtf8(value)) as UploadRecord;
        const file = session?.target.name ?? committed?.entry.name;
        for (const index of session?.received ?? (committed ? [0] : []))
          appendFileSync(trace, `recorded ${file}#${index}\n`);
      }
      return versions;
    },
  };
}
