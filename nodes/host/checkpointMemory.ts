import type { Ledger, LedgerPorts } from '../../shared/index.ts';
import type { NodeContext } from './context.ts';

/**
 * The newest signed head of each ledger, kept with the workflow and so apart from the store: an older copy of the store
 * that somebody brings back is noticed by it. n8n saves it at the end of every run of an active workflow, and in no
 * manual run.
 */
export interface CheckpointMemory {
  readonly seen: NonNullable<LedgerPorts['seenElsewhere']>;
  /** The same ledger; whatever head it shows from now on is remembered. */
  watch(ledger: Ledger): Ledger;
}

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

export function createCheckpointMemory(context: NodeContext): CheckpointMemory {
  const data = staticData(context);
  const name = (origin: string) => `${prefix}${origin}`;
  return {
    async seen(origin) {
      const note = data[name(origin)];
      return typeof note === 'string' ? [note] : [];
    },
    watch(ledger) {
      const { log } = ledger;
      const head: typeof log.head = async (signal) => {
        const newest = await log.head(signal);
        // Writing it makes n8n save the whole of it, so only what is new is written.
        if (newest && data[name(log.identity.origin)] !== newest.note) data[name(log.identity.origin)] = newest.note;
        return newest;
      };
      return { ...ledger, log: { ...log, head } };
    },
  };
}
