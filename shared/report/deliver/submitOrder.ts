import type { Clock } from '../../core/ports.ts';
import type { Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';
import type { DeliveryJournal } from '../content/delivery.ts';
import type { AppendSubmission } from '../content/submission.ts';
import type { Report } from '../model/report.ts';
import type { AttachmentSources } from '../model/sources.ts';
import type { SubmissionTurn } from './submissionTurn.ts';
import type { SubmitEvent } from './submitEvent.ts';

/** Everything that sending one report needs. */
export interface SubmitOrder {
  readonly report: Report;
  readonly drive: Drive;
  /** The folder that receives all submissions; made when it is missing. */
  readonly root: EntryRef;
  readonly sources: AttachmentSources;
  readonly journal: DeliveryJournal;
  readonly clock: Clock;
  /** Of the description file. */
  readonly encoding?: string | undefined;
  readonly append?: AppendSubmission | undefined;
  /** Who submits the report, if the user says so: goes into the manifest and the crate. */
  readonly submittedBy?: string | undefined;
  readonly onEvent?: ((event: SubmitEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Once it aborts, nothing more is begun, and the sending ends with `cancelled` when what is under way has ended. */
  readonly closing?: AbortSignal | undefined;
  /** Where runs that know nothing of each other may send the same report: see `submitOnce`. */
  readonly turn?: SubmissionTurn | undefined;
}
