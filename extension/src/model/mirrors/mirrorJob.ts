import { randomBytes } from 'node:crypto';
import {
  createEmbeddedLedger,
  createLocalFolderDrive,
  type MirrorJob,
  type MirrorPorts,
  recordVersions,
  rootPath,
} from '../../../../shared/index.ts';
import type { Mirror } from './mirrorStore.ts';
import type { MirrorsOptions } from './mirrors.ts';

type Ports = Pick<MirrorsOptions, 'connections' | 'ledgers' | 'files' | 'clock'>;

/** Opens both sides of a mirror. Codes: those of opening a connection. */
export async function openJob(ports: Ports, { id, source, connection, folder, rules }: Mirror): Promise<MirrorJob> {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const local = createLocalFolderDrive({ files: ports.files, root: source, randomBytes: random, clock: ports.clock });
  const drive = await ports.connections.open(connection);
  return { id, source: { drive: local, folder: rootPath }, destination: { drive, folder }, rules };
}

/** Tells the ledger of the connection, where that is wished; it begins with the first version that is sent. */
export function recordingOf(
  { ledgers, clock }: Ports,
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
