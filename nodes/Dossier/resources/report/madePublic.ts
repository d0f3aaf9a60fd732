import { makeReportPublic, toDossierError } from '../../../../shared/index.ts';
import type { Call, Result } from '../../../fields/operation.ts';
import { publishRecorded, unpublishedWords } from '../../../host/publishing.ts';
import { hasKey } from '../../../host/reportStore.ts';

/** Publishes what was recorded of a report, where that is wanted: what fails costs the publishing, not the report. */
export async function madePublic(call: Call, result: Result): Promise<Result> {
  const { context, parameter, open, store, signal } = call;
  const { privacy } = (parameter('options') ?? {}) as { privacy?: string };
  const { report, state } = result.items[0]?.json ?? {};
  if (privacy !== 'public' || state !== 'submitted' || typeof report !== 'string' || !hasKey(context)) return result;
  let words = '';
  try {
    const ledger = await (await store()).ledger(signal);
    if (ledger && (await makeReportPublic(ledger, report, signal)))
      words = unpublishedWords(await publishRecorded(await open(), ledger, signal));
  } catch (error) {
    words = unpublishedWords(toDossierError(error));
  }
  return words === '' ? result : { ...result, hint: `${result.hint ?? ''}${words}` };
}
