import { DossierError } from '../../core/errors.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { childNamed, childrenNamed, createElementBuilder, type Element } from './element.ts';
import { createXmlReader } from './xml.ts';

export const dav = (local: string) => `{DAV:}${local}`;

/** One `response` of a multistatus (RFC 4918, section 14.24). */
export interface DavResponse {
  /** As the server wrote it; nothing about it has been checked. */
  readonly href: string;
  /** Where the response has a status of its own instead of properties, or the server failed at some of them. */
  readonly status: number | undefined;
  /** The properties whose own `propstat` says that they were found, by `{namespace}local`. */
  readonly properties: ReadonlyMap<string, Element>;
}

/** Bytes of one multistatus: some hundred thousand entries. */
const maxDocument = 256 * 1024 * 1024;

/**
 * Reads a multistatus while it arrives, in batches, in the order of the server. `invalid-response` when it is anything
 * else or breaks off.
 */
export async function* readMultistatus(body: AsyncIterable<Uint8Array>): AsyncIterable<DavResponse[]> {
  let batch: DavResponse[] = [];
  let size = 0;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const builder = createElementBuilder(
    (name, depth) => depth === 1 && name === dav('response'),
    (element) => batch.push(parseResponse(element)),
  );
  let depth = 0;
  const reader = createXmlReader({
    ...builder,
    open(name) {
      if (depth++ === 0 && name !== dav('multistatus')) throw invalid(say`something other than a multistatus`);
      builder.open(name);
    },
    close() {
      depth--;
      builder.close();
    },
  });
  for await (const bytes of body) {
    size += bytes.length;
    if (size > maxDocument) throw invalid(say`a listing without an end`);
    reader.push(decodeWith(decoder, bytes));
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
  reader.push(decodeWith(decoder));
  reader.end();
}

function decodeWith(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch {
    throw invalid(say`text that is not UTF-8`);
  }
}

function parseResponse(element: Element): DavResponse {
  const own = childNamed(element, dav('status'));
  const properties = new Map<string, Element>();
  let failed: number | undefined;
  for (const propstat of childrenNamed(element, dav('propstat'))) {
    const status = parseStatus(childNamed(propstat, dav('status'))?.text ?? '');
    if (status >= 500) failed = status;
    if (status < 200 || status > 299) continue;
    for (const property of childNamed(propstat, dav('prop'))?.children ?? []) {
      if (properties.has(property.name)) throw invalid(say`an entry that says one thing twice`);
      properties.set(property.name, property);
    }
  }
  return {
    href: childNamed(element, dav('href'))?.text.trim() ?? '',
    status: (own && parseStatus(own.text)) ?? failed,
    properties,
  };
}

function parseStatus(line: string): number {
  const status = /^\s*HTTP\/\d(?:\.\d)?\s+(\d{3})(?:\s|$)/.exec(line)?.[1];
  if (status === undefined) throw invalid(say`an entry without a status`);
  return Number(status);
}

function invalid(what: Sentence): DossierError {
  return new DossierError('invalid-response', say`The server sent ${what}`);
}
