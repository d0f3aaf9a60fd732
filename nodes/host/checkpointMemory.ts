import type { HeadMemory } from '../../shared/index.ts';
import type { NodeContext } from './context.ts';

const prefix = 'dossierLedger:';

/** States of other people's ledgers that this workflow saw: an older one of the same is not taken again. */
export interface SeenStates {
  list(): string[];
  remember(origin: string, checkpoint: string): void;
}

export function createSeenStates(context: NodeContext): SeenStates {
  const data = staticData(context);
  return {
    list: () =>
      Object.entries(data).flatMap(([name, note]) =>
        name.startsWith(prefix) && typeof note === 'string' ? [note] : [],
      ),
    remember(origin, checkpoint) {
      if (data[prefix + origin] !== checkpoint) data[prefix + origin] = checkpoint;
    },
  };
}

function staticData(context: NodeContext): Record<string, unknown> {
  return 'getWorkflowStaticData' in context && typeof context.getWorkflowStaticData === 'function'
    ? context.getWorkflowStaticData('global')
    : {};
}

/**
 * The newest signed heads, kept with the workflow. n8n saves them at the end of every run of an active workflow, and in
 * no manual run.
 */
export function createCheckpointMemory(context: NodeContext): HeadMemory {
  const data = staticData(context);
  return {
    async seen(origin) {
      const note = data[prefix + origin];
      return typeof note === 'string' ? [note] : [];
    },
    // Writing it makes n8n save the whole of it, so only what is new is written.
    remember: createSeenStates(context).remember,
  };
}
