/** Trees without an end, and listings of something else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Attack, type AttackTable, entryXml, multistatusXml, type Outcome, type Scene } from '../attack.ts';

const folderXml = (href: string): string =>
  entryXml(href, '<d:getetag>"f"</d:getetag><d:resourcetype><d:collection/></d:resourcetype>');

/** Every folder that is asked for exists, and holds what `children` says. */
function tree(outcome: Outcome, children: (scene: Scene) => readonly string[]): Attack {
  return {
    operation: 'walk',
    outcome,
    methods: ['PROPFIND'],
    answer(scene: Scene, request: IncomingMessage, response: ServerResponse) {
      request.resume();
      const folder = scene.path.endsWith('/') ? scene.path : `${scene.path}/`;
      const inside = scene.depth === '0' ? [] : children({ ...scene, path: folder });
      response
        .writeHead(207, { 'Content-Type': 'application/xml' })
        .end(multistatusXml(folderXml(folder) + inside.join('')));
    },
  };
}

const stat = (outcome: Outcome, document: (scene: Scene) => string): Attack => ({
  operation: 'stat',
  outcome,
  document: (scene) => document(scene),
});
const list = (outcome: Outcome, document: (scene: Scene, honest: string) => string): Attack => ({
  operation: 'list',
  outcome,
  document,
});

export const folderAttacks: AttackTable = {
  'walk-within-itself': tree('survive', ({ path }) => [folderXml(`${path}again/`)]),
  'walk-two-by-two': tree('survive', ({ path }) => [folderXml(`${path}a/`), folderXml(`${path}b/`)]),
  'walk-wide': tree('survive', ({ path }) =>
    Array.from({ length: 1_000 }, (_, index) => folderXml(`${path}w${index}/`)),
  ),
  'walk-new-names': tree('survive', ({ path, turn }) => [folderXml(`${path}turn${turn}/`)]),
  'walk-into-itself': tree('survive', ({ path }) => [folderXml(path), folderXml(path.slice(0, -1))]),
  'walk-to-parent': tree('survive', ({ path, folder }) => [folderXml(path.replace(/[^/]+\/$/, '')), folderXml(folder)]),
  'walk-outside': tree('survive', ({ folder }) => [
    folderXml('/etc/'),
    folderXml(`${folder}../`),
    folderXml('/dav/other/'),
  ]),
  'list-everything': list('skip', ({ folder }, honest) =>
    honest.replace(
      '</d:multistatus>',
      `${entryXml(`${folder}inner/deep.txt`)}${folderXml(`${folder}inner/deeper/`)}${entryXml(`${folder}inner/deeper/deepest.txt`)}</d:multistatus>`,
    ),
  ),
  'list-other-folder': list('survive', () =>
    multistatusXml(folderXml('/dav/other/') + entryXml('/dav/other/evil.txt')),
  ),
  'list-a-file': list('survive', ({ folder }) => multistatusXml(entryXml(folder.slice(0, -1)))),
  'list-nothing': list('survive', () => multistatusXml('')),
  'list-refused-folder': list('survive', ({ folder }) =>
    multistatusXml(`<d:response><d:href>${folder}</d:href><d:status>HTTP/1.1 403 Forbidden</d:status></d:response>`),
  ),
  'stat-other': stat('refuse', () => multistatusXml(entryXml('/dav/other/evil.txt'))),
  'stat-many': stat('survive', ({ folder }) =>
    multistatusXml(entryXml(`${folder}evil.txt`) + entryXml(`${folder}plain.txt`) + entryXml(folder)),
  ),
  'stat-nothing': stat('refuse', () => multistatusXml('')),
  'stat-gone-within': stat('refuse', ({ path }) =>
    multistatusXml(`<d:response><d:href>${path}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>`),
  ),
  'cookies': { operation: 'list', outcome: 'skip', hrefs: () => [] },
};
