import type { Delivery, DeliveryJournal, UploadRecord } from '../../shared/index.ts';

/** What a sending that is under way has written down. */
export interface Journaled {
  readonly delivery?: Delivery;
  readonly uploads: readonly UploadRecord[];
}

export interface ItemJournal extends DeliveryJournal {
  /** What it holds now. */
  snapshot(): Journaled;
}

/**
 * The journal of a sending that lives as long as this execution and leaves with the item. Records in the destination
 * would cost requests that most reports never need, and after a kill nobody would find them: n8n keeps static data only
 * at the end of an execution, and the repetition of one has an id of its own. What must outlast a kill is saved as a
 * draft first, and the stored report submitted.
 */
export function createItemJournal(begun?: Journaled): ItemJournal {
  let delivery = begun?.delivery;
  const records = new Map(begun?.uploads.map((record) => [record.id, record]));
  const all = async () => [...records.values()];
  return {
    load: async () => delivery,
    save: async (next) => void (delivery = next),
    uploads: {
      load: all,
      save: async (changed) => changed.forEach((record) => records.set(record.id, record)),
    },
    uploadRecords: all,
    forget: async (ids) => ids.forEach((id) => records.delete(id)),
    snapshot: () => ({ uploads: [...records.values()], ...(delivery === undefined ? {} : { delivery }) }),
  };
}
