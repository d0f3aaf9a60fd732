/** Property values that a careless reader takes for something else. The entry `victim.txt` carries them. */
import { type AttackTable, family } from '../attack.ts';

const file = '<d:resourcetype/><d:getlastmodified>Mon, 12 Jan 2026 10:00:00 GMT</d:getlastmodified>';
const length = (text: string): string =>
  `${file}<d:getetag>"v"</d:getetag><d:getcontentlength>${text}</d:getcontentlength>`;
const etag = (text: string): string =>
  `${file}<d:getcontentlength>4</d:getcontentlength><d:getetag>${text}</d:getetag>`;
const modified = (text: string): string =>
  `<d:resourcetype/><d:getcontentlength>4</d:getcontentlength><d:getetag>"v"</d:getetag><d:getlastmodified>${text}</d:getlastmodified>`;
const more = (xml: string): string => `${length('4')}${xml}`;

const values: Readonly<Record<string, string>> = {
  'length-negative': length('-1'),
  'length-exponent': length('1e5'),
  'length-hex': length('0x10'),
  'length-fraction': length('1.5'),
  'length-not-a-number': length('NaN'),
  'length-infinite': length('Infinity'),
  'length-words': length('four'),
  'length-empty': length(''),
  'length-spaced': length('12 34'),
  'length-unsafe': length('9007199254740993'),
  'length-huge': length('9'.repeat(400)),
  'length-twice': `${length('4')}<d:getcontentlength>5</d:getcontentlength>`,
  'length-nested': length('<d:x>4</d:x>'),
  'etag-number': etag('1e5'),
  'etag-empty': etag(''),
  'etag-unquoted': etag('abc'),
  'etag-weak': etag('W/"abc"'),
  'etag-newline': etag('"a&#13;&#10;X-Injected: yes"'),
  'etag-quotes': etag('"a""b"'),
  'etag-long': etag(`"${'e'.repeat(1_000_000)}"`),
  'etag-star': etag('*'),
  'etag-unicode': etag('"é\u{1f600}"'),
  'time-words': modified('yesterday'),
  'time-empty': modified(''),
  'time-number': modified('1e5'),
  'time-far': modified('Fri, 31 Dec 275760 23:59:59 GMT'),
  'time-before': modified('Thu, 01 Jan -0001 00:00:00 GMT'),
  'id-exponent': more('<oc:id>1e5</oc:id><oc:fileid>1e5</oc:fileid>'),
  'id-hex': more('<oc:id>0x10</oc:id><oc:fileid>0x10</oc:fileid>'),
  'id-leading-zeros': more('<oc:id>00000012</oc:id><oc:fileid>00000012</oc:fileid>'),
  'id-unsafe': more('<oc:fileid>90071992547409931234</oc:fileid>'),
  'id-prototype': more('<oc:fileid>__proto__</oc:fileid>'),
  'name-path': more('<d:displayname>../../evil.txt</d:displayname>'),
  'name-other': more('<d:displayname>plain.txt</d:displayname>'),
  'name-number': more('<d:displayname>1e5</d:displayname>'),
  'type-newline': more('<d:getcontenttype>text/plain&#13;&#10;X-Injected: yes</d:getcontenttype>'),
  'checksum-newline': more('<oc:checksums><oc:checksum>SHA256:&#10;evil</oc:checksum></oc:checksums>'),
  'checksum-many': more(`<oc:checksums>${'<oc:checksum>SHA1:x</oc:checksum>'.repeat(10_000)}</oc:checksums>`),
  'prototype': more('<d:__proto__>evil</d:__proto__><d:constructor>evil</d:constructor>'),
  'nothing': '',
};

export const valueAttacks: AttackTable = family('value', values, (properties) => ({
  operation: 'list',
  outcome: 'either',
  properties,
}));
