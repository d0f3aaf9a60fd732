/** Conditional requests: If-Match, If-None-Match, and the `If` header of WebDAV. */
import { DavError } from './davError.ts';
import type { Exchange } from './exchange.ts';

/** The ETag of what lives at a URL or path, or undefined when nothing does. */
export type EtagAt = (pathOrUrl: string) => string | undefined;

const unquote = (tag: string): string =>
  tag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
const listed = (header: string): string[] => header.split(',').map(unquote);

interface Condition {
  readonly negated: boolean;
  readonly etag: string | undefined;
}

interface Resourced {
  readonly url: string;
  readonly alternatives: readonly (readonly Condition[])[];
}

function parseIf(header: string, ownUrl: string): Resourced[] {
  const found: Resourced[] = [];
  const tagged = /(?:<([^>]*)>\s*)?((?:\((?:[^()"]|"[^"]*")*\)\s*)+)/g;
  for (const [, url, lists = ''] of header.matchAll(tagged)) {
    const alternatives = [...lists.matchAll(/\(((?:[^()"]|"[^"]*")*)\)/g)].map(([, inner = '']) =>
      [...inner.matchAll(/(Not\s+)?(?:<([^>]*)>|\[((?:W\/)?"[^"]*")\])/gi)].map(([, not, , etag]) => ({
        negated: not !== undefined,
        etag: etag === undefined ? undefined : unquote(etag),
      })),
    );
    found.push({ url: url ?? ownUrl, alternatives });
  }
  return found;
}

const holds = ({ negated, etag }: Condition, current: string | undefined): boolean =>
  // There are no lock tokens here, so one is never valid.
  (etag !== undefined && etag === current) !== negated;

export function checkPreconditions(exchange: Exchange, ownUrl: string, etagAt: EtagAt): 'proceed' | 'notModified' {
  const current = etagAt(ownUrl);
  const fail = (header: string): never => {
    throw new DavError('PreconditionFailed', `An ${header} header was specified, but the condition did not hold`);
  };
  const ifMatch = exchange.header('if-match');
  if (ifMatch !== undefined) {
    if (current === undefined || (ifMatch.trim() !== '*' && !listed(ifMatch).includes(current))) fail('If-Match');
  }
  const ifNoneMatch = exchange.header('if-none-match');
  if (ifNoneMatch !== undefined && current !== undefined) {
    const matched = ifNoneMatch.trim() === '*' || listed(ifNoneMatch).includes(current);
    if (matched && (exchange.method === 'GET' || exchange.method === 'HEAD')) return 'notModified';
    if (matched) fail('If-None-Match');
  }
  const ifHeader = exchange.header('if');
  if (ifHeader !== undefined) {
    const all = parseIf(ifHeader, ownUrl);
    const passed =
      all.length > 0 &&
      all.every(({ url, alternatives }) =>
        alternatives.some((conditions) => conditions.every((condition) => holds(condition, etagAt(url)))),
      );
    if (!passed) fail('If');
  }
  return 'proceed';
}
