import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Most of a campaign is hashing, so every core gets a thread. */
const threads = Math.min(4, availableParallelism());

/**
 * Gives jobs to threads that run `program`, several to each at a time, for a job waits for the network now and then.
 * The program answers each message with one verdict. A thread that fails ends the campaign.
 */
export async function runInThreads<Job, Verdict>(
  program: URL,
  jobs: readonly Job[],
  perThread: number,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const left = [...jobs];
  const run = async (): Promise<void> => {
    const worker = new Worker(program);
    try {
      await feed(worker, left, perThread, tell);
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, run));
}

function feed<Job, Verdict>(
  worker: Worker,
  left: Job[],
  perThread: number,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 0;
    const give = (): void => {
      const next = left.shift();
      if (next !== undefined) {
        open++;
        worker.postMessage(next);
      } else if (open === 0) resolve();
    };
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('A thread of the campaign ended early')));
    worker.on('message', (verdict: Verdict) => {
      open--;
      tell(verdict);
      give();
    });
    for (let lane = 0; lane < perThread; lane++) give();
  });
}
