import { expect, test } from 'vitest';
import { nameOf, parentOf, parsePath } from '../../../shared/core/paths.ts';
import type { Entry } from '../../../shared/drive/entry.ts';
import { guessable } from '../../../shared/link/guessable.ts';

const file = (path: string, size: number, digest?: string): Entry => ({
  type: 'file',
  path: parsePath(path),
  name: nameOf(parsePath(path)),
  size,
  revision: '1',
  modified: 0,
  downloadable: true,
  ...(digest === undefined ? {} : { digest }),
});
const folder = (path: string): Entry => ({ type: 'folder', path: parsePath(path), name: nameOf(parsePath(path)) });
const judged = (...entries: Entry[]) =>
  guessable(entries).map(({ file: { path }, reason }) =>
    `${path.slice(parentOf(path).length)} ${reason}`.replace(/^\//, ''),
  );

test('what is too short to be a secret is named, an empty file is not', () => {
  expect(
    judged(
      folder('/a'),
      file('/a/yes.txt', 3),
      file('/a/photo.jpg', 4_000_000),
      file('/a/empty', 0),
      file('/a/letter.txt', 1_023),
      file('/a/book.txt', 1_024),
    ),
  ).toEqual(['yes.txt short', 'letter.txt short']);
});

test('the same content twice is a template, whatever it is called, unless it is large', () => {
  expect(
    judged(file('/a/x.docx', 9_000, 'aa'), file('/b/y.docx', 9_000, 'aa'), file('/b/z.docx', 9_000, 'bb')),
  ).toEqual(['x.docx repeated', 'y.docx repeated']);
  expect(judged(file('/a/film.mp4', 9_000_000, 'aa'), file('/b/film.mp4', 9_000_000, 'aa'))).toEqual([]);
});

test('a row of forms of nearly one size in one folder is named; photos with numbers are not', () => {
  const ballots = [1, 2, 3].map((at) => file(`/votes/Ballot ${at}.pdf`, 20_000 + at));
  expect(judged(...ballots)).toEqual(['Ballot 1.pdf series', 'Ballot 2.pdf series', 'Ballot 3.pdf series']);
  expect(judged(...ballots.slice(1))).toEqual([]);
  expect(judged(...[1, 2, 3].map((at) => file(`/votes/Note ${at}.txt`, at * 3_000)))).toEqual([]);
  expect(judged(...[1, 2, 3].map((at) => file(`/photos/IMG_${at}.jpg`, 3_000_000)))).toEqual([]);
  expect(judged(...[1, 2, 3].map((at) => file(`/${at}/Ballot ${at}.pdf`, 20_000)))).toEqual([]);
});
