/** A server that says it is a Nextcloud, and is not to be believed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AttackTable, family, type Outcome, type NextcloudReplies as Replies, type Scene } from '../attack.ts';

const ocs = (data: unknown): unknown => ({ ocs: { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data } });
const chunking = (max_size: unknown, max_parallel_count: unknown = 5): unknown =>
  ocs({
    version: { major: 32, string: '32.0.1' },
    capabilities: { files: { chunked_upload: { max_size, max_parallel_count } }, dav: { chunking: '1.0' } },
  });

export const honestReplies = ({ origin }: Scene): Replies => ({
  status: {
    installed: true,
    maintenance: false,
    needsDbUpgrade: false,
    version: '32.0.1.2',
    versionstring: '32.0.1',
    productname: 'Nextcloud',
  },
  user: ocs({ id: 'mara', 'display-name': 'Mara' }),
  capabilities: chunking(104_857_600),
  login: {
    poll: { token: 't'.repeat(128), endpoint: `${origin}/index.php/login/v2/poll` },
    login: `${origin}/index.php/login/v2/flow/x`,
  },
  poll: { server: origin, loginName: 'mara', appPassword: 'p'.repeat(72) },
});

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** Text is sent as it is, whatever it is. */
const text = (content: string): unknown => Buffer.from(content);

type Lie = { readonly outcome: Outcome; change(scene: Scene): Partial<Replies> };
const refuse = (change: Lie['change']): Lie => ({ outcome: 'refuse', change });
const survive = (change: Lie['change']): Lie => ({ outcome: 'survive', change });
const poll = (endpoint: (scene: Scene) => string): Lie =>
  refuse((scene) => ({ login: { poll: { token: 't', endpoint: endpoint(scene) }, login: `${scene.origin}/x` } }));
const login = (address: (scene: Scene) => string): Lie =>
  refuse((scene) => ({
    login: { poll: { token: 't', endpoint: `${scene.origin}/index.php/login/v2/poll` }, login: address(scene) },
  }));
const granted = (change: (scene: Scene) => object): Lie =>
  refuse((scene) => ({ poll: { ...(honestReplies(scene).poll as object), ...change(scene) } }));

const lies: Readonly<Record<string, Lie>> = {
  'status-html': refuse(() => ({ status: text('<html>parked</html>') })),
  'status-null': refuse(() => ({ status: null })),
  'status-array': refuse(() => ({ status: [] })),
  'status-nested': refuse(() => ({ status: text(nested(1_000_000)) })),
  'status-huge': refuse(() => ({ status: text(`{"installed":true,"x":"${'x'.repeat(20_000_000)}"}`) })),
  'status-prototype': survive(() => ({
    status: text('{"installed":true,"__proto__":{"installed":true},"version":"32.0.1.2","productname":"Nextcloud"}'),
  })),
  'status-not-installed': refuse(() => ({ status: { installed: false } })),
  'status-wrong-types': survive(() => ({
    status: { installed: 'yes', maintenance: 'no', version: 32, productname: { toString: 'Nextcloud' } },
  })),
  'user-traversal': refuse(() => ({ user: ocs({ id: '../admin' }) })),
  'user-slashes': refuse(() => ({ user: ocs({ id: 'mara/../../uploads' }) })),
  'user-empty': refuse(() => ({ user: ocs({ id: '' }) })),
  'user-missing': refuse(() => ({ user: ocs({}) })),
  'user-number': survive(() => ({ user: ocs({ id: 1e5 }) })),
  'user-object': refuse(() => ({ user: ocs({ id: { evil: true } }) })),
  'user-newline': refuse(() => ({ user: ocs({ id: 'mara\r\nX-Injected: yes' }) })),
  'user-dot': refuse(() => ({ user: ocs({ id: '..' }) })),
  'user-not-json': refuse(() => ({ user: text('<ocs><data><id>mara</id></data></ocs>') })),
  'user-null': refuse(() => ({ user: null })),
  'chunks-zero': survive(() => ({ capabilities: chunking(0, 0) })),
  'chunks-negative': survive(() => ({ capabilities: chunking(-1, -1) })),
  'chunks-tiny': survive(() => ({ capabilities: chunking(1) })),
  'chunks-huge': survive(() => ({ capabilities: chunking(1e300, 1e300) })),
  'chunks-words': survive(() => ({ capabilities: chunking('ten', 'many') })),
  'chunks-not-a-number': survive(() => ({ capabilities: chunking(null, {}) })),
  'capabilities-empty': survive(() => ({ capabilities: ocs([]) })),
  'capabilities-not-json': survive(() => ({ capabilities: text('oops') })),
  'poll-stranger': poll(({ stranger }) => `${stranger}/index.php/login/v2/poll`),
  'poll-host': poll(({ strangerHost }) => `${strangerHost}/poll`),
  'poll-look-alike': poll(({ origin }) => `${origin}.evil.example/poll`),
  'poll-userinfo': poll(({ origin, stranger }) => `${origin}@${stranger.slice(7)}/poll`),
  'poll-file': poll(() => 'file:///etc/passwd'),
  'poll-relative': poll(() => '//evil.example/poll'),
  'poll-empty': poll(() => ''),
  'poll-link-local': poll(() => 'http://169.254.169.254/'),
  'login-stranger': login(({ stranger }) => `${stranger}/phish`),
  'login-javascript': login(() => 'javascript:alert(1)'),
  'login-file': login(() => 'file:///etc/passwd'),
  'login-vscode': login(() => 'vscode://evil.extension/run'),
  'login-command': login(() => 'command:workbench.action.terminal.new'),
  'login-data': login(() => 'data:text/html,evil'),
  'login-unc': login(() => '\\\\evil.example\\share'),
  'login-token-long': survive(({ origin }) => ({
    login: {
      poll: { token: 't'.repeat(5_000_000), endpoint: `${origin}/index.php/login/v2/poll` },
      login: `${origin}/x`,
    },
  })),
  'login-not-json': refuse(() => ({ login: text('nope') })),
  'login-missing': refuse(() => ({ login: {} })),
  'login-null': refuse(() => ({ login: null })),
  'granted-stranger': granted(({ stranger }) => ({ server: stranger })),
  'granted-host': granted(({ strangerHost }) => ({ server: strangerHost })),
  'granted-javascript': granted(() => ({ server: 'javascript:alert(1)' })),
  'granted-newline': granted(() => ({ appPassword: 'abc\r\nX-Injected: yes' })),
  'granted-empty': granted(() => ({ appPassword: '' })),
  'granted-number': granted(() => ({ appPassword: 5, loginName: 7 })),
  'granted-colon': granted(() => ({ loginName: 'mara:evil' })),
  'granted-null': refuse(() => ({ poll: null })),
};

const routes: readonly (readonly [pattern: RegExp, reply: keyof Replies])[] = [
  [/\/status\.php$/, 'status'],
  [/\/cloud\/user$/, 'user'],
  [/\/cloud\/capabilities$/, 'capabilities'],
  [/\/login\/v2$/, 'login'],
  [/\/login\/v2\/poll$/, 'poll'],
];

export function answerAsNextcloud(
  replies: Replies,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const reply = routes.find(([pattern]) => pattern.test(path))?.[1];
  if (reply === undefined) return false;
  request.resume();
  const value = replies[reply];
  response
    .writeHead(200, { 'Content-Type': 'application/json' })
    .end(Buffer.isBuffer(value) ? value : JSON.stringify(value));
  return true;
}

export const nextcloudAttacks: AttackTable = family('nextcloud', lies, ({ outcome, change }) => ({
  operation: 'connect',
  outcome,
  replies: (scene) => ({ ...honestReplies(scene), ...change(scene) }),
}));
