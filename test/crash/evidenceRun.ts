import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebian } from '../hosts/debian.ts';
import { createCrateChecker } from '../hosts/ro-crate/checkCrate.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { change, deliver, judges } from './evidenceCampaign.ts';
import { evidencePlaces } from './evidencePlaces.ts';

export interface EvidenceSummary {
  readonly reports: number;
  /** By sha256sum, rhash, RO-Crate's checker and Dossier alike. */
  readonly accepted_by_all: number;
  readonly changes: number;
  /** Changes that Dossier's look at the folder did not find. */
  readonly changes_missed: number;
  /** Files other than the picture itself that hold what was planted in its metadata. */
  readonly leaked_canaries: number;
  /** Connections that were begun while the attached files were read for the preview. */
  readonly network_calls_in_preview: number;
}

/** `each`: reports for each kind of place. `tell` hears of everything that is not as it should be. */
export async function runEvidence(
  each: number,
  changes: number,
  tell: (line: string) => void,
): Promise<EvidenceSummary> {
  await ensureDebian(['rhash']);
  const judging = judges(await createCrateChecker());
  const work = await mkdtemp(join(tmpdir(), 'dossier-evidence-'));
  const folders: string[] = [];
  let [accepted, missed, leaked, calls] = [0, 0, 0, 0];
  try {
    for (const [name, open] of Object.entries(evidencePlaces)) {
      const place = await open();
      for (let seed = 1; seed <= each; seed++) {
        const folder = join(work, `${name} ${seed}`);
        const delivered = await deliver(place.drive, seed, folder);
        leaked += delivered.leaked;
        calls += delivered.calls;
        const refusals = await Promise.all(Object.values(judging).map((judge) => judge(folder)));
        const refused = refusals.find((said) => said !== undefined);
        if (refused === undefined) accepted++;
        else tell(`${name} ${seed}: ${refused}`);
        folders.push(folder);
      }
      await place.close();
    }
    const random = seeded('changes');
    for (let at = 0; at < changes; at++) {
      const folder = folders[seededInteger(random, folders.length)] as string;
      const { what, undo } = await change(folder, random);
      if ((await judging['dossier']!(folder)) === undefined) {
        missed++;
        tell(`missed in ${folder}: ${what}`);
      }
      await undo();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return {
    reports: folders.length,
    accepted_by_all: accepted,
    changes,
    changes_missed: missed,
    leaked_canaries: leaked,
    network_calls_in_preview: calls,
  };
}
