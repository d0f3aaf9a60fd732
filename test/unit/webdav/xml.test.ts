import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDossierError } from '../../../shared/core/errors.ts';
import { createElementBuilder, type Element, parseElement } from '../../../shared/drives/webdav/element.ts';
import { createXmlReader } from '../../../shared/drives/webdav/xml.ts';

/** The document as a tree, fed in pieces that are cut at the given places. */
function parsePieces(text: string, cuts: readonly number[] = []): Element {
  let root: Element | undefined;
  const reader = createXmlReader(
    createElementBuilder(
      (_, depth) => depth === 0,
      (element) => (root = element),
    ),
  );
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    reader.push(text.slice(at, cut));
    at = cut;
  }
  reader.push(text.slice(at));
  reader.end();
  return root as Element;
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return isDossierError(error) ? error.code : String(error);
  }
}

const sample =
  '<?xml version="1.0" encoding="utf-8"?>\n<!-- a > b --><D:a xmlns:D="DAV:" xmlns="urn:x" k="a>b"><b>one &amp; &#50; &#x33; &lt;<![CDATA[<&]]></b>' +
  '<D:c/><e xmlns="urn:y" xmlns:D="urn:z"><D:f>\'"</D:f></e><?pi ?></D:a>\n';

describe('strict XML', () => {
  test('names are told by namespace, text with its entities, values untouched', () => {
    const root = parsePieces(sample);
    expect(root.name).toBe('{DAV:}a');
    expect(root.children.map(({ name }) => name)).toEqual(['{urn:x}b', '{DAV:}c', '{urn:y}e']);
    expect(root.children[0]?.text).toBe('one & 2 3 <<&');
    expect(root.children[2]?.children[0]).toEqual({ name: '{urn:z}f', text: '\'"', children: [] });
  });

  test('it does not matter where the pieces are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(sample.length), { maxLength: 12 }), (cuts) => {
        expect(parsePieces(sample, cuts)).toEqual(parsePieces(sample));
      }),
    );
  });

  test('text of any kind comes back as it was written', () => {
    const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary' })
          .filter((text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)),
        (text) => {
          expect(parsePieces(`<a>${escape(text)}</a>`).text).toBe(text);
        },
      ),
    );
  });

  test.each([
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<a>&e;</a>',
    '<a>a & b</a>',
    '<a>&#0;</a>',
    '<a>&#xd800;</a>',
    '<a>&#x110000;</a>',
    '<a>\u0001</a>',
    '<a><b></a></b>',
    '<a>',
    '<a/><b/>',
    'text<a/>',
    '<a/>text',
    '<a b="1" b="2"/>',
    '<a b=1/>',
    '<a b="<"/>',
    '<x:a/>',
    '<a><?xml version="1.0"?></a>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    '<a><!ELEMENT b></a>',
    '',
    '   ',
    '<1a/>',
    '<a:b:c xmlns:a="x"/>',
    `${'<a>'.repeat(40)}${'</a>'.repeat(40)}`,
  ])('refuses %j', (text) => {
    expect(codeOf(() => parsePieces(text))).toBe('invalid-response');
    expect(parseElement(text)).toBeUndefined();
  });

  test.each([
    ['text', '<a>', 'x'],
    ['a comment', '<a><!--', 'x'],
    ['an attribute', '<a b="', 'x'],
    ['attributes', '<a', ' b=""'],
    ['depth', '', '<a>'],
    ['space before the root', '', ' '],
  ])('gives up on %s without an end, having kept little of it', (_, start, more) => {
    const reader = createXmlReader({ open: () => undefined, text: () => undefined, close: () => undefined });
    let pushed = 0;
    const flood = () => {
      reader.push(start);
      for (; pushed < 10_000_000; pushed += 4096) reader.push(more.repeat(4096 / more.length));
    };
    expect(codeOf(flood)).toBe('invalid-response');
    expect(pushed).toBeLessThan(200_000);
  });

  test('anything at all either parses or is refused, and never throws anything else', () => {
    const markup = fc
      .array(
        fc.constantFrom(
          '<',
          '>',
          '/',
          'a',
          ':',
          '"',
          "'",
          '=',
          '&',
          ';',
          '#',
          'x',
          '1',
          ' ',
          '!',
          '-',
          '[',
          ']',
          '?',
          '<a>',
          '</a>',
          '<![CDATA[',
          ']]>',
          '<!--',
          '-->',
          'xmlns',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(markup, (text) => {
        expect(['accepted', 'invalid-response']).toContain(codeOf(() => parsePieces(text)));
      }),
      { numRuns: 2_000 },
    );
  });
});
