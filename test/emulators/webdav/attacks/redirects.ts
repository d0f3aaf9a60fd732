/** Sent elsewhere, with the credentials in hand. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attack, AttackTable, Operation, Scene } from '../attack.ts';

const statuses = [301, 302, 303, 307, 308] as const;

const targets: Readonly<Record<string, (scene: Scene) => string | undefined>> = {
  'port': ({ stranger, path }) => stranger + path,
  'host': ({ strangerHost, path }) => strangerHost + path,
  'relative-host': ({ strangerHost, path }) => strangerHost.replace('http:', '') + path,
  'scheme': ({ origin, path }) => origin.replace('http:', 'https:') + path,
  'link-local': () => 'http://169.254.169.254/latest/meta-data/',
  'file': () => 'file:///etc/passwd',
  'javascript': () => 'javascript:alert(1)',
  'userinfo': ({ stranger, path }) => stranger.replace('://', '://evil:evil@') + path,
  'itself': ({ path }) => path,
  'chain': ({ path, turn }) => `${path.replace(/[?].*/, '')}?turn=${turn}`,
  'empty': () => '',
  'nowhere': () => undefined,
  'broken': () => 'http://[::1',
  'outside': () => '/etc/passwd',
};

/** Operations, and the method in which each is hit. */
const operations: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  list: ['PROPFIND'],
  read: ['GET'],
  write: ['PUT'],
  createFolder: ['MKCOL'],
};

function redirect(
  operation: Operation,
  methods: readonly string[],
  status: number,
  target: (scene: Scene) => string | undefined,
): Attack {
  return {
    operation,
    outcome: 'refuse',
    methods,
    answer(scene: Scene, request: IncomingMessage, response: ServerResponse) {
      const location = target(scene);
      request.resume();
      response
        .writeHead(status, { ...(location === undefined ? {} : { Location: location }), 'Content-Length': '0' })
        .end();
    },
  };
}

/** Every target once for each operation; the status goes round, so that each one meets each operation. */
export const redirectAttacks: AttackTable = Object.fromEntries(
  Object.entries(operations).flatMap(([operation, methods]) =>
    Object.entries(targets).map(([name, target], index) => {
      const status = statuses[index % statuses.length] as number;
      return [
        `redirect-${operation}-${status}-${name}`,
        redirect(operation as Operation, methods, status, target),
      ] as const;
    }),
  ),
);
