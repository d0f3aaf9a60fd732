import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { redact, toDossierError } from '../../shared/index.ts';
import { clock } from '../host/clock.ts';
import type { ChangeItem } from './change.ts';
import type { Watched } from './watched.ts';

const hourMs = 3_600_000;

interface Trouble {
  /** Milliseconds since 1970 UTC of the first look of a row that failed. */
  readonly since: number;
  readonly warned: number;
}

/** What n8n does not keep when a poll fails: since when the looks of each trigger fail. */
const troubles = new Map<string, Trouble>();

/**
 * Looks, and starts the workflow with a warning when no look has succeeded for so many hours: an error of a poll is seen
 * by nobody who does not open the list of executions. Until then, and between warnings, the error is thrown.
 */
export async function watchfully(
  context: IPollFunctions,
  { silentHours }: Pick<Watched, 'silentHours'>,
  look: () => Promise<IDataObject[]>,
  now = () => clock.now(),
): Promise<IDataObject[]> {
  const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
  const data = context.getWorkflowStaticData('node');
  try {
    const items = await look();
    troubles.delete(trigger);
    if (data['failingSince'] !== undefined) delete data['failingSince'];
    return items;
  } catch (error) {
    const kept = Number(data['failingSince']);
    const known = troubles.get(trigger) ?? (kept > 0 ? { since: kept, warned: kept } : undefined);
    const trouble = known ?? { since: now(), warned: now() };
    data['failingSince'] = trouble.since;
    troubles.set(trigger, trouble);
    if (silentHours <= 0 || now() - trouble.warned < silentHours * hourMs) return Promise.reject(error as Error);
    troubles.set(trigger, { ...trouble, warned: now() });
    const { message, code } = toDossierError(error);
    const since = new Date(trouble.since).toISOString();
    const warning: ChangeItem = { event: 'unreachable', since, reason: redact(message), code };
    return [{ ...warning }];
  }
}
