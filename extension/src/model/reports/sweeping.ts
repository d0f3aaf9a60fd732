import { type Clock, isDossierError, type Log, toDossierError } from '../../../../shared/index.ts';
import type { ReportHome, ReportHomes } from '../storage/reportHomes.ts';

/** Long after the start of the editor, when nobody waits for anything. */
const afterMs = 120_000;

/** Removes, once in the life of a window, the copies of attachments that no report refers to any more. */
export async function sweepLater(homes: ReportHomes, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(afterMs, signal);
    for (const home of [homes.here, ...(await homes.away())]) await sweep(home, log);
  } catch (thrown) {
    if (!isDossierError(thrown, 'cancelled'))
      log.write('info', 'Copies of attachments were not looked through', { reason: toDossierError(thrown).code });
  }
}

async function sweep(home: ReportHome, log: Log): Promise<void> {
  const { reports, damaged } = await home.reports.list();
  // A report that cannot be read may refer to any of them.
  if (damaged.length > 0) return;
  const removed = await home.copies.sweep(reports.flatMap(({ report }) => report.attachments));
  if (removed > 0)
    log.write('info', 'Copies of attachments that no report refers to were removed', { copies: removed });
}
