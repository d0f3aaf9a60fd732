import { DossierError } from '../../core/errors.ts';
import { type Sentence, say } from '../../core/sentence.ts';

/**
 * Told of a document as it is read. Names are `{namespace}local`; attributes carry nothing in WebDAV and are not handed
 * on.
 */
export interface XmlHandler {
  open(name: string): void;
  text(text: string): void;
  close(): void;
}

export interface XmlReader {
  push(text: string): void;
  end(): void;
}

const maxDepth = 32;
/** Longest run of text or tag, in UTF-16 code units. */
const maxToken = 65_536;
const qualifiedName = /^(?:([\p{L}_][\p{L}\p{N}._-]*):)?([\p{L}_][\p{L}\p{N}._-]*)$/u;
const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

const refuse = (reason: Sentence): never => {
  throw new DossierError('invalid-response', say`The server sent XML that cannot be trusted: ${reason}`);
};

/**
 * A strict reader of namespaced XML, fed piece by piece so that a listing of any length needs little memory. It knows
 * no document types and no entities but the five of XML and numeric ones, so that nothing can be expanded or fetched;
 * whatever is not well-formed is `invalid-response`.
 */
export function createXmlReader(handler: XmlHandler): XmlReader {
  const scopes: { readonly tag: string; readonly namespaces: ReadonlyMap<string, string> }[] = [];
  const outer: ReadonlyMap<string, string> = new Map([
    ['xml', xmlNamespace],
    ['', ''],
  ]);
  let pending = '';
  let started = false;
  let rooted = false;

  const openTag = (markup: string) => {
    const empty = markup.endsWith('/');
    const inner = empty ? markup.slice(0, -1) : markup;
    const tag = /^[^\s]+/.exec(inner)?.[0] ?? refuse(say`a tag without a name`);
    const namespaces = declaredNamespaces(inner.slice(tag.length), scopes.at(-1)?.namespaces ?? outer);
    if (scopes.length === 0 && rooted) refuse(say`more than one root`);
    if (scopes.length >= maxDepth) refuse(say`more than ${maxDepth} levels`);
    rooted = true;
    handler.open(resolveName(tag, namespaces));
    if (empty) handler.close();
    else scopes.push({ tag, namespaces });
  };

  const closeTag = (markup: string) => {
    if (scopes.pop()?.tag !== markup.trimEnd()) refuse(say`tags that do not match`);
    handler.close();
  };

  const characters = (text: string) => {
    if (scopes.length > 0) handler.text(text);
    else if (text.trim() !== '') refuse(say`text outside of the root`);
  };

  /** Reads one token at `at`; returns where the next begins, or -1 when it is not all there yet. */
  const readToken = (source: string, at: number): number => {
    if (source[at] !== '<') {
      const end = source.indexOf('<', at);
      if (end >= 0) characters(decode(source.slice(at, end)));
      return end;
    }
    for (const [start, close, take] of sections) {
      const begun = source.slice(at, at + start.length);
      if (begun !== start) {
        if (start.startsWith(begun)) return -1;
        continue;
      }
      const end = source.indexOf(close, at + start.length);
      if (end >= 0) take(source.slice(at + start.length, end));
      return end < 0 ? -1 : end + close.length;
    }
    if (source[at + 1] === '!') refuse(say`a document type`);
    const end = endOfTag(source, at + 1);
    if (end < 0) return -1;
    const markup = source.slice(at + 1, end);
    if (markup.startsWith('/')) closeTag(markup.slice(1));
    else openTag(markup);
    return end + 1;
  };

  const sections: readonly (readonly [string, string, (text: string) => void])[] = [
    ['<!--', '-->', () => undefined],
    [
      '<![CDATA[',
      ']]>',
      (text) => (scopes.length > 0 ? handler.text(checked(text)) : refuse(say`text outside of the root`)),
    ],
    ['<?', '?>', (text) => checkInstruction(text, !started)],
  ];

  const consume = (last: boolean) => {
    let at = 0;
    while (at < pending.length) {
      const next = readToken(pending, at);
      if (next < 0) break;
      // Space before the declaration means nothing.
      started ||= pending.slice(at, next).trim() !== '';
      at = next;
    }
    pending = pending.slice(at);
    if (pending.length > maxToken) refuse(say`a value without an end`);
    if (!last || pending === '') return;
    if (pending.trim() !== '' || scopes.length > 0) refuse(say`it breaks off`);
  };

  return {
    push(text) {
      pending += text;
      consume(false);
    },
    end() {
      consume(true);
      if (scopes.length > 0 || !rooted) refuse(say`it breaks off`);
    },
  };
}

function checkInstruction(text: string, first: boolean): void {
  if (!/^xml(\s|$)/i.test(text)) return;
  if (!first) refuse(say`a declaration in the middle`);
  const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) refuse(say`an encoding other than UTF-8`);
}

/** The `>` that ends a tag; one inside a quoted value does not. */
function endOfTag(source: string, from: number): number {
  let quote = '';
  for (let at = from; at < source.length; at++) {
    const character = source[at] as string;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
    else if (character === '<') refuse(say`a tag inside a tag`);
  }
  return -1;
}

function declaredNamespaces(text: string, inherited: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (text.trim() === '') return inherited;
  const declared = new Map(inherited);
  const seen = new Set<string>();
  let at = 0;
  while (text.slice(at).trim() !== '') {
    attribute.lastIndex = at;
    const match = attribute.exec(text) ?? refuse(say`a malformed attribute`);
    at = attribute.lastIndex;
    const name = match[1] as string;
    if (seen.has(name) || !qualifiedName.test(name)) refuse(say`a malformed attribute`);
    seen.add(name);
    const value = decode(match[2] ?? match[3] ?? '');
    if (name === 'xmlns') declared.set('', value);
    else if (name.startsWith('xmlns:') && name !== 'xmlns:xml') declared.set(name.slice(6), value);
  }
  return declared;
}

function resolveName(tag: string, namespaces: ReadonlyMap<string, string>): string {
  const [, prefix = '', local] = qualifiedName.exec(tag) ?? refuse(say`a malformed name`);
  const namespace = namespaces.get(prefix) ?? refuse(say`an undeclared namespace`);
  return `{${namespace}}${local}`;
}

function decode(text: string): string {
  if (!text.includes('&')) return checked(text);
  const decoded = text.replace(/&([^;&]{0,12};)?/g, (_, body: string | undefined) => {
    const name = body?.slice(0, -1) ?? refuse(say`a bare ampersand`);
    const [, hexadecimal, decimal] = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name) ?? [];
    if (hexadecimal === undefined && decimal === undefined) return entities[name] ?? refuse(say`an entity of its own`);
    const code = hexadecimal === undefined ? parseInt(decimal as string, 10) : parseInt(hexadecimal, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) refuse(say`a character that does not exist`);
    return String.fromCodePoint(code);
  });
  return checked(decoded);
}

function checked(text: string): string {
  if (illegal.test(text)) refuse(say`a control character`);
  return text;
}
