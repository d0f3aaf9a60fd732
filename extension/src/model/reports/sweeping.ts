import { type Attachment, type Clock, isDossierError, type Log, toDossierError } from '../../../../shared/index.ts';
import { hasKept, keptCopyOf } from '../files/fileSources.ts';
import type { ReportHome, ReportHomes } from '../storage/reportHomes.ts';

/** Long after the start of the editor, when nobody waits for anything. */
const afterMs = 120_000;

/** Removes, once in the life of a window, the copies of attachments that no report refers to any more. */
export async function sweepLater(homes: ReportHomes, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(afterMs, signal);
    const away = await homes.away();
    for (const home of away) await sweep(home, [home], log);
    // The versions that were attached are kept here, wherever the report is kept.
    await sweep(homes.here, [homes.here, ...away], log);
  } catch (thrown) {
    if (!isDossierError(thrown, 'cancelled'))
      log.write('info', 'Copies of attachments were not looked through', { reason: toDossierError(thrown).code });
  }
}

async function sweep(home: ReportHome, referring: readonly ReportHome[], log: Log): Promise<void> {
  const attachments: Attachment[] = [];
  for (const each of referring) {
    const { reports, damaged } = await each.reports.list();
    // A report that cannot be read may refer to any of them.
    if (damaged.length > 0) return;
    attachments.push(...reports.flatMap(({ report }) => report.attachments));
    const unsent = reports.filter(({ report }) => report.state !== 'submitted');
    attachments.push(...unsent.flatMap(({ report }) => report.attachments.filter(hasKept).map(keptCopyOf)));
  }
  const removed = await home.copies.sweep(attachments);
  if (removed > 0)
    log.write('info', 'Copies of attachments that no report refers to were removed', { copies: removed });
}
