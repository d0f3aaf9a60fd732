import { utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import { parseJsonBytes } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { StateChange, StateRecord, StateStore } from '../../state/state.ts';
import { placeOf, type ReportPlace, transition } from './lifecycle.ts';
import { parseContent, parseReport, type Report, storedForm } from './report.ts';

/**
 * A report with the version of its record: what `save` and `delete` compare with, so that no window overwrites
 * another's edit.
 */
export interface StoredReport {
  readonly report: Report;
  readonly version: number;
}

export interface ReportList {
  readonly reports: readonly StoredReport[];
  /** One error for each record that does not read as a report. It stays as it is: people must be told of it. */
  readonly damaged: readonly DossierError[];
}

export interface ReportFilter {
  readonly place?: ReportPlace;
  readonly connection?: string;
}

/** Reports over any store. Sending, pausing and deleting from the outbox is the outbox's: it knows about leases. */
export interface Reports {
  /** `state-corrupt` when the record is damaged. */
  get(id: string, signal?: AbortSignal): Promise<StoredReport | undefined>;
  /** Newest first; the outbox in the order of sending. One damaged record does not hide the others. */
  list(filter?: ReportFilter, signal?: AbortSignal): Promise<ReportList>;
  /**
   * Stores a draft: new (`version` 0) or edited. `revision-conflict` when it was changed elsewhere, `invalid-input`
   * when it is not a draft any more.
   */
  save(report: Report, version: number, now: number, signal?: AbortSignal): Promise<StoredReport>;
}

export const reportKey = (id: string): string => `reports/${id}`;

export function createReports(store: StateStore): Reports {
  const get: Reports['get'] = async (id, signal) => {
    const record = await store.get(reportKey(id), signal);
    return record && { report: decodeReport(record.key, record.value), version: record.version };
  };
  return {
    get,
    async list(filter = {}, signal) {
      const reports: StoredReport[] = [];
      const damaged: DossierError[] = [];
      for (const read of await readAll(store, signal)) {
        try {
          const record = await read();
          if (record) reports.push({ report: decodeReport(record.key, record.value), version: record.version });
        } catch (error) {
          if (!isDossierError(error, 'state-corrupt') && !isDossierError(error, 'unsupported')) throw error;
          damaged.push(error);
        }
      }
      return {
        reports: reports
          .filter(({ report }) => matches(report, filter))
          .sort((a, b) => compareReports(a.report, b.report)),
        damaged,
      };
    },
    async save(report, version, now, signal) {
      const current = (await get(report.id, signal))?.report;
      transition(current?.state ?? 'draft', 'save');
      const saved: Report = {
        ...report,
        ...parseContent(report),
        state: 'draft',
        created: current?.created ?? report.created,
        modified: now,
      };
      const [written] = await store.commit([reportChange(saved, version)], signal);
      return { report: saved, version: written! };
    },
  };
}

/** All records at once; one by one when the store finds one of them damaged. */
async function readAll(
  store: StateStore,
  signal: AbortSignal | undefined,
): Promise<(() => Promise<StateRecord | undefined>)[]> {
  try {
    return (await store.list('reports/', signal)).map((record) => async () => record);
  } catch (error) {
    if (!isDossierError(error, 'state-corrupt')) throw error;
    const keys = await store.keys('reports/', signal);
    return keys.map((key) => () => store.get(key, signal));
  }
}

export function reportChange(report: Report, expectedVersion: number): StateChange {
  return { key: reportKey(report.id), value: utf8(JSON.stringify(storedForm(report))), expectedVersion };
}

/** A stored record that does not read as a report is `state-corrupt`: never "not there". */
function decodeReport(key: string, value: Uint8Array): Report {
  try {
    const report = parseReport(parseJsonBytes(value, 'state-corrupt', say`The record "${key}"`));
    if (reportKey(report.id) !== key)
      throw new DossierError('state-corrupt', say`The record "${key}" holds another report`);
    return report;
  } catch (error) {
    if (isDossierError(error, 'unsupported')) throw error;
    throw new DossierError('state-corrupt', toDossierError(error).sentence, { where: 'local', cause: error });
  }
}

function matches(report: Report, filter: ReportFilter): boolean {
  if (filter.connection !== undefined && report.connection !== filter.connection) return false;
  return filter.place === undefined || placeOf(report.state) === filter.place;
}

/** Newest first; the outbox in the order of sending. */
export function compareReports(a: Report, b: Report): number {
  if (placeOf(a.state) === 'outbox' && placeOf(b.state) === 'outbox')
    return (a.queued ?? a.modified) - (b.queued ?? b.modified) || (a.id < b.id ? -1 : 1);
  return b.modified - a.modified || (a.id < b.id ? 1 : -1);
}
