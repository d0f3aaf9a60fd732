import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../shared/core/bytes.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import { parseEntry } from '../../../shared/drives/webdav/entries.ts';
import { type DavResponse, dav, readMultistatus } from '../../../shared/drives/webdav/multistatus.ts';

async function read(xml: string | Uint8Array): Promise<DavResponse[]> {
  const all: DavResponse[] = [];
  for await (const batch of readMultistatus(pieces(typeof xml === 'string' ? utf8(xml) : xml))) all.push(...batch);
  return all;
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

const response = (inner: string) => `<d:response><d:href>/a</d:href>${inner}</d:response>`;
const propstat = (status: string, properties: string) =>
  `<d:propstat><d:prop>${properties}</d:prop><d:status>${status}</d:status></d:propstat>`;
const multistatus = (inner: string) => `<d:multistatus xmlns:d="DAV:">${inner}</d:multistatus>`;

describe('multistatus', () => {
  test('each propstat counts by its own status, in whatever order', async () => {
    const [only] = await read(
      multistatus(
        response(
          propstat('HTTP/1.1 404 Not Found', '<d:getetag/><d:getcontentlength>9</d:getcontentlength>') +
            propstat('HTTP/1.1 200 OK', '<d:getcontentlength>4</d:getcontentlength>') +
            propstat('HTTP/2 207', '<d:getetag>"x"</d:getetag>'),
        ),
      ),
    );
    expect(only?.properties.get(dav('getcontentlength'))?.text).toBe('4');
    expect(only?.properties.get(dav('getetag'))?.text).toBe('"x"');
  });

  test('nothing is taken for a number', async () => {
    const [only] = await read(
      multistatus(
        response(
          propstat('HTTP/1.1 200 OK', '<o:id xmlns:o="urn:o">1e5</o:id><o:owner xmlns:o="urn:o">0x10</o:owner>'),
        ),
      ),
    );
    expect(only?.properties.get('{urn:o}id')?.text).toBe('1e5');
    expect(only?.properties.get('{urn:o}owner')?.text).toBe('0x10');
  });

  test.each([
    ['another root', '<d:prop xmlns:d="DAV:"/>'],
    ['another namespace', '<multistatus xmlns="urn:evil"/>'],
    [
      'one thing said twice',
      multistatus(
        response(
          propstat('HTTP/1.1 200 OK', '<d:getetag>"a"</d:getetag>') +
            propstat('HTTP/1.1 200 OK', '<d:getetag>"b"</d:getetag>'),
        ),
      ),
    ],
    ['a status in words', multistatus(response(propstat('fine', '<d:getetag/>')))],
    ['a document that breaks off', multistatus(response('')).slice(0, -3)],
    [
      'bytes that are not UTF-8',
      Buffer.concat([utf8('<d:multistatus xmlns:d="DAV:">'), Uint8Array.of(0xff), utf8('</d:multistatus>')]),
    ],
  ])('refuses %s', async (_, xml) => {
    await expect(read(xml)).rejects.toMatchObject({ code: 'invalid-response' });
  });

  test.each(['', '-1', '1e5', '0x10', '1.5', 'NaN', '9'.repeat(20), '1 2'])(
    'a file of %j bytes is refused',
    async (length) => {
      const [only] = await read(
        multistatus(
          response(propstat('HTTP/1.1 200 OK', `<d:resourcetype/><d:getcontentlength>${length}</d:getcontentlength>`)),
        ),
      );
      expect(() => parseEntry({ path: rootPath, properties: (only as DavResponse).properties })).toThrow(
        expect.objectContaining({ code: 'invalid-response' }),
      );
    },
  );
});
