import { randomBytes } from 'node:crypto';
import {
  type Clock,
  createEmbeddedLedger,
  createLocalFolderDrive,
  type FilesPort,
  type MirrorJob,
  type MirrorPorts,
  recordVersions,
  rootPath,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Mirror } from './mirrorStore.ts';

/** What a mirror of this computer works with. */
export interface JobPorts {
  readonly connections: ConnectionStore;
  readonly ledgers: Ledgers;
  readonly files: FilesPort;
  readonly clock: Clock;
}

/** Opens both sides of a mirror. Codes: those of opening a connection. */
export async function openJob(ports: JobPorts, { id, source, connection, folder, rules }: Mirror): Promise<MirrorJob> {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const local = createLocalFolderDrive({ files: ports.files, root: source, randomBytes: random, clock: ports.clock });
  const drive = await ports.connections.open(connection);
  return { id, source: { drive: local, folder: rootPath }, destination: { drive, folder }, rules };
}

/** Tells the ledger of the connection, where that is wished; it begins with the first version that is sent. */
export function recordingOf(
  { ledgers, clock }: JobPorts,
  { isRecorded, connection }: Mirror,
  { destination: { drive } }: MirrorJob,
): Pick<MirrorPorts, 'record'> {
  const record: MirrorPorts['record'] = (versions, signal) =>
    ledgers.within(
      connection,
      async ({ log, assetKey }) => {
        const { id: account } = await drive.account({ signal });
        const ledger = createEmbeddedLedger(log);
        await recordVersions({ ledger, assetKey, kind: drive.kind, account, now: clock.now })(versions, signal);
      },
      signal,
    );
  return isRecorded ? { record } : {};
}
