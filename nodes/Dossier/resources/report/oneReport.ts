import type { Call } from '../../../fields/operation.ts';

type Item = Pick<Call, 'context' | 'itemIndex' | 'parameter'>;

/**
 * What items agree on that make one report, as the person chose; undefined where each makes its own. Whatever says where
 * the report goes, or which one it is, is part of it: nothing is gathered into a report that it was not meant for.
 */
export function oneReport({ context, itemIndex, parameter }: Item): string | undefined {
  const gather = parameter('gather');
  if (gather !== 'all' && gather !== 'title') return undefined;
  const title = gather === 'title' ? parameter('title') : '';
  const shared = ['folder', 'record', 'connection', 'options'].map((name) =>
    context.getNodeParameter(name, itemIndex, null),
  );
  return JSON.stringify([gather, title, ...shared]);
}
