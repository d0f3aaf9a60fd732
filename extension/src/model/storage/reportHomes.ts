import { randomBytes } from 'node:crypto';
import {
  type AttachmentSources,
  type Clock,
  type Connection,
  type Copies,
  copyKind,
  createCopies,
  createLocalFolderDrive,
  createReports,
  createVault,
  type FilesPort,
  parseKey,
  parsePath,
  type Report,
  type Reports,
  type StateStore,
  sourcesByKind,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import { uriKind, uriSources } from '../files/uriSources.ts';
import type { DriveStores } from './driveStore.ts';
import { lateState } from './lateState.ts';
import type { VaultKeeper } from './vaultKeeper.ts';

/**
 * A place where reports are kept: this computer, or the drive of a connection, where n8n and other computers find them
 * too.
 */
export interface ReportHome {
  /** Id of the connection whose drive it is; empty for this computer. */
  readonly id: string;
  readonly state: StateStore;
  readonly reports: Reports;
  readonly copies: Copies;
  readonly sources: AttachmentSources;
  /** A report as it is here: elsewhere the connection has another id. */
  own(report: Report): Report;
}

export interface ReportHomes {
  readonly here: ReportHome;
  /** Where the reports of a connection belong. */
  of(connection: Connection): ReportHome;
  byId(id: string): ReportHome;
  /** Those on drives. */
  away(): Promise<ReportHome[]>;
}

export interface ReportHomesOptions {
  readonly vault: VaultKeeper;
  readonly connections: ConnectionStore;
  readonly driveStores: DriveStores;
  readonly files: FilesPort;
  /** Opens attachments that are kept by reference. */
  readonly originals: AttachmentSources;
  /** Dossier's own folder on this computer. */
  readonly folder: string;
  readonly clock: Clock;
}

export function createReportHomes({
  vault,
  connections,
  driveStores,
  files,
  originals,
  folder,
  clock,
}: ReportHomesOptions): ReportHomes {
  const home = (id: string, state: StateStore, copies: Copies): ReportHome => {
    const own = (report: Report): Report => (id === '' ? report : { ...report, connection: id });
    const sources = sourcesByKind({ file: originals, [uriKind]: uriSources, [copyKind]: copies });
    return { id, state, copies, sources, own, reports: ownReports(createReports(state), own) };
  };
  const localCopies = async (): Promise<Copies> => {
    const drive = createLocalFolderDrive({ files, root: folder, randomBytes });
    return createCopies({
      drive,
      folder: parsePath('/copies'),
      vault: await createVault(parseKey(await vault.exportKey())),
      clock,
    });
  };
  const here = home('', vault.state, lateCopies(localCopies));
  const onDrives = new Map<string, ReportHome>();
  const onDrive = (id: string): ReportHome => {
    const known = onDrives.get(id);
    if (known) return known;
    const open = () => driveStores.open(id);
    const made = home(
      id,
      lateState(async () => (await open()).state),
      lateCopies(async () => (await open()).copies),
    );
    onDrives.set(id, made);
    return made;
  };
  return {
    here,
    of: ({ id, reportsIn }) => (reportsIn === undefined ? here : onDrive(id)),
    byId: (id) => (id === '' ? here : onDrive(id)),
    away: async () =>
      (await connections.list()).filter(({ reportsIn }) => reportsIn !== undefined).map(({ id }) => onDrive(id)),
  };
}

function ownReports(reports: Reports, own: ReportHome['own']): Reports {
  return {
    async get(id, signal) {
      const stored = await reports.get(id, signal);
      return stored && { ...stored, report: own(stored.report) };
    },
    async list({ place, connection } = {}, signal) {
      const list = await reports.list(place === undefined ? {} : { place }, signal);
      const mapped = list.reports.map((stored) => ({ ...stored, report: own(stored.report) }));
      return {
        ...list,
        reports: mapped.filter(({ report }) => connection === undefined || report.connection === connection),
      };
    },
    save: (...given) => reports.save(...given),
  };
}

/** Found anew for every use: the key may be entered, and the connection edited, while the editor runs. */
function lateCopies(find: () => Promise<Copies>): Copies {
  return {
    keep: async (...given) => (await find()).keep(...given),
    open: async (...given) => (await find()).open(...given),
    discard: async (...given) => (await find()).discard(...given),
    sweep: async (...given) => (await find()).sweep(...given),
  };
}
