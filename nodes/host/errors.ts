import { type INode, type JsonObject, NodeApiError, NodeOperationError } from 'n8n-workflow';
import {
  type DossierError,
  type ErrorCode,
  type RetryAdvice,
  redact,
  toDossierError,
  toText,
} from '../../shared/index.ts';
import { plainText } from './plainText.ts';

/** Codes that the person who built the workflow mends; the others come from the service. */
const mendedInWorkflow: ReadonlySet<ErrorCode> = new Set([
  'invalid-input',
  'invalid-path',
  'source-missing',
  'source-changed',
  'unsupported',
  'cancelled',
  'vault-locked',
]);

/**
 * What a failed item says when the workflow goes on. n8n takes an item for a failed one only if it has these keys and
 * no others.
 */
export interface FailureJson {
  readonly error: string;
  readonly details: { readonly code: ErrorCode; readonly retry: RetryAdvice };
}

export function failureJson(thrown: unknown): FailureJson {
  const { message, code, retry } = toDossierError(thrown);
  return { error: redact(message), details: { code, retry } };
}

/** Any failure as n8n shows it: what happened, with the code; below it how to mend it. */
export function toNodeError(node: INode, thrown: unknown, itemIndex: number): NodeApiError | NodeOperationError {
  if (thrown instanceof NodeApiError || thrown instanceof NodeOperationError) return thrown;
  const error = toDossierError(thrown);
  const { code } = error;
  const { happened, mend } = parts(error);
  const message = `${happened} (${code})`;
  const description = mend.trim();
  const shown = mendedInWorkflow.has(code)
    ? new NodeOperationError(node, message, { itemIndex, description })
    : new NodeApiError(node, answerOf(error), {
        message,
        description,
        itemIndex,
        ...(error.status === undefined ? {} : { httpCode: String(error.status) }),
      });
  // n8n swaps sentences in which it finds words like ENOENT, which may well be part of a file name.
  shown.message = message;
  return shown;
}

/** Where nothing special happened, the advice says it all. */
function parts({ sentence, advice, message }: DossierError): { readonly happened: string; readonly mend: string } {
  if (sentence === undefined) return { happened: redact(message), mend: '' };
  const mend = advice === undefined ? '' : `${ended(toText(advice))} `;
  return { happened: ended(plainText(sentence)), mend: redact(mend) };
}

/** A sentence with its full stop. */
export const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function answerOf({ code, status }: DossierError): JsonObject {
  return { code, ...(status === undefined ? {} : { statusCode: status }) };
}
