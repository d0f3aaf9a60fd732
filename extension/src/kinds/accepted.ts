import { type ErrorCode, parseConnection, toDossierError } from '../../../shared/index.ts';
import { openConnection } from '../model/connections/openConnection.ts';
import type { ConnectionEntry } from './connectionEntry.ts';

/** Who cannot reach the destination now can enter its connection all the same, and is asked about that at the end. */
const outOfReach: ReadonlySet<ErrorCode> = new Set(['offline', 'timeout', 'server-error', 'rate-limited', 'locked']);

/** The entry as it is, unless the destination refuses its sign-in. Codes: those of `Drive.account`. */
export async function accepted(entry: ConnectionEntry): Promise<ConnectionEntry> {
  const connection = parseConnection({ name: '-', ...entry.fields, kind: entry.kind, id: '-' });
  let { secrets } = entry;
  const drive = openConnection(connection, secrets, async (renewed) => void (secrets = renewed));
  await drive.account().catch((error: unknown) => {
    if (!outOfReach.has(toDossierError(error).code)) throw error;
  });
  return { ...entry, secrets };
}
