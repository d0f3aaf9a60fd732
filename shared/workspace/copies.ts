import type { DrivePath } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import type { Drive } from '../drive/drive.ts';
import { type Copies, createCopies } from '../report/outbox/copies.ts';
import type { DossierKey } from '../vault/key.ts';
import { createVault } from '../vault/vault.ts';

/** Copies that are found anew for every use: what they lie in may be opened late, or be exchanged for another. */
export function lateCopies(find: () => Promise<Copies>): Copies {
  return {
    keep: async (...given) => (await find()).keep(...given),
    open: async (...given) => (await find()).open(...given),
    discard: async (...given) => (await find()).discard(...given),
    sweep: async (...given) => (await find()).sweep(...given),
  };
}

export interface CopiesInOptions {
  readonly drive: Drive;
  readonly folder: DrivePath;
  readonly key: () => Promise<DossierKey>;
  readonly clock: Clock;
}

/** Copies of attachments in a folder, encrypted with a key that may be entered later. */
export function copiesIn({ drive, folder, key, clock }: CopiesInOptions): Copies {
  return lateCopies(async () => createCopies({ drive, folder, vault: await createVault(await key()), clock }));
}
