import type { Delivery } from '../content/delivery.ts';

/** What the runs of one report have agreed on: all of them then write the same bytes to the same place. */
export interface Agreement {
  readonly sent: number;
  readonly attempt: number;
  readonly plain?: true;
  readonly folder: { readonly path: string; readonly id?: string };
}

/**
 * The turn of one run among all runs of the same report.
 *
 * The destination holds a folder for the report, `.dossier/submissions/<report id>`, and in it a folder for each turn
 * after the first and for each agreement. All facts are in their names, since exclusive creation of folders is the one
 * atomic act that every drive has, and a listing needs no right to read content.
 *
 * A run that chooses a folder for the report writes that down and then looks. When it sees no later turn, every later
 * turn will see what it has written, for a turn looks after it has begun. When it sees one, that run may have missed
 * it, so this run stops. The agreement of the highest turn counts. Therefore all runs that go on fill one folder, with
 * the same names and the same manifest, and each may meet what another has put there.
 */
export interface SubmissionTurn {
  /** Another run of this report came before. */
  readonly again: boolean;
  /** What earlier runs agreed on. */
  readonly agreed: Agreement | undefined;
  /** The agreement has to be written again: a turn between may have missed it. */
  readonly mustAgree: boolean;
  /**
   * Writes down where the report goes. Codes: `lease-lost` when another run has taken over.
   */
  agree(delivery: Delivery): Promise<void>;
  /** Codes: `lease-lost` when another run has taken over; `locked` when an earlier one has agreed on a folder since. */
  check(): Promise<void>;
}
