import { DossierError } from '../core/errors.ts';
import type { Clock, FilesPort, HttpPort, HttpRequest, Log, RandomBytes } from '../core/ports.ts';
import { type Sentence, say } from '../core/sentence.ts';
import type { Context, Drive } from '../drive/drive.ts';
import type { ConnectionBase, ConnectionSecrets } from './base.ts';
import type { Credentials } from './basicAuth.ts';
import type { Entered } from './kinds/connectionFields.ts';

export interface AuthorizePorts {
  /** Without credentials, and with the connection's proxy, time-out and pinned certificate. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** Stores renewed secrets; they are used only once it resolves. */
  readonly save: (secrets: ConnectionSecrets) => Promise<void>;
}

export interface OpenPorts {
  /** Adds the credentials of this connection to every request that is not `anonymous`. */
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Absent in hosts that have no files. */
  readonly files?: FilesPort;
  /** Told what a drive met and went on without. */
  readonly log?: Log;
}

/** Everything that the core knows of one kind of connection; `Fields` are what it has beyond `ConnectionBase`. */
export interface KindOfConnection<Fields> {
  /** Checks what was stored or entered; `invalid-input` with a sentence for what is missing. */
  readonly fields: (entered: Entered) => Fields;
  /** Adds the credentials to every request that is not `anonymous`. Sends nothing yet. */
  readonly authorize: (
    connection: ConnectionBase & Fields,
    secrets: ConnectionSecrets,
    ports: AuthorizePorts,
  ) => HttpPort;
  /** Address of the server; absent where there is none. */
  readonly server?: (connection: ConnectionBase & Fields) => string;
  /** A request that the server answers to anybody, whatever it answers; without it, a GET of the address. */
  readonly greeting?: (address: string) => HttpRequest;
  /** The drive. Sends nothing yet. */
  readonly open: (connection: ConnectionBase & Fields, ports: OpenPorts) => Drive;
  /**
   * Ends the sign-in of `http` at the service; false where it was a password that the user chose. Absent where the
   * service gives nothing at a sign-in.
   */
  readonly revoke?: (connection: ConnectionBase & Fields, http: HttpPort, context: Context) => Promise<boolean>;
}

/** `unauthorized` where this machine has none. */
export function credentialsOf({ user, password }: ConnectionSecrets): Credentials {
  if (user === undefined || password === undefined) throw missingSignIn(say`the server`);
  return { user, password };
}

export function missingSignIn(where: string | Sentence): DossierError {
  return new DossierError('unauthorized', say`There is no sign-in to ${where} for this connection on this machine`);
}
