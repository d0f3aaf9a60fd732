/** XML that is too much, too little, or not what it says. */
import { type AttackTable, entryXml, family, multistatusXml, type Outcome, type Scene } from '../attack.ts';

type Document = (scene: Scene, honest: string) => string | Uint8Array | AsyncIterable<string | Uint8Array>;

const withDoctype = (honest: string, doctype: string): string => honest.replace('?>', `?>${doctype}`);
const withEntry = (honest: string, xml: string): string => honest.replace('</d:multistatus>', `${xml}</d:multistatus>`);
const withName = (scene: Scene, honest: string, name: string): string =>
  withEntry(honest, entryXml(`${scene.folder}evil.txt`, `<d:displayname>${name}</d:displayname><d:resourcetype/>`));

const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join(
  '',
);

async function* forever(first: string, next: (turn: number) => string): AsyncGenerator<string> {
  yield first;
  for (let turn = 0; ; turn += 1) {
    yield next(turn);
    // Gives the client its turn to end this.
    if (turn % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Nothing that anybody holds in memory, least of all this server. */
async function* inTheMiddle(honest: string, piece: () => string, times: number): AsyncGenerator<string> {
  const middle = honest.indexOf('</d:href>');
  yield honest.slice(0, middle);
  for (let turn = 0; turn < times; turn += 1) yield piece();
  yield honest.slice(middle);
}

const renamed = (honest: string, prefix: string): string =>
  honest
    .replaceAll('<d:', `<${prefix}`)
    .replaceAll('</d:', `</${prefix}`)
    .replace('xmlns:d=', prefix === '' ? 'xmlns=' : `xmlns:${prefix.slice(0, -1)}=`);

const opening = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">';
const many = (count: number, { folder }: Scene): string =>
  Array.from({ length: count }, (_, index) =>
    entryXml(
      `${folder}f${index}.txt`,
      `<d:getetag>&quot;${index}&quot;</d:getetag><d:getcontentlength>1</d:getcontentlength><d:resourcetype/>`,
    ),
  ).join('');

const refused: Readonly<Record<string, Document>> = {
  'doctype': (_scene, honest) => withDoctype(honest, '<!DOCTYPE d:multistatus>'),
  'doctype-system': ({ stranger }, honest) =>
    withDoctype(honest, `<!DOCTYPE d:multistatus SYSTEM "${stranger}/evil.dtd">`),
  'entity-internal': (scene, honest) =>
    withName(scene, withDoctype(honest, '<!DOCTYPE x [<!ENTITY e "evil">]>'), '&e;'),
  'entity-file': (scene, honest) =>
    withName(scene, withDoctype(honest, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), '&e;'),
  'entity-http': (scene, honest) =>
    withName(scene, withDoctype(honest, `<!DOCTYPE x [<!ENTITY e SYSTEM "${scene.stranger}/entity">]>`), '&e;'),
  'entity-parameter': ({ stranger }, honest) =>
    withDoctype(honest, `<!DOCTYPE x [<!ENTITY % e SYSTEM "${stranger}/parameter"> %e;]>`),
  'entity-laughs': (scene, honest) =>
    withName(scene, withDoctype(honest, `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>`), '&l9;'),
  'entity-quadratic': (scene, honest) =>
    withName(scene, withDoctype(honest, `<!DOCTYPE x [<!ENTITY q "${'q'.repeat(50_000)}">]>`), '&q;'.repeat(5_000)),
  'entity-undefined': (scene, honest) => withName(scene, honest, '&evil;'),
  'entity-bare': (scene, honest) => withName(scene, honest, 'a & b'),
  'entity-nul': (scene, honest) => withName(scene, honest, '&#0;'),
  'entity-beyond': (scene, honest) => withName(scene, honest, '&#x110000;'),
  'entity-surrogate': (scene, honest) => withName(scene, honest, '&#xd800;'),
  'nested-deep': (scene, honest) =>
    withEntry(honest, entryXml(`${scene.folder}evil.txt`, '<d:x>'.repeat(100_000) + '</d:x>'.repeat(100_000))),
  'nested-unclosed': (scene, honest) => withEntry(honest, entryXml(`${scene.folder}evil.txt`, '<d:x>'.repeat(500_000))),
  'empty': () => '',
  'blank': () => ' \n ',
  'html': () => '<!doctype html><html><body><h1>It works!</h1></body></html>',
  'json': () => '{"files":["../evil.txt"]}',
  'warning-before': (_scene, honest) =>
    `<br />\n<b>Warning</b>: something in <b>/var/www/x.php</b> on line <b>1</b><br />\n${honest}`,
  'garbage-behind': (_scene, honest) => `${honest}<evil/>`,
  'text-behind': (_scene, honest) => `${honest} and more`,
  'cut': (_scene, honest) => honest.slice(0, Math.floor(honest.length * 0.7)),
  'cut-in-tag': (_scene, honest) => honest.slice(0, honest.lastIndexOf('<') + 4),
  'mismatched': (_scene, honest) => honest.replace('</d:response>', '</d:multistatus>'),
  'wrong-root': (_scene, honest) => honest.replaceAll('d:multistatus', 'd:prop'),
  'wrong-namespace': (_scene, honest) => honest.replace('"DAV:"', '"urn:evil"'),
  'no-namespace': (_scene, honest) => honest.replaceAll('<d:', '<').replaceAll('</d:', '</'),
  'prefix-undeclared': (_scene, honest) => honest.replace(/ xmlns:d="DAV:"/, ''),
  'attribute-twice': (_scene, honest) => honest.replace('<d:href>', '<d:href a="1" a="2">'),
  'attribute-unquoted': (_scene, honest) => honest.replace('<d:href>', '<d:href a=1>'),
  'invalid-utf8': (scene, honest) => Buffer.from(withName(scene, honest, '\u00ff\u00fe'), 'latin1'),
  'utf16': (_scene, honest) =>
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(honest.replace('utf-8', 'utf-16'), 'utf16le')]),
  'nul-bytes': (scene, honest) => withName(scene, honest, 'a\u0000b'),
  'endless-entries': ({ folder }) => forever(opening, (turn) => entryXml(`${folder}endless-${turn}.txt`).repeat(50)),
  'endless-text': ({ folder }) => forever(`${opening}<d:response><d:href>${folder}`, () => 'x'.repeat(65_536)),
  'endless-space': () => forever('<?xml version="1.0"?>', () => ' '.repeat(65_536)),
  'endless-comment': () => forever(`${opening}<!--`, () => 'x'.repeat(65_536)),
  'endless-attribute': () => forever(`${opening}<d:response a="`, () => 'x'.repeat(65_536)),
  'endless-attributes': () => forever(`${opening}<d:response`, (turn) => ` a${turn}="1"`),
  'endless-depth': () => forever(opening, () => '<d:response>'.repeat(4_096)),
  'huge-text': (_scene, honest) => inTheMiddle(honest, () => 'x'.repeat(65_536), 1_024),
};

/** Odd, and right: a client that refuses these is too strict for real servers. */
const honoured: Readonly<Record<string, Document>> = {
  'prefix-other': (_scene, honest) => renamed(honest, 'lp1:'),
  'prefix-upper': (_scene, honest) => renamed(honest, 'D:'),
  'prefix-none': (_scene, honest) => renamed(honest, ''),
  'byte-order-mark': (_scene, honest) => `\ufeff${honest}`,
  'no-declaration': (_scene, honest) => honest.replace(/^<\?xml[^>]*\?>/, ''),
  'indented': (_scene, honest) => honest.replaceAll('><', '>\n    <'),
  'comments': (_scene, honest) => honest.replaceAll('<d:propstat>', '<!-- <d:href>/evil</d:href> --><d:propstat>'),
  'instructions': (_scene, honest) => honest.replaceAll('<d:propstat>', '<?evil href="/evil"?><d:propstat>'),
  'foreign-elements': (_scene, honest) =>
    honest.replaceAll('<d:propstat>', '<x:href xmlns:x="urn:evil">/dav/evil.txt</x:href><d:propstat>'),
  'foreign-response': (_scene, honest) =>
    withEntry(honest, '<x:response xmlns:x="urn:evil"><x:href>/dav/target/evil.txt</x:href></x:response>'),
  'base-attribute': (_scene, honest) =>
    honest.replace('<d:multistatus', '<d:multistatus xml:base="http://evil.example/"'),
  'missing-first': (_scene, honest) =>
    honest.replaceAll(
      '<d:propstat>',
      '<d:propstat><d:prop><d:getetag/><d:getcontentlength>999</d:getcontentlength></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat><d:propstat>',
    ),
  'missing-first-status-first': (_scene, honest) =>
    honest.replaceAll(
      '<d:propstat>',
      '<d:propstat><d:status>HTTP/1.1 404 Not Found</d:status><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat><d:propstat>',
    ),
  'http-two-status': (_scene, honest) => honest.replaceAll('HTTP/1.1 200 OK', 'HTTP/2 200'),
  'description': (_scene, honest) =>
    honest.replaceAll('</d:response>', '<d:responsedescription>fine</d:responsedescription></d:response>'),
  'resource-types': (_scene, honest) =>
    honest.replaceAll('<d:collection/>', '<x:calendar xmlns:x="urn:c"/><d:collection></d:collection>'),
  'decimal-entities': (_scene, honest) => honest.replaceAll('plain', '&#112;l&#x61;in'),
};

/** A right listing of so many entries, with escapes in every one: longer than a parser's entity limit. */
const long: Readonly<Record<string, number>> = { 'thousand': 1_000, 'ten-thousand': 10_000 };

export const documentAttacks: AttackTable = {
  'xml-without-folder': {
    operation: 'list',
    outcome: 'survive',
    document: ({ folder }) => multistatusXml(entryXml(`${folder}../evil.txt`)),
  },
  ...family('xml', refused, (document) => ({ operation: 'list', outcome: 'refuse', document })),
  ...family('xml-odd', honoured, (document) => ({ operation: 'list', outcome: 'skip', document })),
  ...family('xml-long', long, (count) => ({
    operation: 'list',
    outcome: 'keep',
    name: `f${count - 1}.txt`,
    document: (scene, honest) => withEntry(honest, many(count, scene)),
  })),
  ...family<{ outcome: Outcome; xml: (scene: Scene) => string }>(
    'response',
    {
      'without-href': {
        outcome: 'skip',
        xml: () => '<d:response><d:propstat><d:prop/><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>',
      },
      'two-hrefs': {
        outcome: 'either',
        xml: ({ folder }) =>
          `<d:response><d:href>${folder}x.txt</d:href><d:href>/etc/passwd</d:href><d:status>HTTP/1.1 200 OK</d:status></d:response>`,
      },
      'gone': {
        outcome: 'either',
        xml: ({ folder }) =>
          `<d:response><d:href>${folder}gone.txt</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>`,
      },
      'empty': { outcome: 'skip', xml: () => '<d:response/>' },
      'no-status': {
        outcome: 'either',
        xml: ({ folder }) =>
          `<d:response><d:href>${folder}x.txt</d:href><d:propstat><d:prop/></d:propstat></d:response>`,
      },
      'odd-status': {
        outcome: 'either',
        xml: ({ folder }) => entryXml(`${folder}x.txt`).replace('200 OK', '999 Evil'),
      },
      'text-status': {
        outcome: 'either',
        xml: ({ folder }) => entryXml(`${folder}x.txt`).replace('HTTP/1.1 200 OK', 'sure'),
      },
      'itself-again': { outcome: 'skip', xml: ({ folder }) => entryXml(folder) },
      'itself-as-file': { outcome: 'skip', xml: ({ folder }) => entryXml(folder.slice(0, -1)) },
    },
    ({ outcome, xml }) => ({ operation: 'list', outcome, responses: (scene) => [xml(scene)] }),
  ),
};
