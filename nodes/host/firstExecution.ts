import type { IExecuteFunctions } from 'n8n-workflow';

/** Name under which a repeated execution carries on which one was the first; n8n hands such data to repetitions. */
const firstName = 'dossierFirstExecution';

interface Internals {
  readonly additionalData?: { readonly hooks?: { readonly retryOf?: unknown } };
  readonly customData?: { get(name: string): unknown; set(name: string, value: string): void };
}

/**
 * The id of the execution in which this work was first tried: the same in a manual retry, in the retry of a retry and
 * in a job that n8n's queue delivers again. n8n tells an execution only which one it repeats, so the first is noted in
 * each repetition. Undefined where n8n has no id for it.
 */
export function firstExecution(context: IExecuteFunctions): string | undefined {
  const id: unknown = context.getExecutionId();
  if (typeof id !== 'string' || id === '') return undefined;
  const { additionalData, customData } = context as unknown as Internals;
  const retryOf = additionalData?.hooks?.retryOf;
  const noted = noteOf(customData);
  const first = noted ?? (typeof retryOf === 'string' && retryOf !== '' ? retryOf : id);
  if (first !== id && noted === undefined) customData?.set(firstName, first);
  return first;
}

function noteOf(customData: Internals['customData']): string | undefined {
  try {
    const noted = customData?.get(firstName);
    return typeof noted === 'string' && noted !== '' ? noted : undefined;
  } catch {
    // n8n's tools run without such data.
    return undefined;
  }
}
