import {
  type Connection,
  createWorkspace,
  lateCopies,
  type Report,
  type Reports,
  type Workspace,
  type WorkspaceSettings,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { DriveStores } from './driveStore.ts';
import { lateState } from './lateState.ts';

/**
 * A place where reports are kept: this computer, or the drive of a connection, where n8n and other computers find them
 * too.
 */
export interface ReportHome extends Pick<Workspace, 'state' | 'reports' | 'copies' | 'sources' | 'outbox'> {
  /** Id of the connection whose drive it is; empty for this computer. */
  readonly id: string;
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
  /** The workspace of this computer. */
  readonly local: Workspace;
  readonly connections: ConnectionStore;
  readonly driveStores: DriveStores;
  readonly settings: WorkspaceSettings;
}

export function createReportHomes({ local, connections, driveStores, settings }: ReportHomesOptions): ReportHomes {
  const here: ReportHome = { ...local, id: '', own: (report) => report };
  const onDrives = new Map<string, ReportHome>();
  const onDrive = (id: string): ReportHome => {
    const known = onDrives.get(id);
    if (known) return known;
    const own = (report: Report): Report => ({ ...report, connection: id });
    // Found anew for every use: the key may be entered, and the connection edited, while the editor runs.
    const workspace = createWorkspace({
      ...settings,
      state: lateState(async () => (await driveStores.open(id)).state),
      copies: lateCopies(async () => (await driveStores.open(id)).copies),
      key: () => driveStores.key(id),
    });
    const made = { ...workspace, id, own, reports: ownReports(workspace.reports, own) };
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
