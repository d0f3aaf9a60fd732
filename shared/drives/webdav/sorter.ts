import { DossierError } from '../../core/errors.ts';
import { type DrivePath, parentOf, printable, rootPath } from '../../core/paths.ts';
import type { Log } from '../../core/ports.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Unreadable } from '../../drive/unreadable.ts';
import { type Purpose, statusFailure } from './failures.ts';
import type { Hrefs } from './href.ts';
import type { DavResponse } from './multistatus.ts';

/** What the server says of one path. */
export interface DavResource {
  readonly path: DrivePath;
  readonly properties: DavResponse['properties'];
  /** When the server said so, by its own clock, milliseconds since 1970 UTC. */
  readonly at?: number;
}

/** A part of a listing. */
export interface DavListing {
  readonly resources: readonly DavResource[];
  /** What the server named, and did not tell of. */
  readonly unreadable: readonly Unreadable[];
}

export interface SorterOptions {
  readonly hrefs: Hrefs;
  readonly log: Log;
  /** What was asked for, and how deep. */
  readonly path: DrivePath;
  readonly depth: 0 | 1;
  readonly purpose: Purpose & { readonly where: string };
}

/** Entries that a listing may hold in vain. */
const maxUnusable = 10_000;
/** Longest spelling that is repeated of one. */
const maxSpelling = 200;

/**
 * Sorts the responses of a multistatus: those that answer for `path` and, with depth 1, for its children; children that
 * cannot be used; and whoever else is named, which is left out.
 */
export function createSorter(options: SorterOptions) {
  const { hrefs, log, path, depth, purpose } = options;
  const seen = new Set<DrivePath>();
  const foreign: DavResponse[] = [];
  let first: string | undefined;
  let alias: string | undefined;
  const left = { unusable: 0, elsewhere: 0 };

  const refusal = (sentence: Sentence, status?: number) =>
    new DossierError('invalid-response', sentence, { ...purpose, ...(status && { status }) });
  const count = (what: keyof typeof left) => {
    if (++left[what] > maxUnusable) throw refusal(say`The server sent a listing that says nothing`);
  };

  /** A server behind a proxy may go by an origin that we do not know: the one in which it names what was asked for. */
  const isForeign = ({ href }: DavResponse): boolean => {
    const origin = hrefs.originOf(href);
    if (origin === undefined || origin === hrefs.origin) return false;
    if (alias === undefined && hrefs.pathOf(href, origin) === path) alias = origin;
    return origin !== alias;
  };

  const nameless = (href: string, sentence: Sentence): Unreadable => {
    const spelling = printable(href.slice(0, maxSpelling));
    return { path, spelling, error: refusal(say`${sentence}: ${spelling}`) };
  };

  const judgeItself = ({ status, properties }: DavResponse): DavResource | undefined => {
    // A server that answers for a path and then says that it is not there contradicts itself.
    if (status === 404) throw refusal(say`The server contradicts itself`, status);
    if (status !== undefined && status >= 300) throw statusFailure(status, 'PROPFIND', purpose);
    return seen.has(path) ? undefined : { path, properties };
  };

  const judgeChild = (at: DrivePath | undefined, response: DavResponse): DavResource | Unreadable | undefined => {
    const { href, status = 200, properties } = response;
    if (at === undefined) return nameless(href, say`The server names something in a way that cannot be used`);
    if (at === rootPath || parentOf(at) !== path) return void count('elsewhere');
    if (status === 404) return undefined;
    if (status >= 300) return { path: at, error: statusFailure(status, 'PROPFIND', { ...purpose, path: at }) };
    return seen.has(at) ? nameless(href, say`The server names two entries alike`) : { path: at, properties };
  };

  const judge = (response: DavResponse) => {
    const at = hrefs.pathOf(response.href, alias);
    if (at === path) return judgeItself(response);
    return depth === 0 ? undefined : judgeChild(at, response);
  };

  const sort = (batch: readonly DavResponse[], at?: number): DavListing => {
    const resources: DavResource[] = [];
    const unreadable: Unreadable[] = [];
    for (const response of batch) {
      first ??= response.href;
      if (isForeign(response)) {
        count('unusable');
        foreign.push(response);
        continue;
      }
      const judged = judge(response);
      if (judged === undefined) continue;
      if ('properties' in judged) {
        seen.add(judged.path);
        hrefs.keepSpelling(response.href, alias);
        resources.push(at === undefined ? judged : { ...judged, at });
      } else {
        count('unusable');
        unreadable.push(judged);
      }
    }
    return { resources, unreadable };
  };

  return {
    sort,
    /** What could be judged only once all was read. */
    end(at?: number): DavListing {
      const rest = foreign.splice(0);
      const own = sort(
        rest.filter((response) => !isForeign(response)),
        at,
      );
      if (!seen.has(path)) throw refusal(silence());
      const strange =
        depth === 0
          ? []
          : rest.filter(isForeign).map(({ href }) => nameless(href, say`The server names another server`));
      if (left.elsewhere > 0)
        log.write('warn', 'Entries were left out of a listing: they lie elsewhere', {
          folder: path,
          entries: left.elsewhere,
        });
      return { resources: own.resources, unreadable: [...own.unreadable, ...strange] };
    },
  };

  function silence(): Sentence {
    const sentence = say`The server said nothing about the path that was asked for`;
    if (first === undefined) return sentence;
    return say`${sentence}: it speaks of ${printable(first.slice(0, maxSpelling))} instead of ${hrefs.urlOf(path)}`;
  }
}
