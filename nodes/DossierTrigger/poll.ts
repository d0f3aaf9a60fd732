import type { INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { toNodeError } from '../host/errors.ts';
import { watchfully } from './health.ts';
import { newItems } from './look.ts';
import { sampleOf } from './sample.ts';
import { type Fixed, watchedBy } from './watched.ts';

/** One look without a notice: an item for each change, or null when there was none. */
export async function poll(context: IPollFunctions, fixed?: Fixed): Promise<INodeExecutionData[][] | null> {
  try {
    const watched = watchedBy(context, fixed);
    const items =
      context.getMode() === 'manual'
        ? await sampleOf(context, watched)
        : await watchfully(context, watched, () => newItems({ context, watched }));
    return items.length === 0 ? null : [items.map((json) => ({ json }))];
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}
