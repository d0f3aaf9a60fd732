import { parseStoredPath, type Report } from '../../../../shared/index.ts';
import { hostKindOf } from '../../kinds/index.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';

/**
 * Shows where a submitted report lies: in the file manager, on the web page of the service, or among the remote folders
 * where the service has no page for it.
 */
export async function openDestination(services: Services, report: Report): Promise<void> {
  if (!report.destination) throw editorError('not-found', 'This report was not submitted yet');
  const { path, id } = report.destination;
  const connection = await services.connections.get(report.connection);
  const place = { path: parseStoredPath(path), ...(id === undefined ? {} : { id }) };
  await hostKindOf(connection).show(services, connection, place);
}
