import type { UploadJournal, UploadRecord } from './upload.ts';

/** The records of one delivery, in memory and in the journal. */
export interface Records {
  get(id: string): UploadRecord | undefined;
  /**
   * Takes effect at once and resolves when it is durable. One save is under way at a time; what comes meanwhile goes
   * together into the next.
   */
  put(...records: readonly UploadRecord[]): Promise<void>;
  /** Takes effect at once and goes into the next save, without asking for one. */
  note(record: UploadRecord): void;
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

  const note = (record: UploadRecord): void => {
    known.set(record.id, record);
    changed.set(record.id, record);
  };

  return {
    get: (id) => known.get(id),
    note,
    async put(...records) {
      records.forEach(note);
      if (records.length > 0) await (next ??= save());
    },
    settled: async () => (changed.size > 0 ? (next ??= save()) : running),
  };
}
