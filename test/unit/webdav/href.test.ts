import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWithin, joinPath, parsePath, rootPath } from '../../../shared/core/paths.ts';
import { createHrefs } from '../../../shared/drives/webdav/href.ts';

const hrefs = createHrefs('https://cloud.example:8443/remote.php/dav/files/Ute%20B/');

describe('hrefs', () => {
  test('what we write we read again', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[/\\\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        const path = joinPath(rootPath, ...names);
        expect(hrefs.pathOf(hrefs.urlOf(path))).toBe(path);
        expect(hrefs.pathOf(new URL(hrefs.folderUrlOf(path)).pathname)).toBe(path);
      }),
    );
  });

  test('no href at all leads out of the base', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      'a',
      '%',
      '%ff',
      '%00',
      '?',
      '#',
      '@',
      ':',
      '//',
      'https:',
      'cloud.example:8443',
      '/remote.php/dav/files/Ute%20B',
      '%252e',
      'é',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((parts) => parts.join('')),
        (href) => {
          for (const written of [
            href,
            `/remote.php/dav/files/Ute%20B/${href}`,
            `https://cloud.example:8443/remote.php/dav/files/Ute%20B/${href}`,
          ]) {
            const path = hrefs.pathOf(written);
            if (path === undefined) continue;
            expect(parsePath(path)).toBe(path);
            expect(path).not.toMatch(/(^|\/)\.{1,2}(\/|$)|[\\\0]/);
            expect(isWithin(path, rootPath)).toBe(true);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['/remote.php/dav/files/Ute%20B/a/', '/a'],
    ['/remote.php/dav/files/Ute%20B', '/'],
    ['https://CLOUD.example:8443/remote.php/dav/files/Ute%20B/%c3%a9', '/é'],
    ['/remote.php/dav/files/Ute%20B/e%CC%81', '/é'],
    ['/remote.php/dav/files/Ute%20B/%252e%252e', '/%2e%2e'],
  ])('%s is %s', (href, path) => {
    expect(hrefs.pathOf(href)).toBe(path);
  });

  test.each([
    '/remote.php/dav/files/Other/a',
    '/remote.php/dav/files/Ute%20B/../Other',
    '/remote.php/dav/files/Ute%20B/%2e%2e/Other',
    '/remote.php/dav/files/Ute%20B/a%2f..%2fb',
    '/remote.php/dav/files/Ute%20B//a',
    '/remote.php/dav/files/Ute%20B/%ff',
    'http://cloud.example:8443/remote.php/dav/files/Ute%20B/a',
    'https://cloud.example/remote.php/dav/files/Ute%20B/a',
    'https://cloud.example:8443@evil.example/remote.php/dav/files/Ute%20B/a',
    '//cloud.example:8443/remote.php/dav/files/Ute%20B/a',
    'a',
    '',
  ])('%j is nothing of ours', (href) => {
    expect(hrefs.pathOf(href)).toBeUndefined();
  });

  test.each([
    'no address',
    'https://user:secret@cloud.example/',
    'https://cloud.example/a?b',
    'https://cloud.example/a#b',
    'https://cloud.example/a%2fb/',
  ])('%j cannot be the root of a drive', (url) => {
    expect(() => createHrefs(url)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});
