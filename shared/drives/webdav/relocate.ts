import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Context } from '../../drive/drive.ts';
import type { Purpose } from './failures.ts';
import type { Hrefs } from './href.ts';

export interface Relocation {
  readonly method: 'MOVE' | 'COPY';
  readonly from: DrivePath;
  readonly to: DrivePath;
  /** Some servers take a folder only with the slash at its end. */
  readonly folder?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes that the server may have to move. */
  readonly busyBytes?: number;
}

/** What it needs of the client. */
interface Requests {
  readonly kind: string;
  readonly hrefs: Hrefs;
  perform(
    request: {
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly busyBytes?: number;
    },
    purpose: Purpose,
    context?: Context,
  ): Promise<unknown>;
  look(path: DrivePath, properties: readonly string[], purpose: Purpose, context?: Context): Promise<unknown>;
}

export type Relocate = (relocation: Relocation, purpose: Purpose, context?: Context) => Promise<void>;

/** How often it is tried in all, and milliseconds before the third time; they double from there. */
const mostTries = 4;
const firstPauseMs = 500;

/**
 * Sends MOVE and COPY. Where they are to end is said as a whole address, which servers behind a proxy may take for that
 * of another server and refuse with 502, as they see another scheme or host (RFC 4918, section 9.9.4). So it is then said
 * as a path alone, which section 10.3 allows as well. A gateway that fails says 502 too: only a server that answers well
 * in between, and has not moved anything, has refused.
 */
export function createRelocate(client: Requests, clock: Clock): Relocate {
  const { hrefs, kind } = client;
  /** What worked last. Several go on at one time, so each finds out for itself what works. */
  let asPath = false;

  return async ({ method, from, to, folder = false, headers, busyBytes }, purpose, context) => {
    const url = folder ? hrefs.folderUrlOf(from) : hrefs.urlOf(from);
    const destination = hrefs.urlOf(to);
    const tries = createBudget(
      mostTries,
      () =>
        new DossierError(
          'unsupported',
          say`The server refuses to move or copy files (502): behind its proxy it does not know its own address. Its administrator has to pass the scheme and host on (X-Forwarded-Proto, Host)`,
          { ...purpose, where: kind, status: 502, advice: null },
        ),
    );
    let tryPath = asPath;
    for (let pause = 0; ; pause = pause === 0 ? firstPauseMs : pause * 2) {
      tries.spend();
      if (pause > firstPauseMs) await clock.sleep(pause / 2, context?.signal);
      const target = tryPath ? destination.slice(hrefs.origin.length) : destination;
      const request = { method, url, headers: { ...headers, Destination: target } };
      try {
        await client.perform({ ...request, ...(busyBytes === undefined ? {} : { busyBytes }) }, purpose, context);
        asPath = tryPath;
        return;
      } catch (error) {
        if (!isDossierError(error) || error.status !== 502) throw error;
        if (!(await client.look(from, [], { ...purpose, operation: 'stat' }, context))) throw error;
        tryPath = !tryPath;
      }
    }
  };
}
