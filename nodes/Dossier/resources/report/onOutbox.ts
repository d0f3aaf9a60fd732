import type { Outbox, Report } from '../../../../shared/index.ts';
import type { Call, Result } from '../../../fields/operation.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';

/** Does something to a report of the store that the lifecycle of reports allows, and gives it as it is then. */
export async function onOutbox(
  call: Call,
  act: (outbox: Outbox, id: string) => Promise<Report>,
  words: (title: string) => string,
): Promise<Result> {
  const { report } = await storedReport(call);
  const { connection } = await call.open();
  const { outbox } = await call.store();
  const after = await act(outbox({ path: connection.folder }), report.id);
  return { items: [{ json: reportJson(after) }], hint: words(after.title) };
}
