import { type IAllExecuteFunctions, isResourceLocatorValue } from 'n8n-workflow';
import { DossierError, say } from '../../shared/index.ts';

type NodeOf = Pick<IAllExecuteFunctions, 'getNode'>;

/**
 * The value of a parameter for which empty means something of its own: the usual folder, every linked one, a new report. Only
 * a field that was left empty means that. An expression that gives nothing names nothing, and what is missing in an
 * item must not turn into everything.
 *
 * @throws `invalid-input` when the value is empty and the field holds an expression.
 */
export function given<Value>(context: NodeOf, name: string, value: Value): Value {
  const expression = isEmpty(value) ? expressionIn(context.getNode().parameters[name]) : undefined;
  if (expression === undefined) return value;
  throw new DossierError(
    'invalid-input',
    say`The expression ${expression} gives nothing for this item. Only a field that is left empty means the usual choice`,
  );
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function expressionIn(parameter: unknown): string | undefined {
  const text = isResourceLocatorValue(parameter) ? parameter.value : parameter;
  return typeof text === 'string' && text.startsWith('=') ? text.slice(1).trim() : undefined;
}
