import type { IBinaryData, IDataObject } from 'n8n-workflow';
import { DossierError, type Outcome, say, toText } from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import type { Call, Output, Result } from '../../../fields/operation.ts';
import { ended, failureJson } from '../../../host/errors.ts';
import type { Placed } from './deliverFiles.ts';

const failedOutput = 1;

/** Names of the outputs of an upload. */
export const uploadOutputs = ['Uploaded', 'Failed'];

/** A file that an upload was asked to put somewhere, and what became of it. */
export interface Sent {
  readonly outcome: Outcome<Placed>;
  readonly name: string;
  /** What else the output says of it, by which it is known again. */
  readonly about: IDataObject;
  /** The binary that it came as. */
  readonly brought?: { readonly field: string; readonly binary: IBinaryData };
  /** The item that it came from, where there are several. */
  readonly item?: number;
}

/**
 * One item for each file. What failed leaves by Failed with its binary field; where that leads nowhere it is an error,
 * and running the node again sends only what is missing.
 */
export function uploadResult(call: Call, sent: readonly Sent[]): Result {
  const failures = sent.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.error]));
  const [first] = failures;
  const leadsOn = call.leadsOn(failedOutput);
  if (first !== undefined && !leadsOn && !call.context.continueOnFail()) {
    const arrived = sent.length - failures.length;
    if (first.code === 'cancelled' || arrived === 0) throw first;
    const happened = ended(first.sentence === undefined ? first.message : toText(first.sentence));
    throw new DossierError(
      first.code,
      say`${happened} ${arrived} of ${sent.length} files have arrived and are not sent again.`,
      { cause: first },
    );
  }
  return { items: sent.map((file) => outputOf(file, leadsOn)) };
}

function outputOf({ outcome, name, about, brought, item }: Sent, leadsOn: boolean): Output {
  const from = item === undefined ? {} : { item };
  if (outcome.ok) return { json: { ...placedJson(outcome.value, about) }, ...from };
  if (!leadsOn) return { json: { ...failureJson(outcome.error) }, ...from };
  const { code, message } = outcome.error;
  return {
    json: { state: 'failed', ...about, name, code, reason: message },
    ...(brought === undefined ? {} : { binary: { [brought.field]: brought.binary } }),
    output: failedOutput,
    ...from,
  };
}

function placedJson({ entry, proof, unchanged }: Placed, about: IDataObject): IDataObject {
  return { state: unchanged ? 'unchanged' : 'uploaded', ...about, ...entryJson(entry), proof: { ...proof } };
}
