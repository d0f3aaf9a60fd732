import type { UploadJournal, UploadRecord } from './upload.ts';

/** The records of one delivery, in memory and in the journal. */
export interface Records {
  get(id: string): UploadRecord | undefined;
  /** Takes effect at once and resolves when it is durable. One save is under way at a time; what comes meanwhile goes together into the next. */
  put(...records: readonly UploadRecord[]): Promise<void>;
  /** Resolves when everything put so far is durable. */
  settled(): Promise<void>;
}

/** `onBroken` is told the first failure to save; nothing is saved after it. */
export async function openRecords(journal: UploadJournal, onBroken: (error: unknown) => void): Promise<Records> {
  const known = new Map((await journal.load()).map((record) => [record.id, record]));
  const changed = new Map<string, UploadRecord>();
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const save = async (): Promise<void> => {
    // A save that failed stops all later ones: what they build on is not there.
    await running;
    next = undefined;
    const records = [...changed.values()];
    changed.clear();
    running = journal.save(records);
    running.catch(onBroken);
    await running;
  };

  return {
    get: (id) => known.get(id),
    async put(...records) {
      for (const record of records) {
        known.set(record.id, record);
        changed.set(record.id, record);
      }
      if (records.length > 0) await (next ??= save());
    },
    settled: async () => next ?? running,
  };
}
