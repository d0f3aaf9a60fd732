import type { DossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Clock, HttpPort, RandomBytes } from '../../core/ports.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Drive } from '../../drive/drive.ts';
import type { Account } from '../../drive/entry.ts';
import type { Permissions } from '../../drive/permissions.ts';
import type { ProxySettings } from '../base.ts';
import type { ConnectionKind } from '../connection.ts';
import type { Reach } from './reach.ts';

/** The steps of a test, in the order in which a connection depends on them. */
export const testSteps = [
  'name',
  'proxy',
  'tls',
  'credentials',
  'account',
  'permissions',
  'folder',
  'space',
  'clock',
] as const;

export type TestStep = (typeof testSteps)[number];

/** `notice`: it works, and there is something to know. `skipped`: there was nothing to look at. */
export type StepState = 'good' | 'notice' | 'failed' | 'skipped';

export interface StepResult {
  readonly step: TestStep;
  readonly state: StepState;
  readonly found: Sentence;
  /** What to do, where something is wrong. */
  readonly advice?: Sentence;
}

export interface ConnectionTest {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly steps: readonly StepResult[];
  /** The first step that failed; what depends on it was not looked at. */
  readonly failed?: StepResult;
}

/** What is tested. */
export interface TestSubject {
  readonly kind: ConnectionKind;
  /** Of the server; undefined where there is none. */
  readonly address: string | undefined;
  /** Folder that receives reports. */
  readonly folder: DrivePath;
  /** True where that folder is made when it is missing. */
  readonly folderIsMade: boolean;
  /** True to write a small file, read it back and remove it; false only looks. */
  readonly writes: boolean;
  /** The connection's own way to the network; undefined where the host knows no other than its own. */
  readonly proxy?: ProxySettings;
}

export interface TestPorts {
  /** Sends requests that carry no credentials. */
  readonly http: HttpPort;
  /** Opens the drive with its credentials. */
  readonly open: () => Promise<Drive>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** What the host can find out below HTTP. */
  readonly reach?: Reach;
  readonly signal?: AbortSignal | undefined;
}

/** What came of the first request, which carries no credentials. */
export type Contact =
  | { readonly reached: true; readonly headers: Readonly<Record<string, string>> }
  | { readonly reached: false; readonly step: 'name' | 'proxy' | 'tls'; readonly error: DossierError };

/** One test on its way: each step adds what later ones need. */
export interface Bench {
  readonly subject: TestSubject;
  readonly ports: TestPorts;
  contact?: Contact | undefined;
  drive?: Drive;
  account?: Account;
  permissions?: Permissions;
}

/** What a step found; the name of the step is added. */
export type Finding = Omit<StepResult, 'step'>;

/** An error as a finding. */
export function failure({ sentence, advice, message }: DossierError): Finding {
  return { state: 'failed', found: sentence ?? say`${message}`, ...(sentence && advice && { advice }) };
}
