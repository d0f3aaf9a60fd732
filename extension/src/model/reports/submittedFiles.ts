import { basename } from 'node:path';
import type { Proof, SubjectDigests } from '../../../../shared/index.ts';
import { pathOf } from '../files/fileSources.ts';
import type { SubmittedFile } from '../ledger/verifyFile.ts';
import type { ProofStore } from './proofStore.ts';
import type { ReportStore } from './reportStore.ts';

/**
 * What is remembered of files that were submitted: those from this very place, newest first; where there are none,
 * those of this name.
 */
export async function submittedFiles(
  reports: ReportStore,
  proofs: ProofStore,
  path: string,
): Promise<readonly SubmittedFile[]> {
  const [{ reports: stored }, proved] = await Promise.all([reports.list({ place: 'submitted' }), proofs.load()]);
  const files = stored
    .map(({ report }) => report)
    .sort((one, other) => (other.submitted ?? 0) - (one.submitted ?? 0))
    .flatMap(({ id, title, attachments }) =>
      attachments.flatMap((attachment) => {
        const proof = proved.get(id)?.get(attachment.id);
        return proof ? [{ title, attachment, digests: digestsIn(proof) }] : [];
      }),
    );
  const fromHere = files.filter(({ attachment }) => pathOf(attachment) === path);
  const found = fromHere.length > 0 ? fromHere : files.filter(({ attachment }) => attachment.name === basename(path));
  return found.map(({ title, digests }) => ({ title, digests }));
}

function digestsIn({ algorithm, digest }: Proof): SubjectDigests {
  return { [algorithm]: digest };
}
