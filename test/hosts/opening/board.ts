import { type Drive } from '../../../shared/index.ts';

/** Something that `npm start` runs, as the opening page shows it. */
export interface Running {
  readonly name: string;
  /** Where a browser opens it, where it can be opened. */
  readonly open?: string;
  /** What it says of itself: what to enter elsewhere to use it. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Of its process; the emulators run in this one. */
  readonly pid?: number | undefined;
}

/** A folder that the page shows, file by file. */
export interface ShownFolder {
  readonly name: string;
  readonly about: string;
  readonly drive: Drive;
}

/** What happened in the linked folder, as n8n has recorded it. */
export interface Change {
  readonly event: string;
  readonly path: string;
  readonly version: number;
  /** Its place in the ledger. */
  readonly statement: number;
}

export interface LinkedFolder {
  /** Writes, changes, moves or removes a file, as somebody else would. */
  change(): Promise<void>;
  /** Newest first. */
  changes(): Promise<readonly Change[]>;
}

export interface Proofs {
  /** Names of files in `folder`, for the browser to save. */
  readonly genuine: readonly string[];
  readonly tampered: readonly string[];
  readonly folder: string;
  /** The published ledger, with `verify.html` in it. */
  readonly published: string;
  readonly fingerprint: string;
}

export interface Example {
  readonly id: string;
  readonly name: string;
  /** The first lines of its note. */
  readonly about: string;
}

/** Passes a report on to a workflow, and tells what it answered. */
export interface FirstReport {
  submit(form: FormData): Promise<{ readonly ok: boolean; readonly answer: string }>;
}

/** Everything that the opening page shows. It fills while the parts start. */
export interface Board {
  /** What is being done now; undefined when all is started. */
  doing: string | undefined;
  readonly running: Running[];
  readonly failures: string[];
  readonly folders: Map<string, ShownFolder>;
  readonly examples: Example[];
  /** Signs a browser in to n8n: cookies for it, and the address of n8n. */
  signIn?: () => Promise<{ readonly cookies: readonly string[]; readonly url: string }>;
  firstReport?: FirstReport;
  linked?: LinkedFolder;
  proofs?: Proofs;
  vscode?: { readonly url: string; readonly deliveries: string; readonly attach: readonly string[] };
}

export function emptyBoard(): Board {
  return { doing: 'Preparing', running: [], failures: [], folders: new Map(), examples: [] };
}
