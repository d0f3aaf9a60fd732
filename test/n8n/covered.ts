import { appendFileSync, readFileSync } from 'node:fs';

/** Where something of the nodes was run: in n8n's own execution context, or in a whole n8n. */
export type Where = 'context' | 'real';

const fileVariable = 'DOSSIER_COVERED';

/** Notes that an operation, or a trigger, was run, where somebody asked for such notes. */
export function noteCovered(where: Where, what: string): void {
  const file = process.env[fileVariable];
  if (file !== undefined) appendFileSync(file, `${where} ${what}\n`);
}

/** How often each was run, by where. */
export function coveredIn(file: string): Map<string, Record<Where, number>> {
  const all = new Map<string, Record<Where, number>>();
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [where, what] = line.split(' ') as [Where, string];
    const counts = all.get(what) ?? { context: 0, real: 0 };
    counts[where]++;
    all.set(what, counts);
  }
  return all;
}

/** The environment that asks for notes. */
export const askForNotes = (file: string): NodeJS.ProcessEnv => ({ ...process.env, [fileVariable]: file });

interface Run {
  readonly data?: { readonly resultData?: { readonly runData?: Readonly<Record<string, unknown>> } };
  readonly workflowData?: {
    readonly nodes: readonly {
      readonly name: string;
      readonly type: string;
      readonly parameters: Record<string, unknown>;
    }[];
  };
}

/** Notes what the executions of a whole n8n ran of our nodes. */
export function noteRuns(runs: readonly Run[]): void {
  for (const { data, workflowData } of runs)
    for (const { name, type, parameters } of workflowData?.nodes ?? []) {
      if (!type.startsWith('n8n-nodes-dossier.') || data?.resultData?.runData?.[name] === undefined) continue;
      const { resource, operation } = parameters;
      noteCovered('real', typeof resource === 'string' ? `${resource}.${String(operation)}` : type.split('.')[1]!);
    }
}
