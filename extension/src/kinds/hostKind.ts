import type { Connection, ConnectionKind, DrivePath } from '../../../shared/index.ts';
import type { Services } from '../services.ts';
import type { ConnectionEntry, EntryStep } from './connectionEntry.ts';

export type ConnectionOf<Kind extends ConnectionKind> = Extract<Connection, { kind: Kind }>;

/** Everything that the editor knows of one kind of connection, and asks of nobody else. */
export interface HostKind<Kind extends ConnectionKind> {
  readonly label: string;
  readonly description: string;
  /** A ThemeIcon. */
  readonly icon: string;
  /** Access is given by an account, which can be signed in to anew. */
  readonly account: boolean;
  /** How a connection is entered. The first way is the one most people want. */
  readonly ways: readonly Way[];
  /** Suggested for the name. */
  readonly name: (entry: ConnectionEntry) => string;
  /** What a new connection begins with. */
  readonly defaults?: () => Readonly<Record<string, unknown>>;
  /** What can be changed after it was made, besides what all connections have. */
  readonly settings?: readonly Setting<ConnectionOf<Kind>>[];
  /** Where it leads, as a person would say it; the folder for reports is said behind it. */
  readonly place: (connection: ConnectionOf<Kind>) => string;
  /** Shows a folder: in the file manager, on the web page of the service, or among the remote folders. */
  readonly show: (services: Services, connection: ConnectionOf<Kind>, place: Place) => Promise<unknown>;
  /** What to do when a sign-in may deliver and not read; absent where signing in anew brings no wider access. */
  readonly adviceToRead?: string;
}

/** One way to come to a connection of a kind. */
export interface Way {
  readonly label: string;
  readonly description: string;
  readonly steps: readonly EntryStep[];
}

/** Something of a connection that can be changed as a text. */
export interface Setting<Of extends Connection> {
  readonly label: string;
  readonly prompt: string;
  readonly value: (connection: Of) => string;
  readonly refuse?: (text: string) => string | undefined;
  readonly put: (connection: Of, text: string) => unknown;
  /** It is on or off: choosing it is enough, and nothing is typed. */
  readonly flips?: true;
}

export interface Place {
  readonly path: DrivePath;
  readonly id?: string;
}
