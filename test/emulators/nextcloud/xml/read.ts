/**
 * A strict reader for the small XML documents that WebDAV clients send. It knows namespaces, the five
 * named entities and numeric ones, and refuses everything a request has no business to contain.
 */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** Character data directly inside this element. */
  text: string;
}

export class XmlError extends Error {}

const maxDepth = 64;
const namePattern = /[A-Za-z_\u00c0-\uffff][\w.\-:\u00b7-\uffff]*/y;
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeText(raw: string): string {
  return raw.replace(/&([^;\s&]*);?/g, (whole, entity: string) => {
    if (!whole.endsWith(';')) throw new XmlError('a bare & in character data');
    const known = named[entity];
    if (known !== undefined) return known;
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(entity);
    const code = numeric === null ? NaN : numeric[1] === undefined ? Number(numeric[2]) : parseInt(numeric[1], 16);
    if (!(code > 0 && code <= 0x10ffff)) throw new XmlError(`unknown entity ${entity.slice(0, 20)}`);
    return String.fromCodePoint(code);
  });
}

interface Open {
  readonly element: XmlElement;
  readonly tag: string;
  readonly scope: ReadonlyMap<string, string>;
}

export function parseXml(source: string): XmlElement {
  const text = source.replace(/^\ufeff/, '');
  let at = 0;
  let root: XmlElement | undefined;
  const open: Open[] = [];

  const until = (end: string, what: string): string => {
    const stop = text.indexOf(end, at);
    if (stop < 0) throw new XmlError(`unfinished ${what}`);
    const inside = text.slice(at, stop);
    at = stop + end.length;
    return inside;
  };
  const readName = (): string => {
    namePattern.lastIndex = at;
    const found = namePattern.exec(text);
    if (found === null) throw new XmlError(`a name was expected at ${at}`);
    at += found[0].length;
    return found[0];
  };
  const resolve = (tag: string, scope: ReadonlyMap<string, string>): { namespace: string; name: string } => {
    const colon = tag.indexOf(':');
    const prefix = colon < 0 ? '' : tag.slice(0, colon);
    const namespace = scope.get(prefix);
    if (namespace === undefined && prefix !== '') throw new XmlError(`prefix ${prefix} is not declared`);
    return { namespace: namespace ?? '', name: tag.slice(colon + 1) };
  };
  const characters = (data: string): void => {
    const top = open.at(-1);
    if (top !== undefined) top.element.text += data;
    else if (data.trim() !== '') throw new XmlError('text outside of the document element');
  };
  const readAttributes = (): Map<string, string> => {
    const attributes = new Map<string, string>();
    for (;;) {
      const gap = /\s*/y;
      gap.lastIndex = at;
      at += gap.exec(text)?.[0].length ?? 0;
      if (text[at] === '>' || text[at] === '/' || text[at] === undefined) return attributes;
      const name = readName();
      const equals = /\s*=\s*(["'])/y;
      equals.lastIndex = at;
      const quote = equals.exec(text);
      if (quote === null) throw new XmlError(`attribute ${name} has no value`);
      at += quote[0].length;
      const value = until(quote[1] as string, 'attribute');
      if (value.includes('<') || attributes.has(name)) throw new XmlError(`bad attribute ${name}`);
      attributes.set(name, decodeText(value));
    }
  };
  const startElement = (): void => {
    const tag = readName();
    const attributes = readAttributes();
    const empty = text[at] === '/';
    at += empty ? 1 : 0;
    if (text[at] !== '>') throw new XmlError(`element ${tag} is not closed`);
    at += 1;
    const scope = new Map(open.at(-1)?.scope ?? [['xml', 'http://www.w3.org/XML/1998/namespace']]);
    for (const [name, value] of attributes) {
      if (name === 'xmlns') scope.set('', value);
      else if (name.startsWith('xmlns:') && value === '') throw new XmlError('a prefix cannot be bound to nothing');
      else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value);
    }
    const element: XmlElement = { ...resolve(tag, scope), attributes, children: [], text: '' };
    const parent = open.at(-1);
    if (parent !== undefined) parent.element.children.push(element);
    else if (root !== undefined) throw new XmlError('more than one document element');
    else root = element;
    if (empty) return;
    if (open.length >= maxDepth) throw new XmlError('nested too deeply');
    open.push({ element, tag, scope });
  };

  while (at < text.length) {
    if (text[at] !== '<') {
      const stop = text.indexOf('<', at);
      const data = text.slice(at, stop < 0 ? undefined : stop);
      at = stop < 0 ? text.length : stop;
      characters(decodeText(data));
    } else if (text.startsWith('<!--', at)) {
      at += 4;
      until('-->', 'comment');
    } else if (text.startsWith('<![CDATA[', at)) {
      at += 9;
      characters(until(']]>', 'CDATA section'));
    } else if (text.startsWith('<?', at)) {
      at += 2;
      until('?>', 'processing instruction');
    } else if (text.startsWith('<!', at)) {
      throw new XmlError('document types are not allowed');
    } else if (text.startsWith('</', at)) {
      at += 2;
      const tag = until('>', 'end tag').trimEnd();
      if (open.pop()?.tag !== tag) throw new XmlError(`unexpected end of ${tag}`);
    } else {
      at += 1;
      startElement();
    }
  }
  if (root === undefined || open.length > 0) throw new XmlError('the document is not complete');
  return root;
}

export const dav = 'DAV:';

export function childNamed(parent: XmlElement, name: string, namespace: string = dav): XmlElement | undefined {
  return parent.children.find((child) => child.name === name && child.namespace === namespace);
}
